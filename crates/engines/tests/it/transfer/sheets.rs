//! Sheets as schools have them, and files that pretend to be sheets.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Workbook};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Devices in CSV as Excel writes it in Britain, on a machine of some age: Windows letters, a title, blank columns at
/// the end, a total.
pub(super) fn old_csv() -> Vec<u8> {
    let text = "Willow Lane Primary,,,,,\r\nICT inventory,,,,,\r\n,,,,,\r\n\
        Asset tag,Type,Location,Purchased on,Cost,,\r\n\
        WL-1,Laptop,Office,1/9/2024,\"£1,300.00\",,\r\n\
        WL-2,tablet,Caf\u{e9}, 27 March 2025 ,(£12.50),,\r\n\
        ,,,,,,\r\n\
        WL-3,Laptop,\"Hall,\nfirst floor\",32/1/2024,300,,\r\n\
        WL-4,Leptop,Hall,,300,,\r\n\
        ,Laptop,Hall,,,,\r\n\
        WL-1,Laptop,Hall,,,,\r\n\
        Total,,,,\"£1,600.00\",,\r\n";
    text.chars().map(|char| if char.is_ascii() { char as u8 } else { u8::try_from(u32::from(char)).unwrap() }).collect()
}

/// The same kind of thing in a workbook: a sheet of notes first, headings that are merged, days as days, as figures and
/// as text.
pub(super) fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Read me").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("Devices").unwrap();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    sheet.merge_range(0, 0, 0, 5, "Devices of the school", &Format::new()).unwrap();
    sheet.merge_range(2, 0, 2, 1, "Device", &Format::new()).unwrap();
    for (nth, head) in ["School tag", "Type", "Where is it?", "Bought on", "Price", "Remarks"].iter().enumerate() {
        sheet.write(3, nth as u16, *head).unwrap();
    }
    for (row, tag) in ["WL-1", "WL-2", "WL-3"].iter().enumerate() {
        let row = row as u32 + 4;
        sheet.write(row, 0, *tag).unwrap();
        sheet.write(row, 1, "Laptop").unwrap();
        sheet.write(row, 2, 12).unwrap();
        sheet.write(row, 4, 0.1 + 0.2).unwrap();
        sheet.write(row, 5, "=HYPERLINK(\"x\")").unwrap();
    }
    sheet.write_with_format(4, 3, 45_536.0, &day).unwrap();
    sheet.write(5, 3, 45_536.0).unwrap();
    sheet.write(6, 3, "1 Sept 2024").unwrap();
    book.save_to_buffer().unwrap()
}

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A small file that unpacks to 200 MB.
pub(super) fn bomb() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", SimpleFileOptions::default()).unwrap();
    let piece = vec![b' '; 1024 * 1024];
    for _ in 0..200 {
        zip.write_all(&piece).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A bomb whose list of contents says that it is small.
pub(super) fn lying_bomb() -> Vec<u8> {
    let mut bytes = bomb();
    let size = (200u32 * 1024 * 1024).to_le_bytes();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|window| window == size) {
        let place = at + found;
        bytes[place..place + 4].copy_from_slice(&1_000u32.to_le_bytes());
        at = place + 4;
    }
    bytes
}

/// A workbook with one cell in its first and one in its last corner.
pub(super) fn far_corner() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "School tag").unwrap();
    sheet.write(1_048_575, 16_383, "x").unwrap();
    book.save_to_buffer().unwrap()
}

/// A table of LibreOffice with this body.
pub(super) fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\">\
         <office:body><office:spreadsheet><table:table table:name=\"Devices\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let manifest = "<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    packed(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
    ])
}

/// A row of such a table.
pub(super) fn ods_row(cells: &[&str]) -> String {
    let cells: String = cells
        .iter()
        .map(|cell| {
            format!("<table:table-cell office:value-type=\"string\"><text:p>{cell}</text:p></table:table-cell>")
        })
        .collect();
    format!("<table:table-row>{cells}</table:table-row>")
}

/// What a workbook with a password looks like from outside.
pub(super) fn locked() -> Vec<u8> {
    let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    bytes.extend(vec![0u8; 1024]);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.extend(vec![0u8; 1024]);
    bytes
}

/// Files that are no tables, with what is said of each.
pub(super) fn refused() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let wide: String = vec!["x"; 300].join(",");
    vec![
        ("devices.csv", Vec::new(), "Choose the file that has the table"),
        ("devices.csv", b"\r\n,,\r\n".to_vec(), "This file is empty"),
        ("devices.csv", b"%PDF-1.7 x".to_vec(), "This file is a PDF"),
        ("devices.xls", b"<html><table><tr><td>x".to_vec(), "This file is a web page"),
        ("devices.xlsx", b"\x89PNG\r\n\x1a\n".to_vec(), "This file is a picture"),
        ("devices.csv", b"MZ\x90\x00".to_vec(), "This file is a program"),
        ("devices.csv", b"a,b\n\x00\x00\x01".to_vec(), "cannot be read as text"),
        ("devices.xlsx", packed(&[("a.txt", b"x")]), "This file is a packed archive"),
        ("devices.xlsx", packed(&[("xl/workbook.xml", b"<x")]), "This workbook is damaged"),
        ("devices.xlsx", workbook()[..400].to_vec(), "This workbook is damaged"),
        ("devices.xlsx", bomb(), "unpacks to more than is read here"),
        ("devices.xlsx", lying_bomb(), "unpacks to more|is damaged"),
        ("devices.xlsx", far_corner(), "more than 50,000 rows"),
        (
            "devices.ods",
            ods(
                "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell table:number-columns-repeated=\"16000\" office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row>",
            ),
            "unpacks to more than is read here",
        ),
        ("devices.xlsx", locked(), "This workbook has a password"),
        ("devices.csv", wide.into_bytes(), "more than 200 columns"),
    ]
}

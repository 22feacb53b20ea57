//! Exports as CSV that a spreadsheet opens without running anything.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::PageError;

/// A table to download.
pub struct CsvFile {
    name: String,
    rows: Vec<Vec<String>>,
}

impl CsvFile {
    /// A file of this name (without `.csv`) with a line of headings.
    pub fn new<const N: usize>(name: &str, headings: [&str; N]) -> Self {
        let name = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        Self { name, rows: vec![headings.map(str::to_owned).to_vec()] }
    }

    /// Adds a line.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| harmless(&cell)).to_vec());
    }

    /// The text of the file.
    pub fn text(&self) -> Result<String, PageError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &self.rows {
            writer.write_record(row).map_err(PageError::internal)?;
        }
        let bytes = writer.into_inner().map_err(|error| PageError::internal(error.to_string()))?;
        String::from_utf8(bytes).map_err(PageError::internal)
    }
}

/// Spreadsheets run what begins with these; an apostrophe makes it text.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

impl IntoResponse for CsvFile {
    fn into_response(self) -> Response {
        let text = match self.text() {
            Ok(text) => text,
            Err(error) => return error.into_response(),
        };
        let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response();
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}.csv\"", self.name)) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        let mut file = CsvFile::new("user register", ["Name", "Username"]);
        file.push(["=HYPERLINK(\"x\")".into(), "a, b".into()]);
        assert_eq!(file.text().unwrap(), "Name,Username\n\"'=HYPERLINK(\"\"x\"\")\",\"a, b\"\n");
        assert_eq!(file.name, "user-register");
    }
}

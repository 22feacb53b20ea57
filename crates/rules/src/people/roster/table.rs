//! One CSV file as a table: its headings by their exact names, and of each row only the columns asked for.

use super::{
    RefusedRow,
    text::{self, BadEncoding, Encoding},
};

/// Why a file as a whole is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Its letters cannot be read.
    #[error("{file} cannot be read")]
    Letters {
        /// The file.
        file: String,
        /// Why.
        #[source]
        cause: BadEncoding,
    },
    /// It has no headings.
    #[error("{file} is empty: it has not even a row of headings")]
    Empty {
        /// The file.
        file: String,
    },
    /// A column that is needed is not there.
    #[error("{file} has no column `{column}`{hint}")]
    NoColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// What stands there instead, where something like it does.
        hint: String,
    },
    /// A heading is there twice.
    #[error("{file} has the column `{column}` twice")]
    TwiceColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
}

/// One row: its line, and the columns asked for, in that order. An optional column that the file lacks is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<const N: usize> {
    /// The line on which it begins.
    pub line: u64,
    /// The values, without space around them.
    pub values: [String; N],
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<const N: usize> {
    /// Which letters it had.
    pub encoding: Encoding,
    /// Its rows.
    pub rows: Vec<Row<N>>,
    /// Rows with too few or too many columns, or with letters that no name has.
    pub refused: Vec<RefusedRow>,
}

/// A column that is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// It must be there.
    Needed(&'static str),
    /// It may be missing.
    Optional(&'static str),
}

const LONGEST: usize = 4_000;

/// Reads `columns` of `bytes`. Other columns are not read.
pub fn read<const N: usize>(file: &str, bytes: &[u8], columns: [Column; N]) -> Result<Table<N>, TableError> {
    let (text, encoding) = text::decode(bytes).map_err(|cause| TableError::Letters { file: file.to_owned(), cause })?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    // The text is UTF-8 and rows may differ in length, so that the reader finds nothing to refuse.
    let Some(Ok(headings)) = records.next() else { return Err(TableError::Empty { file: file.to_owned() }) };
    let mut places = [None; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = find(file, &headings, column)?;
    }
    let mut table = Table { encoding, rows: Vec::new(), refused: Vec::new() };
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    for record in records {
        let Ok(record) = record else { continue };
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        let mut refuse = |reason: String| table.refused.push(RefusedRow { file: file.to_owned(), line, reason });
        if record.len() != headings.len() {
            refuse(format!("the row has {} values where the headings have {}", record.len(), headings.len()));
            continue;
        }
        let mut values = std::array::from_fn(|_| String::new());
        let mut bad = None;
        for (value, (place, column)) in values.iter_mut().zip(places.iter().zip(columns)) {
            let given = place.and_then(|place| record.get(place)).unwrap_or("").trim();
            // A line break within a value is a space to us; other control characters are in no name.
            let tidy: String =
                given.split(['\r', '\n', '\t']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            if tidy.chars().any(char::is_control) || tidy.len() > LONGEST {
                bad = Some(column);
            }
            *value = tidy;
        }
        match bad {
            Some(column) => refuse(format!("`{}` holds control characters or is too long", column.name())),
            None => table.rows.push(Row { line, values }),
        }
    }
    Ok(table)
}

/// Counts lines, each byte once. The reader's own count stands before the end of a line, where that is `\r\n`.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record whose bytes begin here, behind what is left of the line before.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(next) = self.text.get(self.at) {
            if self.at >= byte && !matches!(next, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*next == b'\n');
            self.at += 1;
        }
        self.line
    }
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Needed(name) | Self::Optional(name) => name,
        }
    }
}

fn find(file: &str, headings: &csv::StringRecord, column: Column) -> Result<Option<usize>, TableError> {
    let name = column.name();
    let mut places = headings.iter().enumerate().filter(|(_, heading)| heading.trim() == name).map(|(place, _)| place);
    let first = places.next();
    if places.next().is_some() {
        return Err(TableError::TwiceColumn { file: file.to_owned(), column: name.to_owned() });
    }
    match (first, column) {
        (Some(place), Column::Needed(_) | Column::Optional(_)) => Ok(Some(place)),
        (None, Column::Optional(_)) => Ok(None),
        (None, Column::Needed(_)) => {
            let like = headings.iter().find(|heading| heading.trim().eq_ignore_ascii_case(name));
            let hint = match like {
                Some(like) => format!(": `{}` is written otherwise, and OneRoster counts capital letters", like.trim()),
                None if headings.len() == 1 && headings.iter().any(|heading| heading.contains([';', '\t'])) => {
                    ": its values are not divided by commas".to_owned()
                }
                None => String::new(),
            };
            Err(TableError::NoColumn { file: file.to_owned(), column: name.to_owned(), hint })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Column; 2] = [Column::Needed("a"), Column::Optional("c")];

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let given = match read("x.csv", text.as_bytes(), TWO) {
            Err(error) => error.to_string(),
            Ok(table) => {
                let rows = table.rows.iter().map(|row| format!("{}:{}", row.line, row.values.join("|")));
                rows.chain(table.refused.iter().map(ToString::to_string)).collect::<Vec<_>>().join("; ")
            }
        };
        assert_eq!(given, expected, "{text:?}");
    }

    #[test]
    fn only_the_columns_asked_for_are_read() {
        check("a,b,c\n1,2,3\n", "2:1|3");
        check("c,a\r\n3,1\r\n\r\n4,2\r\n", "2:1|3; 4:2|4");
        check("a\n1\n", "2:1|");
        check("b,a,c\n,\"one\nline\",\"x \"\"y\"\"\"\n,2,z\n", "2:one line|x \"y\"; 4:2|z");
    }

    #[test]
    fn what_is_wrong_is_named() {
        check("", "x.csv is empty: it has not even a row of headings");
        check("b\n1\n", "x.csv has no column `a`");
        check("A\n1\n", "x.csv has no column `a`: `A` is written otherwise, and OneRoster counts capital letters");
        check("a;c\n1;2\n", "x.csv has no column `a`: its values are not divided by commas");
        check("a,a\n1,2\n", "x.csv has the column `a` twice");
        check(
            "a,c\n1\n2,3,4\n5,6\n",
            "4:5|6; x.csv, line 2: the row has 1 values where the headings have 2; x.csv, line 3: the row has 3 values where the headings have 2",
        );
        check("a,c\nx\u{7}y,1\n", "x.csv, line 2: `a` holds control characters or is too long");
    }
}

//! Tables that other programs export: which column is what, by the words that they put above it.

use declare::typed::fold;

/// A table with its headings found.
pub(crate) struct Headed<'a> {
    rows: &'a [Vec<String>],
    head: usize,
    columns: Vec<Option<usize>>,
}

impl<'a> Headed<'a> {
    /// Looks for the row of headings among the first twenty: that which names most of what is `wanted`, each by the words
    /// that programs use for it, the likeliest first. None where `needed` of them, by their places, are not all found.
    pub(crate) fn find(rows: &'a [Vec<String>], wanted: &[&[&str]], needed: &[usize]) -> Option<Self> {
        let columns = |row: &Vec<String>| -> Vec<Option<usize>> {
            let names: Vec<String> = row.iter().map(|cell| plain(cell)).collect();
            let column = |words: &&[&str]| words.iter().find_map(|word| names.iter().position(|name| name == word));
            wanted.iter().map(column).collect()
        };
        let found = rows.iter().take(20).map(columns).enumerate();
        let best = found.max_by_key(|(nth, all)| (all.iter().flatten().count(), std::cmp::Reverse(*nth)));
        let (head, columns) = best?;
        let has = |nth: &usize| columns.get(*nth).is_some_and(Option::is_some);
        needed.iter().all(has).then_some(Self { rows, head, columns })
    }

    /// The rows below, each with its number as spreadsheets count.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, &'a Vec<String>)> {
        let head = self.head;
        self.rows.iter().enumerate().skip(head + 1).map(|(nth, row)| (nth + 1, row))
    }

    /// The heading of a column that was wanted, by its place, as headings are compared.
    pub(crate) fn heading(&self, wanted: usize) -> Option<String> {
        let at = self.columns.get(wanted).copied().flatten()?;
        self.rows.get(self.head)?.get(at).map(|cell| plain(cell))
    }

    /// What stands in a column that was wanted, by its place; none where it is blank.
    pub(crate) fn cell(&self, row: &'a [String], wanted: usize) -> Option<&'a str> {
        let at = self.columns.get(wanted).copied().flatten()?;
        row.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }
}

/// A heading as it is compared: "Device Name" and "device_name" are the same.
fn plain(heading: &str) -> String {
    fold(heading).chars().filter(|char| char.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn headings_are_found_below_a_title() {
        let rows = rows("Report of 3 November\n\nHost Name,Software,Version\npc-1,Scratch,3\npc-2,,1");
        let wanted: [&[&str]; 3] = [&["application", "software"], &["computer", "hostname"], &["publisher"]];
        let table = Headed::find(&rows, &wanted, &[0, 1]).unwrap();
        let read: Vec<_> =
            table.rows().map(|(nth, row)| (nth, table.cell(row, 0), table.cell(row, 1), table.cell(row, 2))).collect();
        assert_eq!(read, [(4, Some("Scratch"), Some("pc-1"), None), (5, None, Some("pc-2"), None)]);
        assert!(Headed::find(&rows, &wanted, &[2]).is_none());
        assert!(Headed::find(&[], &wanted, &[0]).is_none());
    }
}

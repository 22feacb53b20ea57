//! Tables of records, which become cards on a phone.

use askama::Template;

use super::{Badge, State, component};

component!(Table);

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A link.
    Link {
        /// What it says.
        text: String,
        /// Where it leads.
        href: String,
    },
    /// Words with a quieter line below.
    Sub {
        /// The words.
        text: String,
        /// The line below.
        sub: String,
        /// Where the words lead, if anywhere.
        href: Option<String>,
    },
    /// A figure, set to the right.
    Figure(String),
    /// A standing.
    Badge(Badge),
    /// The state of the row.
    State(State),
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A link.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link { text: text.into(), href: href.into() }
    }

    /// Words with a quieter line below.
    pub fn sub(text: impl Into<String>, sub: impl Into<String>) -> Self {
        Self::Sub { text: text.into(), sub: sub.into(), href: None }
    }

    /// A figure.
    pub fn figure(figure: impl ToString) -> Self {
        Self::Figure(figure.to_string())
    }

    fn is_figure(&self) -> bool {
        matches!(self, Self::Figure(_))
    }
}

/// A row; its first cell names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Cell>);

/// A table with a caption for screen readers.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/table.html")]
pub struct Table {
    caption: String,
    headings: Vec<String>,
    figures: Vec<bool>,
    rows: Vec<Row>,
}

impl Table {
    /// A table without rows.
    pub fn new<const N: usize>(caption: impl Into<String>, headings: [&str; N]) -> Self {
        Self {
            caption: caption.into(),
            headings: headings.map(str::to_owned).to_vec(),
            figures: vec![false; N],
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [Cell; N]) {
        for (figure, cell) in self.figures.iter_mut().zip(&cells) {
            *figure |= cell.is_figure();
        }
        self.rows.push(Row(cells.to_vec()));
    }

    /// Whether there is nothing to show: say so instead.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn heading(&self, nth: &usize) -> &str {
        self.headings.get(*nth).map_or("", String::as_str)
    }

    fn is_figure(&self, nth: &usize) -> bool {
        self.figures.get(*nth).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_names_its_cells_for_phones() {
        let mut table = Table::new("Users", ["Name", "Tries", "State"]);
        table.push([Cell::link("Maya <3", "/u/1"), Cell::figure(3), Cell::State(State::good("In use"))]);
        insta::assert_snapshot!("table", table.render().unwrap());
    }
}

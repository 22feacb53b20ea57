//! Lists: filters above, pages below.

use askama::Template;

use super::{Choice, component};

component!(Filters, Pager);

/// A page of a long list, from 1. As a query: `#[serde(default)] page: PageNumber`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(from = "u32")]
pub struct PageNumber(u32);

impl From<u32> for PageNumber {
    fn from(number: u32) -> Self {
        Self(number.clamp(1, 1_000_000))
    }
}

impl Default for PageNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl PageNumber {
    /// How many rows come before it, `size` on a page.
    pub fn offset(self, size: u64) -> u64 {
        u64::from(self.0 - 1) * size
    }

    /// The number.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// "Previous", "Next" and where the reader is.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/pager.html")]
pub struct Pager {
    before: Option<String>,
    after: Option<String>,
    here: u64,
    pages: u64,
}

impl Pager {
    /// For page `here` of `total` rows, `size` a page. `address` is the path, `query` the filters in use,
    /// already encoded (without `page`), or empty.
    pub fn new(address: &str, query: &str, here: PageNumber, size: u64, total: u64) -> Self {
        let pages = total.div_ceil(size.max(1)).max(1);
        let here = u64::from(here.0).min(pages);
        let link = |page: u64| match query {
            "" => format!("{address}?page={page}"),
            query => format!("{address}?{query}&page={page}"),
        };
        Self { before: (here > 1).then(|| link(here - 1)), after: (here < pages).then(|| link(here + 1)), here, pages }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    Search { id: String, label: String, value: String },
    Select { id: String, label: String, chosen: String, choices: Vec<Choice> },
}

/// The form above a list, sent with GET so that a filtered list has an address.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/filters.html")]
pub struct Filters {
    action: String,
    label: String,
    filters: Vec<Filter>,
}

impl Filters {
    /// A form for the list at `action`; `label` is for screen readers: "Filter the users".
    pub fn new(action: &str, label: &str) -> Self {
        Self { action: action.to_owned(), label: label.to_owned(), filters: Vec::new() }
    }

    /// A field to search with.
    #[must_use]
    pub fn search(mut self, id: &str, label: &str, value: &str) -> Self {
        self.filters.push(Filter::Search { id: id.to_owned(), label: label.to_owned(), value: value.to_owned() });
        self
    }

    /// A list to choose from.
    #[must_use]
    pub fn select(mut self, id: &str, label: &str, chosen: &str, choices: Vec<Choice>) -> Self {
        self.filters.push(Filter::Select {
            id: id.to_owned(),
            label: label.to_owned(),
            chosen: chosen.to_owned(),
            choices,
        });
        self
    }

    /// The filters in use as a query, for [`Pager::new`] and the link to the export.
    pub fn query(&self) -> String {
        let pairs = self.filters.iter().filter_map(|filter| {
            let (id, value) = match filter {
                Filter::Search { id, value, .. } => (id, value),
                Filter::Select { id, chosen, .. } => (id, chosen),
            };
            (!value.is_empty()).then(|| format!("{id}={}", encode(value)))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Whether any filter is in use.
    pub fn in_use(&self) -> bool {
        !self.query().is_empty()
    }
}

/// Encodes a value for a query.
pub fn encode(value: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_keep_what_was_asked_and_carry_it_from_page_to_page() {
        let filters = Filters::new("/users", "Filter the users")
            .search("find", "Name or username", "o'neil & co")
            .select("show", "Show", "staff", vec![Choice::new("", "Everybody"), Choice::new("staff", "Staff")]);
        assert_eq!(filters.query(), "find=o%27neil%20%26%20co&show=staff");
        insta::assert_snapshot!("filters", filters.render().unwrap());
        let pager = Pager::new("/users", &filters.query(), PageNumber::from(2), 50, 120);
        insta::assert_snapshot!("pager", pager.render().unwrap());
        assert_eq!(PageNumber::from(3).offset(50), 100);
        assert_eq!(PageNumber::from(0).offset(50), 0);
        assert_eq!(Pager::new("/users", "", PageNumber::default(), 50, 0).render().unwrap().trim(), "");
    }
}

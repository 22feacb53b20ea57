//! What the layout prints around every page.

use kernel::Role;

use crate::{Reader, Who};

/// Everything that `layout.html` needs. A page struct has it as its field `page`.
#[derive(Debug, Clone)]
pub struct Page {
    /// The title of the page: never a child's name or a sensitive word (WORDING.md).
    pub title: String,
    /// Whether the page shows mistakes in a form: the title then begins with "Error".
    pub mistaken: bool,
    /// What the school is called; empty where no school is known.
    pub school: String,
    /// Who is signed in.
    pub me: Option<Me>,
    /// The sections that this person may open.
    pub nav: Vec<NavLink>,
    /// The token for the hidden field of every form.
    pub csrf: String,
    /// What a page before this one left to say.
    pub notices: Vec<Notice>,
    /// A link above the heading, back to where the reader came from.
    pub back: Option<(String, String)>,
    /// Whether the page is for touch and for children: larger, no sections, its own way out.
    pub child: bool,
    /// The address of the style sheet, with its digest.
    pub css: &'static str,
}

/// Who is signed in, as the header says it.
#[derive(Debug, Clone)]
pub struct Me {
    /// "Priya Nair, designated safeguarding lead"; "Maya, 5B".
    pub line: String,
    /// For whom pages are written.
    pub reader: Reader,
    /// Whether the header says "Report a concern" (staff) or "Tell someone" (all others).
    pub reports: bool,
}

/// A section, as an area declares it.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// What the link says.
    pub label: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Who sees it.
    pub who: Who,
    /// Its place among the others: home is 0, policy 50.
    pub order: u16,
}

/// A section, as the layout prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavLink {
    /// What the link says.
    pub label: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Whether this page belongs to it.
    pub here: bool,
}

/// A sentence at the top of a page: what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The sentence.
    pub text: String,
}

impl Page {
    /// Says `text` at the top.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        self.notices.push(Notice { text: text.into() });
        self
    }

    /// Adds the link above the heading.
    #[must_use]
    pub fn back(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.back = Some((text.into(), href.into()));
        self
    }

    /// Says in the title that a form has mistakes.
    #[must_use]
    pub fn mistaken(mut self) -> Self {
        self.mistaken = true;
        self
    }

    /// Makes it a page for children.
    #[must_use]
    pub fn for_children(mut self) -> Self {
        self.child = true;
        self
    }

    /// The words of the title element.
    pub fn full_title(&self) -> String {
        let error = if self.mistaken { "Error: " } else { "" };
        if self.school.is_empty() {
            format!("{error}{} - Gatehouse", self.title)
        } else {
            format!("{error}{} - Gatehouse - {}", self.title, self.school)
        }
    }

    /// A page for nobody in particular, for tests of templates.
    pub fn bare(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            mistaken: false,
            school: "Willow Lane Primary".to_owned(),
            me: None,
            nav: Vec::new(),
            csrf: "TOKEN".to_owned(),
            notices: Vec::new(),
            back: None,
            child: false,
            css: "/assets/gatehouse.css",
        }
    }
}

/// A title as it stands within a sentence: "Network Manager" becomes "network manager", "ICT technician" stays.
pub fn title_in_sentence(title: &str) -> String {
    title.split(' ').map(word_in_sentence).collect::<Vec<_>>().join(" ")
}

fn word_in_sentence(word: &str) -> String {
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(std::iter::once(second)).chain(letters).collect()
        }
        (Some(_) | None, _) => word.to_owned(),
    }
}

/// Whether a role's holder is one whom "Report a concern" fits.
pub(crate) fn reports(role: Role) -> bool {
    matches!(role.capacity(), kernel::Capacity::Staff | kernel::Capacity::Governor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_fit_into_sentences() {
        assert_eq!(title_in_sentence("Online Safety Lead"), "online safety lead");
        assert_eq!(title_in_sentence("ICT technician"), "ICT technician");
        assert_eq!(title_in_sentence(""), "");
    }
}

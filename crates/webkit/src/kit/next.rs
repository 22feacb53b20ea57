//! The one next step of a page, and lists of what needs doing.

use askama::Template;

use super::component;

component!(Next, Todo, Clear);

/// The panel with the one thing to do and its one filled button.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/next.html")]
pub struct Next {
    eyebrow: Option<String>,
    title: String,
    says: String,
    button: Option<(String, String)>,
    post: Option<(String, String, String)>,
    link: Option<(String, String)>,
    urgent: bool,
}

impl Next {
    /// A step: what to do as a heading, and why.
    pub fn new(title: impl Into<String>, says: impl Into<String>) -> Self {
        Self {
            eyebrow: None,
            title: title.into(),
            says: says.into(),
            button: None,
            post: None,
            link: None,
            urgent: false,
        }
    }

    /// The line above the heading: "Next step, about 10 minutes".
    #[must_use]
    pub fn eyebrow(mut self, text: impl Into<String>) -> Self {
        self.eyebrow = Some(text.into());
        self
    }

    /// The button, a link to a page.
    #[must_use]
    pub fn button(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.button = Some((text.into(), href.into()));
        self
    }

    /// The button, which does something at once: it sends a form with the token of the page.
    #[must_use]
    pub fn act(mut self, text: impl Into<String>, action: impl Into<String>, page: &crate::Page) -> Self {
        self.post = Some((text.into(), action.into(), page.csrf.clone()));
        self
    }

    /// A second way, as a link.
    #[must_use]
    pub fn link(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.link = Some((text.into(), href.into()));
        self
    }

    /// Marks it as urgent.
    #[must_use]
    pub fn urgent(mut self) -> Self {
        self.urgent = true;
        self
    }
}

/// How soon something must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// It should have been done.
    Late,
    /// Today.
    Today,
    /// Later.
    Later,
}

/// One thing that needs doing.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/todo.html")]
pub struct Todo {
    /// What to do.
    pub what: String,
    /// Why, in a sentence, with the clause.
    pub why: String,
    /// The page where it is done.
    pub href: String,
    /// When: "Today by 15:30".
    pub when: String,
    /// How soon.
    pub urgency: Urgency,
}

/// Good news: a tick and a sentence that begins in bold.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(
    ext = "html",
    source = r##"<p class="gh-clear"><svg class="gh-icon" aria-hidden="true" focusable="false"><use href="#kept"/></svg><span><strong>{{ strong }}</strong> {{ rest }}</span></p>"##
)]
pub struct Clear {
    strong: String,
    rest: String,
}

impl Clear {
    /// "**Nothing needs you today.** The next thing is on Monday."
    pub fn new(strong: impl Into<String>, rest: impl Into<String>) -> Self {
        Self { strong: strong.into(), rest: rest.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_with_one_button() {
        let next = Next::new("Add 7 serial numbers", "They are in the box.")
            .eyebrow("Next step, about 10 minutes")
            .button("Start", "/hardware/new")
            .link("Later", "/");
        insta::assert_snapshot!("next", next.render().unwrap());
    }
}

//! Fields of forms, which keep what was typed, and the summary of what to put right.

use askama::Template;

use super::component;

component!(Field, TextArea, Choices, ErrorSummary);

/// Something to put right: the id of the field and what to enter, without full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The id of the field.
    pub field: String,
    /// What to enter: "Enter your username".
    pub text: String,
}

/// All mistakes of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn add(&mut self, field: &str, text: impl Into<String>) {
        self.0.push(Mistake { field: field.to_owned(), text: text.into() });
    }

    /// Whether there is nothing to put right.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is to be put right in `field`.
    pub fn of(&self, field: &str) -> Option<String> {
        self.0.iter().find(|mistake| mistake.field == field).map(|mistake| mistake.text.clone())
    }

    /// The summary for the top of the page; none where there is no mistake.
    pub fn summary(&self) -> Option<ErrorSummary> {
        (!self.is_empty()).then(|| ErrorSummary { mistakes: self.0.clone() })
    }
}

/// What to put right, at the top of the page, each with a link to its field.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/error_summary.html")]
pub struct ErrorSummary {
    mistakes: Vec<Mistake>,
}

/// One line of text.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/field.html")]
pub struct Field {
    id: String,
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    value: String,
    kind: &'static str,
    autocomplete: &'static str,
    width: &'static str,
    plain: bool,
    numeric: bool,
    list: Vec<String>,
    prefix: Option<&'static str>,
    suffix: Option<String>,
    focus: bool,
}

impl Field {
    /// A field whose id is also its name.
    pub fn text(id: &str, label: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            label: label.to_owned(),
            hint: None,
            error: None,
            value: String::new(),
            kind: "text",
            autocomplete: "off",
            width: "20",
            plain: false,
            numeric: false,
            list: Vec::new(),
            prefix: None,
            suffix: None,
            focus: false,
        }
    }

    /// The name that the form sends, where several forms of one page have it: the id then differs.
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// A password. What was typed is never sent back.
    pub fn password(id: &str, label: &str) -> Self {
        Self { kind: "password", ..Self::text(id, label) }
    }

    /// A file.
    pub fn file(id: &str, label: &str) -> Self {
        Self { kind: "file", ..Self::text(id, label) }
    }

    /// Says more under the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps what was typed.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        if self.kind == "text" {
            self.value = value.into();
        }
        self
    }

    /// Shows what to put right, where `mistakes` have something for this field.
    #[must_use]
    pub fn check(mut self, mistakes: &Mistakes) -> Self {
        self.error = mistakes.of(&self.id);
        self
    }

    /// What browsers may fill in: `username`, `current-password`, `new-password`.
    #[must_use]
    pub fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = what;
        self
    }

    /// For names of accounts and sites: no capital letters or corrections by the browser.
    #[must_use]
    pub fn as_typed(mut self) -> Self {
        self.plain = true;
        self
    }

    /// The width in characters: 2, 3, 4, 5, 10, 20 or 30.
    #[must_use]
    pub fn width(mut self, width: &'static str) -> Self {
        self.width = width;
        self
    }

    /// Whole numbers.
    #[must_use]
    pub fn numeric(mut self) -> Self {
        self.numeric = true;
        self
    }

    /// What the browser suggests while somebody types; anything else may be typed too.
    #[must_use]
    pub fn suggest(mut self, list: Vec<String>) -> Self {
        self.list = list;
        self
    }

    /// A sign before the field: "£".
    #[must_use]
    pub fn prefix(mut self, sign: &'static str) -> Self {
        self.prefix = Some(sign);
        self
    }

    /// What is counted, after the field: "days".
    #[must_use]
    pub fn suffix(mut self, unit: impl Into<String>) -> Self {
        self.suffix = Some(unit.into()).filter(|unit| !unit.is_empty());
        self
    }

    /// Puts the cursor here when the page opens: for entering many things one after another.
    #[must_use]
    pub fn focus(mut self) -> Self {
        self.focus = true;
        self
    }

    fn affixed(&self) -> bool {
        self.prefix.is_some() || self.suffix.is_some()
    }

    fn described_by(&self) -> String {
        described_by(&self.id, self.hint.is_some(), self.error.is_some())
    }
}

fn described_by(id: &str, hint: bool, error: bool) -> String {
    let mut parts = Vec::new();
    if hint {
        parts.push(format!("{id}-hint"));
    }
    if error {
        parts.push(format!("{id}-error"));
    }
    parts.join(" ")
}

/// Several lines of text.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/text_area.html")]
pub struct TextArea {
    id: String,
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    value: String,
    rows: u8,
}

impl TextArea {
    /// A field whose id is also its name.
    pub fn new(id: &str, label: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            label: label.to_owned(),
            hint: None,
            error: None,
            value: String::new(),
            rows: 4,
        }
    }

    /// The name that the form sends, where several forms of one page have it: the id then differs.
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Says more under the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps what was typed.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Shows what to put right.
    #[must_use]
    pub fn check(mut self, mistakes: &Mistakes) -> Self {
        self.error = mistakes.of(&self.id);
        self
    }

    fn described_by(&self) -> String {
        described_by(&self.id, self.hint.is_some(), self.error.is_some())
    }
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub label: String,
    /// More about it.
    pub hint: Option<String>,
}

impl Choice {
    /// An answer.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None }
    }

    /// Says more about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Select,
    Radios,
    Checkboxes,
}

/// A choice: a list to open, radio buttons, or boxes to tick.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(path = "kit/choices.html")]
pub struct Choices {
    id: String,
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    chosen: Vec<String>,
    choices: Vec<Choice>,
    how: How,
    close: &'static str,
}

impl Choices {
    fn new(id: &str, label: &str, choices: Vec<Choice>, how: How) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            label: label.to_owned(),
            hint: None,
            error: None,
            chosen: Vec::new(),
            choices,
            how,
            close: "",
        }
    }

    /// A list to open.
    pub fn select(id: &str, label: &str, choices: Vec<Choice>) -> Self {
        Self::new(id, label, choices, How::Select)
    }

    /// Radio buttons.
    pub fn radios(id: &str, label: &str, choices: Vec<Choice>) -> Self {
        Self::new(id, label, choices, How::Radios)
    }

    /// Whether anything is chosen.
    pub fn any(&self) -> bool {
        !self.chosen.is_empty()
    }

    /// Boxes to tick.
    pub fn checkboxes(id: &str, label: &str, choices: Vec<Choice>) -> Self {
        Self::new(id, label, choices, How::Checkboxes)
    }

    /// The name that the form sends, where several forms of one page have it: the id then differs.
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets the buttons or boxes small; and side by side, where their labels are short.
    #[must_use]
    pub fn close(mut self) -> Self {
        let short = self.choices.iter().all(|choice| choice.label.chars().count() <= 20 && choice.hint.is_none());
        self.close = match self.how {
            How::Select => "",
            How::Radios if short => " govuk-radios--inline govuk-radios--small",
            How::Radios => " govuk-radios--small",
            How::Checkboxes => " govuk-checkboxes--small",
        };
        self
    }

    /// Says more under the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps what was chosen.
    #[must_use]
    pub fn chosen(mut self, value: impl Into<String>) -> Self {
        self.chosen.push(value.into());
        self
    }

    /// Shows what to put right.
    #[must_use]
    pub fn check(mut self, mistakes: &Mistakes) -> Self {
        self.error = mistakes.of(&self.id);
        self
    }

    fn described_by(&self) -> String {
        described_by(&self.id, self.hint.is_some(), self.error.is_some())
    }

    fn is_select(&self) -> bool {
        self.how == How::Select
    }

    fn is_radios(&self) -> bool {
        self.how == How::Radios
    }

    fn word(&self) -> &'static str {
        if self.is_radios() { "radios" } else { "checkboxes" }
    }

    fn is_chosen(&self, choice: &Choice) -> bool {
        self.chosen.contains(&choice.value)
    }

    /// The first button has the id of the whole, so that the summary's link leads to it.
    fn item_id(&self, first: &bool, choice: &Choice) -> String {
        if *first { self.id.clone() } else { format!("{}-{}", self.id, choice.value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_what_was_typed_and_says_what_to_enter() {
        let mut mistakes = Mistakes::new();
        mistakes.add("site", "Enter an address such as example.org");
        let field = Field::text("site", "Site").hint("As in the address bar.").value("\"<b>").check(&mistakes);
        insta::assert_snapshot!("field", field.render().unwrap());
        insta::assert_snapshot!("summary", mistakes.summary().unwrap().render().unwrap());
        assert!(!Field::password("p", "P").value("secret").render().unwrap().contains("secret"));
        assert!(Mistakes::new().summary().is_none());
    }

    #[test]
    fn choices_come_in_three_forms() {
        let choices = || vec![Choice::new("a", "A & co"), Choice::new("b", "B").hint("The second.")];
        insta::assert_snapshot!("select", Choices::select("x", "Which", choices()).chosen("b").render().unwrap());
        insta::assert_snapshot!("radios", Choices::radios("x", "Which", choices()).chosen("b").render().unwrap());
        insta::assert_snapshot!("checkboxes", Choices::checkboxes("x", "Which", choices()).render().unwrap());
    }
}

//! Standing: word, shape and colour together.

use askama::Template;
use kernel::Standing;

use super::component;

/// The mark of a standing: `{{ badge }}`.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(
    ext = "html",
    source = r##"<strong class="gh-standing gh-standing--{{ class }}"><svg class="gh-icon" aria-hidden="true" focusable="false"><use href="#{{ icon }}"/></svg>{{ word }}</strong>"##
)]
pub struct Badge {
    class: &'static str,
    icon: &'static str,
    word: String,
}

component!(Badge, State);

fn class(id: &str) -> &'static str {
    match id {
        "kept" => "kept",
        "due" => "due",
        "not-kept" => "notkept",
        "reserved" => "reserved",
        "untried" => "untried",
        "unknown" => "unknown",
        _ => "notbuilt",
    }
}

impl Badge {
    /// The mark of `standing` with its word.
    pub fn of(standing: &Standing) -> Self {
        Self { class: class(standing.id()), icon: standing.id(), word: standing.word().to_owned() }
    }

    /// The mark of a [`Standing::id`], for counts; none where it is not one.
    pub fn of_id(id: &str) -> Option<Self> {
        let words = ["Kept", "Reserved", "Untried", "Due", "Not built", "Unknown", "Not kept"];
        let nth = Standing::IDS.iter().position(|known| *known == id)?;
        Some(Self { class: class(id), icon: Standing::IDS.get(nth)?, word: (*words.get(nth)?).to_owned() })
    }

    /// The same shape with other words: "Due by 27 November".
    #[must_use]
    pub fn saying(mut self, word: impl Into<String>) -> Self {
        self.word = word.into();
        self
    }
}

/// The state of a row in a table: a shape without a box.
#[derive(Template, Debug, Clone, PartialEq, Eq)]
#[template(
    ext = "html",
    source = r##"<span class="gh-state gh-state--{{ class }}"><svg class="gh-icon" aria-hidden="true" focusable="false"><use href="#{{ icon }}"/></svg>{{ word }}</span>"##
)]
pub struct State {
    class: &'static str,
    icon: &'static str,
    word: String,
}

impl State {
    /// In order.
    pub fn good(word: impl Into<String>) -> Self {
        Self { class: "kept", icon: "kept", word: word.into() }
    }

    /// Somebody must act.
    pub fn due(word: impl Into<String>) -> Self {
        Self { class: "due", icon: "due", word: word.into() }
    }

    /// Not in order.
    pub fn bad(word: impl Into<String>) -> Self {
        Self { class: "notkept", icon: "not-kept", word: word.into() }
    }

    /// The gate is open for it. Neither good nor bad.
    pub fn open(word: impl Into<String>) -> Self {
        Self { class: "open", icon: "gate-open", word: word.into() }
    }

    /// The gate is shut for it. Nobody is accused by that.
    pub fn shut(word: impl Into<String>) -> Self {
        Self { class: "shut", icon: "gate-shut", word: word.into() }
    }

    /// Neither: off, ended, not asked.
    pub fn off(word: impl Into<String>) -> Self {
        Self { class: "notbuilt", icon: "not-built", word: word.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_has_a_shape_of_its_own() {
        let printed: Vec<String> = Standing::IDS.iter().map(|id| Badge::of_id(id).unwrap().render().unwrap()).collect();
        insta::assert_snapshot!("badges", printed.join("\n"));
        let sprite = include_str!("../../templates/sprite.html");
        for id in Standing::IDS {
            assert!(sprite.contains(&format!("id=\"{id}\"")), "{id} has no symbol");
        }
        assert_eq!(Badge::of(&Standing::Kept), Badge::of_id("kept").unwrap());
        assert!(Badge::of_id("good").is_none());
    }
}

//! The policies that new schools begin with; the program carries them.

use policy::{Source, SourceFile};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../policies/primary"]
struct Primary;

#[derive(RustEmbed)]
#[folder = "../../policies/secondary"]
struct Secondary;

/// A policy to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// For pupils from the early years to Year 6.
    Primary,
    /// For pupils from Year 7 on.
    Secondary,
}

impl Starter {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Primary, Self::Secondary];

    /// The word in forms.
    pub fn id(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }

    /// As pages call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Primary => "For a primary school",
            Self::Secondary => "For a secondary school",
        }
    }

    /// Its files.
    pub fn source(self) -> Source {
        match self {
            Self::Primary => files::<Primary>(),
            Self::Secondary => files::<Secondary>(),
        }
    }
}

fn files<F: RustEmbed>() -> Source {
    let file = |path: std::borrow::Cow<'static, str>| {
        let text = String::from_utf8(F::get(&path)?.data.into_owned()).ok()?;
        Some(SourceFile { path: path.into_owned(), text })
    };
    Source::new(F::iter().filter(|path| Source::takes(path)).filter_map(file).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_sound_policy() {
        for starter in Starter::ALL {
            let checked = rules::check(&starter.source(), jiff::civil::date(2026, 11, 22));
            let errors: Vec<_> =
                checked.diagnostics.iter().filter(|it| it.severity == policy::Severity::Error).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", starter.id());
            assert!(checked.policy.is_some_and(|policy| policy.clauses.len() > 80 && !policy.agreements.is_empty()));
        }
    }
}

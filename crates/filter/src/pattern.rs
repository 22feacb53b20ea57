//! Patterns on hosts: `*proxy*`, where `*` stands for any characters, dots included.

/// A pattern, divided at its stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) text: String,
    parts: Vec<String>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), parts: text.split('*').map(str::to_owned).collect() }
    }

    /// Whether the whole host fits. Takes each part at its first place, which finds a fit where there is one.
    pub(crate) fn fits(&self, host: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return host == first };
        let inner = host.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let Some(mut inner) = inner else { return false };
        for part in middle {
            match inner.find(part.as_str()) {
                Some(at) => inner = inner.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, host, fits) in [
            ("*proxy*", "freeproxy.example", true),
            ("*proxy*", "proxy", true),
            ("*proxy*", "prox.y", false),
            ("games.*", "games.example", true),
            ("games.*", "mygames.example", false),
            ("*.games", "a.b.games", true),
            ("a*a", "a", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXYc", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(host), fits, "{pattern} {host}");
        }
    }
}

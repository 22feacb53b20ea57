//! Patterns on hosts: `*proxy*`, where `*` stands for any characters, dots included.

use memchr::memmem::Finder;

/// A pattern, divided at its stars: how it begins, what follows in this order, how it ends.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(crate) text: String,
    first: String,
    middle: Vec<Finder<'static>>,
    /// None where there is no star, so that the beginning is the whole.
    last: Option<String>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let mut parts = text.split('*');
        let first = parts.next().unwrap_or_default().to_owned();
        let last = parts.next_back().map(str::to_owned);
        let middle = parts.filter(|part| !part.is_empty()).map(|part| Finder::new(part).into_owned()).collect();
        Self { text: text.to_owned(), first, middle, last }
    }

    /// Whether the whole host fits. Takes each part at its first place, which finds a fit where there is one.
    pub(crate) fn fits(&self, host: &str) -> bool {
        let Some(last) = &self.last else { return host == self.first };
        let mut inner = host.as_bytes();
        // Comparing with nothing is not free: on some processors it costs more than the rest of a decision.
        if !self.first.is_empty() {
            let Some(rest) = inner.strip_prefix(self.first.as_bytes()) else { return false };
            inner = rest;
        }
        if !last.is_empty() {
            let Some(rest) = inner.strip_suffix(last.as_bytes()) else { return false };
            inner = rest;
        }
        for part in &self.middle {
            match part.find(inner) {
                Some(at) => inner = inner.get(at + part.needle().len()..).unwrap_or_default(),
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

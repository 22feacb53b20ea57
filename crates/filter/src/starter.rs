//! The starter list that comes with the program: well-known sites by category, and reserved names for what no list
//! shipped here would name. Thin: real filtering needs lists that somebody keeps.

use crate::category::Category;

const TEXT: &str = include_str!("../data/starter.txt");

/// The categories of the starter list with their domains.
pub fn all() -> Vec<(Category, Vec<&'static str>)> {
    let mut all: Vec<(Category, Vec<&'static str>)> = Vec::new();
    for line in TEXT.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => all.extend(Category::parse(name).ok().map(|category| (category, Vec::new()))),
            None => {
                if let Some((_, domains)) = all.last_mut() {
                    domains.push(line);
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_domain_under_a_category_that_exists() {
        let sections = TEXT.lines().filter(|line| line.starts_with('[')).count();
        assert_eq!(all().len(), sections);
        for (category, domains) in all() {
            assert!(!domains.is_empty(), "{category:?}");
            for domain in domains {
                assert!(kernel::sites::is_domain(domain), "{domain}");
            }
        }
    }
}

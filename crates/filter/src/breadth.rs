//! Whether what a clause names covers names that anybody could register. To close these is a choice; to open them
//! opens the sites of strangers, and of whoever reads the policy and buys the name.

use kernel::SiteItem;

use crate::list::is_registry;

/// Registries that give names to those alone whom they know: `gov.uk` is nobody's to buy.
const GUARDED: [&str; 5] = ["ac.uk", "gov.uk", "nhs.uk", "police.uk", "sch.uk"];

fn is_open_to_all(domain: &str) -> bool {
    is_registry(domain) && !GUARDED.contains(&domain)
}

/// Whether this covers sites of whoever registers a fitting name: `co.uk`, `*.co.uk`, `*school*`, `*bbc.co.uk`.
pub fn covers_strangers(site: &SiteItem) -> bool {
    match site {
        SiteItem::Domain(domain) | SiteItem::Address { domain, .. } => is_open_to_all(domain),
        SiteItem::Pattern(pattern) => {
            // What stands behind the first dot after the last star is certain: it must be a name that somebody holds.
            let tail = pattern.rsplit('*').next().unwrap_or_default();
            tail.split_once('.').is_none_or(|(_, held)| is_open_to_all(held))
        }
        // All, and what is looked after elsewhere.
        SiteItem::All | SiteItem::Category(_) | SiteItem::List(_) | SiteItem::Register(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_could_register_is_of_strangers() {
        for (text, strangers) in [
            ("co.uk", true),
            ("co.uk/maths", true),
            ("bbc.co.uk", false),
            ("bbc.co.uk/bitesize", false),
            ("*.co.uk", true),
            ("*.bbc.co.uk", false),
            ("*bbc.co.uk", true),
            ("*-maths.bbc.co.uk", false),
            ("*school*", true),
            ("www.*", true),
            ("*.example", true),
            ("*.gov.uk", false),
            ("*gov.uk", true),
            ("*.school.example", false),
            ("games", false),
            ("all", false),
        ] {
            let site = SiteItem::parse(text).unwrap();
            assert_eq!(covers_strangers(&site), strangers, "{text}");
        }
    }
}

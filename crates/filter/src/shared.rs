//! Names that many owners share: each has a site of their own below the name (`somebody.github.io`) or behind it
//! (`sites.google.com/view/somebody`). To close one closes the sites of all; to open it opens them.
//!
//! The best known of what the private section of the public suffix list has, and of hosts that divide by path, which that
//! list cannot say. Nobody's name is refused by it: people are told, and choose.

use kernel::SiteItem;

/// Whose owners have a name below, in order.
const BELOW: [&str; 105] = [
    "000webhostapp.com",
    "altervista.org",
    "amazonaws.com",
    "amplifyapp.com",
    "angelfire.com",
    "appspot.com",
    "azureedge.net",
    "azurestaticapps.net",
    "azurewebsites.net",
    "b12sites.com",
    "bearblog.dev",
    "bitbucket.io",
    "blogspot.co.uk",
    "blogspot.com",
    "bravesites.com",
    "bubbleapps.io",
    "canva.site",
    "carrd.co",
    "cloudfront.net",
    "cloudfunctions.net",
    "codeberg.page",
    "deno.dev",
    "dreamhosters.com",
    "duckdns.org",
    "dyndns.org",
    "edgeone.app",
    "fandom.com",
    "firebaseapp.com",
    "fly.dev",
    "forumotion.com",
    "framer.app",
    "framer.website",
    "freeforums.net",
    "github.io",
    "githubpreview.dev",
    "gitlab.io",
    "glitch.me",
    "googleusercontent.com",
    "hatenablog.com",
    "herokuapp.com",
    "hf.space",
    "homestead.com",
    "infinityfreeapp.com",
    "itch.io",
    "jimdofree.com",
    "jimdosite.com",
    "jouwweb.site",
    "js.org",
    "livejournal.com",
    "lovable.app",
    "myshopify.com",
    "mystrikingly.com",
    "neocities.org",
    "netlify.app",
    "ngrok-free.app",
    "ngrok.io",
    "no-ip.org",
    "notion.site",
    "on.fleek.co",
    "onrender.com",
    "over-blog.com",
    "page.tl",
    "pages.dev",
    "pantheonsite.io",
    "proboards.com",
    "pythonanywhere.com",
    "r2.dev",
    "readthedocs.io",
    "repl.co",
    "replit.app",
    "rf.gd",
    "run.app",
    "s3.amazonaws.com",
    "sharepoint.com",
    "site123.me",
    "square.site",
    "squarespace.com",
    "stackblitz.io",
    "streamlit.app",
    "substack.com",
    "surge.sh",
    "tistory.com",
    "tripod.com",
    "trycloudflare.com",
    "tumblr.com",
    "typepad.com",
    "ucoz.com",
    "vercel.app",
    "w3spaces.com",
    "web.app",
    "webflow.io",
    "webnode.co.uk",
    "webnode.page",
    "weebly.com",
    "weeblysite.com",
    "wikidot.com",
    "windows.net",
    "wixsite.com",
    "wixstudio.com",
    "wordpress.com",
    "workers.dev",
    "wpcomstaging.com",
    "wpengine.com",
    "yolasite.com",
    "zyrosite.com",
];

/// Whose owners have a path, in order.
const BEHIND: [&str; 26] = [
    "archive.org",
    "codepen.io",
    "docs.google.com",
    "drive.google.com",
    "dropbox.com",
    "genially.com",
    "gist.github.com",
    "github.com",
    "gitlab.com",
    "issuu.com",
    "jsfiddle.net",
    "linktr.ee",
    "medium.com",
    "onedrive.live.com",
    "padlet.com",
    "pastebin.com",
    "prezi.com",
    "raw.githubusercontent.com",
    "scratch.mit.edu",
    "scribd.com",
    "sites.google.com",
    "slideshare.net",
    "sway.office.com",
    "view.genial.ly",
    "wattpad.com",
    "web.archive.org",
];

/// A name that many owners share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// The name.
    pub host: &'static str,
    /// Whether each owner has a path, and not a name below.
    pub by_path: bool,
}

impl Shared {
    /// What the site of one owner looks like.
    pub fn example(&self) -> String {
        if self.by_path { format!("{}/name", self.host) } else { format!("name.{}", self.host) }
    }

    /// Every name that is known to be shared.
    pub fn all() -> impl Iterator<Item = Self> {
        let below = BELOW.iter().map(|host| Self { host, by_path: false });
        below.chain(BEHIND.iter().map(|host| Self { host, by_path: true }))
    }

    /// Whether this host is such a name itself.
    pub fn of_host(host: &str) -> Option<Self> {
        let found = |all: &'static [&'static str]| all.binary_search(&host).ok().and_then(|nth| all.get(nth)).copied();
        let below = found(&BELOW).map(|host| Self { host, by_path: false });
        below.or_else(|| found(&BEHIND).map(|host| Self { host, by_path: true }))
    }

    /// Whether this covers the sites of all owners of such a name.
    pub fn of(site: &SiteItem) -> Option<Self> {
        match site {
            SiteItem::Domain(domain) => Self::of_host(domain).or_else(|| Self::of_host(domain.strip_prefix("www.")?)),
            SiteItem::Pattern(pattern) => Self::of_host(pattern.strip_prefix("*.")?),
            SiteItem::All
            | SiteItem::Address { .. }
            | SiteItem::Category(_)
            | SiteItem::List(_)
            | SiteItem::Register(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;

    #[test]
    fn the_names_are_in_order_and_could_be_looked_up() {
        assert!(BELOW.is_sorted_by(|one, two| one < two) && BEHIND.is_sorted_by(|one, two| one < two));
        for shared in Shared::all() {
            assert_eq!(Host::parse(shared.host).unwrap().as_str(), shared.host);
            assert_eq!(Shared::of_host(shared.host), Some(shared));
        }
    }

    #[test]
    fn what_covers_many_owners_is_told_from_what_is_one_owner_s() {
        for (text, example) in [
            ("github.io", Some("name.github.io")),
            ("*.github.io", Some("name.github.io")),
            ("www.wordpress.com", Some("name.wordpress.com")),
            ("sites.google.com", Some("sites.google.com/name")),
            ("maths.github.io", None),
            ("sites.google.com/view/maths", None),
            ("google.com", None),
            ("games", None),
            ("all", None),
        ] {
            let shared = Shared::of(&SiteItem::parse(text).unwrap());
            assert_eq!(shared.map(|shared| shared.example()).as_deref(), example, "{text}");
        }
    }
}

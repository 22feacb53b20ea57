//! The lists of the filter that a school has today, as files: what each line would open or close, and which lines
//! cannot be taken, each with its number and why. Reading decides nothing and changes nothing.
//!
//! A file is CSV with a line of headings (the site, and where it says so the action and a comment, under any of the
//! names that products use), or a site a line.

use std::collections::BTreeSet;

use kernel::SiteItem;

use crate::{
    forms::{capital, site},
    matches::{CLOSED_TO_ALL, NEVER_NAMED},
};

/// The most lines of a file.
pub const MOST_LINES: usize = 50_000;

/// What a file without a column for the action means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Its sites are to be open.
    Open,
    /// Its sites are to be closed.
    Block,
}

/// A line that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub line: u64,
    /// What stands there, shortened.
    pub text: String,
    /// Why.
    pub why: String,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    /// The sites to open, each with its comment.
    pub open: Vec<(SiteItem, String)>,
    /// The sites to close.
    pub block: Vec<(SiteItem, String)>,
    /// The lines that cannot be taken.
    pub refused: Vec<RefusedLine>,
    /// How many lines said again what another had said.
    pub again: u64,
}

const SITE: &[&str] = &[
    "url",
    "urls",
    "site",
    "sites",
    "domain",
    "domains",
    "host",
    "hostname",
    "address",
    "web address",
    "website",
    "domain/url",
    "url/domain",
    "domain name",
    "value",
    "entry",
];
const ACTION: &[&str] =
    &["action", "list", "type", "policy", "allow/block", "block/allow", "allow/deny", "status", "rule", "list type"];
const NOTE: &[&str] = &["comment", "comments", "note", "notes", "description", "reason", "remark", "remarks"];
const OPENS: &[&str] = &[
    "allow",
    "allowed",
    "permit",
    "permitted",
    "open",
    "unblock",
    "unblocked",
    "whitelist",
    "whitelisted",
    "white",
    "exception",
    "exceptions",
    "safe",
    "safelist",
    "allowlist",
    "accept",
];
const CLOSES: &[&str] = &[
    "block",
    "blocked",
    "deny",
    "denied",
    "close",
    "closed",
    "blacklist",
    "blacklisted",
    "black",
    "ban",
    "banned",
    "blocklist",
    "denylist",
    "reject",
];

/// Where the columns stand.
struct Columns {
    site: usize,
    action: Option<usize>,
    note: Option<usize>,
}

fn heading(cell: &str) -> String {
    cell.trim().trim_matches('"').to_lowercase().replace(['_', '-'], " ")
}

/// The columns of a line of headings; none where the line is none.
fn columns(first: &csv::StringRecord) -> Option<Columns> {
    let at = |names: &[&str]| first.iter().position(|cell| names.contains(&heading(cell).as_str()));
    Some(Columns { site: at(SITE)?, action: at(ACTION), note: at(NOTE) })
}

/// What an action means.
fn meaning(word: &str) -> Option<Means> {
    let word = heading(word).replace(' ', "");
    if OPENS.contains(&word.as_str()) {
        Some(Means::Open)
    } else if CLOSES.contains(&word.as_str()) {
        Some(Means::Block)
    } else {
        None
    }
}

/// The line on which a record ends that begins on `first`.
fn lines_to(record: &csv::StringRecord, first: u64) -> u64 {
    let breaks = record.iter().map(|cell| cell.trim_end().matches('\n').count()).sum::<usize>();
    first.saturating_add(u64::try_from(breaks).unwrap_or(u64::MAX))
}

/// Reads a file. `otherwise` is what a line means that names no action, and `never_named` says of which sites no name may
/// be kept.
pub fn read(bytes: &[u8], otherwise: Means, mut never_named: impl FnMut(&SiteItem) -> bool) -> Read {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let first_line = text.lines().next().unwrap_or_default();
    let between =
        [b',', b';', b'\t'].into_iter().max_by_key(|sign| first_line.bytes().filter(|byte| byte == sign).count());
    let mut lines = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(between.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut found = Read::default();
    let mut seen = BTreeSet::new();
    let mut where_is = Columns { site: 0, action: None, note: None };
    for (nth, line) in lines.records().enumerate() {
        let record = match line {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                found.refused.push(RefusedLine { line, text: String::new(), why: "The line is not CSV".to_owned() });
                continue;
            }
        };
        let number = record.position().map_or(0, csv::Position::line);
        // A quotation mark that nothing closes takes the lines below it into its cell: they would be lost unsaid.
        if record.iter().any(|cell| cell.contains(['\n', '\r'])) {
            let text = record.get(where_is.site).unwrap_or_default().lines().next().unwrap_or_default();
            let why = format!(
                "A quotation mark opens here and takes in the lines up to line {}: close it or take it out",
                lines_to(&record, number)
            );
            found.refused.push(RefusedLine { line: number, text: text.trim().chars().take(80).collect(), why });
            // Without its headings the file could mean the opposite.
            if nth == 0 {
                break;
            }
            continue;
        }
        if nth == 0
            && let Some(columns) = columns(&record)
        {
            where_is = columns;
            continue;
        }
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let typed = cell(where_is.site);
        if typed.is_empty() && record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let mut refuse = |why: String| {
            found.refused.push(RefusedLine { line: number, text: typed.chars().take(80).collect(), why });
        };
        if seen.len() >= MOST_LINES {
            refuse(format!("The file has more than {MOST_LINES} sites: divide it"));
            break;
        }
        let means = match where_is.action.map(cell) {
            None => otherwise,
            Some(word) => match meaning(word) {
                Some(means) => means,
                None if word.is_empty() => otherwise,
                None => {
                    refuse(format!("‘{word}’ is neither allow nor block"));
                    continue;
                }
            },
        };
        match site(typed.trim_start_matches("*.")) {
            Ok(item) if never_named(&item) => {
                found.refused.push(RefusedLine {
                    line: number,
                    text: capital(NEVER_NAMED),
                    why: CLOSED_TO_ALL.to_owned(),
                });
            }
            Ok(item) => {
                let note: String = where_is.note.map(cell).unwrap_or_default().chars().take(200).collect();
                if !seen.insert((item.clone(), means == Means::Open)) {
                    found.again += 1;
                    continue;
                }
                match means {
                    Means::Open => found.open.push((item, note)),
                    Means::Block => found.block.push((item, note)),
                }
            }
            Err(why) => refuse(why),
        }
    }
    // A site cannot be both: whoever brings the file in says which.
    let both: BTreeSet<SiteItem> = seen
        .iter()
        .filter(|(site, open)| *open && seen.contains(&(site.clone(), false)))
        .map(|it| it.0.clone())
        .collect();
    for site in both {
        found.open.retain(|(item, _)| *item != site);
        found.block.retain(|(item, _)| *item != site);
        let why = "The file both opens and closes this site".to_owned();
        found.refused.push(RefusedLine { line: 0, text: site.to_string(), why });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, otherwise: Means, open: &[&str], block: &[&str], refused: &[(u64, &str)]) -> Read {
        let read = read(file.as_bytes(), otherwise, |site| site.to_string() == "sealed.example");
        let sites = |of: &[(SiteItem, String)]| of.iter().map(|(site, _)| site.to_string()).collect::<Vec<_>>();
        assert_eq!(sites(&read.open), open, "open");
        assert_eq!(sites(&read.block), block, "block");
        assert_eq!(read.refused.iter().map(|it| (it.line, it.text.as_str())).collect::<Vec<_>>(), refused, "refused");
        read
    }

    #[test]
    fn the_exports_of_products_are_read() {
        let read = check(
            "\u{feff}URL,Action,Comment\r\nhttps://maps.example/uk,Allow,\"Geography, Year 4\"\r\n\r\n*.games.example,Block,\r\n\
             games.example,BLOCKED,again\r\nco.uk,block,\r\nother.example,maybe,\r\n",
            Means::Block,
            &["maps.example/uk"],
            &["games.example"],
            &[(5, "co.uk"), (6, "other.example")],
        );
        assert_eq!((read.again, read.open[0].1.as_str()), (1, "Geography, Year 4"));
        check("Domain;Notes\nquiz.example;ok\n", Means::Open, &["quiz.example"], &[], &[]);
        check("# ours\none.example\ntwo.example\n", Means::Block, &[], &["one.example", "two.example"], &[]);
        check("site,action\nboth.example,allow\nboth.example,deny\n", Means::Open, &[], &[], &[(0, "both.example")]);
    }

    #[test]
    fn no_line_is_lost_in_the_cell_of_another() {
        let file = "url,action,note\none.example,block,\"see T-17\ntwo.example,block,\nthree.example,block,\n";
        let read = check(file, Means::Block, &[], &[], &[(2, "one.example")]);
        assert!(read.refused[0].why.contains("up to line 4"), "{:?}", read.refused);
        let file = "url,note\none.example,\"two\nlines\"\ntwo.example,\"no, one\"\n";
        check(file, Means::Block, &[], &["two.example"], &[(2, "one.example")]);
        check("\"url\nnote\",action\none.example,block\n", Means::Open, &[], &[], &[(1, "url")]);
    }

    #[test]
    fn what_is_never_named_is_not_repeated() {
        let never = (2, "A site that is never named");
        check("url\nhttps://sealed.example/\none.example\n", Means::Open, &["one.example"], &[], &[never]);
    }

    #[test]
    fn nothing_that_is_sent_panics() {
        for bytes in [&b""[..], b"\xff\xfe", b"\"", b",,,\n;;;", b"url,action\n\"a", b"\0\0"] {
            let _ = read(bytes, Means::Open, |_| false);
        }
    }
}

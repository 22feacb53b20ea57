//! The lists of the filter that a school has today, as files: what each line would open or close, and which lines
//! cannot be taken, each with its number and why. Reading decides nothing and changes nothing.
//!
//! A file is CSV with a line of headings (the site, and where it says so the action and a comment, under any of the
//! names that products use), or a site a line, or a hosts file.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
};

use filter::{ListFormat, parse_list};
use kernel::SiteItem;
use uuid::Uuid;

use crate::{
    forms::{capital, grouped, owned_site},
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
    /// The change that has to be undone first.
    pub undo: Option<Uuid>,
}

/// A site that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The number of its line, from 1.
    pub line: u64,
    /// The site.
    pub site: SiteItem,
    /// What the file says of it.
    pub note: String,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    /// The sites to open.
    pub open: Vec<Taken>,
    /// The sites to close.
    pub block: Vec<Taken>,
    /// The lines that cannot be taken.
    pub refused: Vec<RefusedLine>,
    /// How many lines said again what another had said.
    pub again: u64,
    /// How many lines stand beyond what a file may have. The first of them is refused.
    pub beyond: usize,
    /// The headings of the columns that are not read.
    pub unread: Vec<String>,
}

impl Read {
    /// How many lines cannot be taken.
    pub fn not_taken(&self) -> usize {
        self.refused.len() + self.beyond.saturating_sub(1)
    }
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

/// The first lines, among which the line of headings is looked for.
const FIRST_LINES: usize = 10;

/// The text of a file: UTF-8, or UTF-16 where it begins with that mark, as Excel writes it.
fn text_of(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| read(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    }
}

/// What stands between the cells: what the file says (`sep=;`), what divides its line of headings, else what its first
/// line has most of.
fn between(text: &str, said: Option<u8>) -> u8 {
    const SIGNS: [u8; 3] = [b',', b';', b'\t'];
    let known = |line: &str, sign: u8| {
        let heads = |cell: &&str| [SITE, ACTION, NOTE].iter().any(|names| names.contains(&heading(cell).as_str()));
        line.split(char::from(sign)).filter(heads).count()
    };
    let first = || text.lines().filter(|line| !line.trim().is_empty()).take(FIRST_LINES);
    let by_headings = || {
        let all = first().flat_map(|line| SIGNS.map(|sign| (known(line, sign), sign)));
        all.filter(|(found, _)| *found > 1).max_by_key(|(found, _)| *found).map(|(_, sign)| sign)
    };
    let by_number = || {
        let line = first().find(|line| !line.starts_with('#')).unwrap_or_default();
        SIGNS.into_iter().max_by_key(|sign| line.bytes().filter(|byte| byte == sign).count())
    };
    said.or_else(by_headings).or_else(by_number).unwrap_or(b',')
}

/// The columns that nobody reads, where they hold almost nothing but words for opening and closing: whoever wrote the
/// file meant them, so nothing is taken until a heading says so.
fn unread_action(records: &[csv::StringRecord], known: &Columns) -> Option<usize> {
    if known.action.is_some() {
        return None;
    }
    let widest = records.iter().map(csv::StringRecord::len).max().unwrap_or_default();
    (0..widest).filter(|at| *at != known.site && Some(*at) != known.note).find(|at| {
        let cells = || records.iter().filter_map(|it| it.get(*at)).filter(|cell| !cell.trim().is_empty());
        let said = cells().filter(|cell| meaning(cell).is_some()).count();
        said > 0 && said * 2 >= cells().count()
    })
}

/// The sites of a line as hosts files have them (`0.0.0.0 ads.example`); none where it is no such line. The names of the
/// computer itself are passed over.
fn hosts(record: &csv::StringRecord) -> Option<Vec<Result<SiteItem, String>>> {
    let line = record.iter().collect::<Vec<_>>().join(" ");
    let mut words = line.split_whitespace();
    let address = words.next()?.split('%').next()?.parse::<IpAddr>().ok()?;
    let nowhere = address.is_loopback()
        || address.is_unspecified()
        || matches!(address, IpAddr::V4(Ipv4Addr::BROADCAST))
        || matches!(address, IpAddr::V6(address) if address.is_unicast_link_local() || address.is_multicast());
    words.next().filter(|_| nowhere)?;
    let (entries, refused) = parse_list(ListFormat::Hosts, line.as_bytes());
    let names = entries.iter().map(|entry| owned_site(&entry.host));
    Some(names.chain(refused.iter().map(|refused| Err(refused.why.to_string()))).collect())
}

/// The line on which a record ends that begins on `first`.
fn lines_to(record: &csv::StringRecord, first: u64) -> u64 {
    let breaks = record.iter().map(|cell| cell.trim_end().matches('\n').count()).sum::<usize>();
    first.saturating_add(u64::try_from(breaks).unwrap_or(u64::MAX))
}

/// What is said of a record that goes over several lines: a quotation mark that nothing closes takes the lines below it
/// into its cell, where they would be lost unsaid. None where it stands on one line.
fn over_lines(record: &csv::StringRecord) -> Option<RefusedLine> {
    record.iter().find(|cell| cell.contains(['\n', '\r']))?;
    let line = record.position().map_or(0, csv::Position::line);
    let text = record.get(0).unwrap_or_default().lines().next().unwrap_or_default();
    let why = format!(
        "A quotation mark opens here and takes in the lines up to line {}: close it or take it out",
        lines_to(record, line)
    );
    Some(RefusedLine { line, text: text.trim().chars().take(80).collect(), why, undo: None })
}

/// Reads a file. `otherwise` is what a line means that names no action, and `never_named` says of which sites no name may
/// be kept.
pub fn read(bytes: &[u8], otherwise: Means, mut never_named: impl FnMut(&SiteItem) -> bool) -> Read {
    let mut found = Read::default();
    let mut whole = |why: &str| {
        found.refused.push(RefusedLine { line: 0, text: String::new(), why: why.to_owned(), undo: None });
    };
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        whole("The file is no text, but a workbook: open it in its program and save it as CSV (UTF-8)");
        return found;
    }
    let text = text_of(bytes);
    if text.contains('\0') {
        whole("The file is no text: open it in its program and save it as CSV (UTF-8)");
        return found;
    }
    let said = |line: &str| {
        line.trim().trim_matches('"').strip_prefix("sep=").map(|sign| sign.bytes().next().unwrap_or(b'\t'))
    };
    let said = text.lines().next().and_then(said);
    let mut lines = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(between(&text, said))
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    for (nth, line) in lines.records().enumerate() {
        match line {
            Ok(_) if nth == 0 && said.is_some() => {}
            Ok(record) => match over_lines(&record) {
                None => records.push(record),
                Some(refused) => {
                    found.refused.push(refused);
                    // Without its headings the file could mean the opposite.
                    if nth == 0 {
                        return found;
                    }
                }
            },
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let why = "The line is not CSV".to_owned();
                found.refused.push(RefusedLine { line, text: String::new(), why, undo: None });
            }
        }
    }
    let headed = records.iter().take(FIRST_LINES).enumerate().find_map(|(nth, it)| Some((nth, columns(it)?)));
    let (before, where_is) = match headed {
        Some((nth, columns)) => (nth + 1, columns),
        None => (0, Columns { site: 0, action: None, note: None }),
    };
    let rest = records.split_off(before);
    if let Some(headings) = records.pop() {
        let read = [Some(where_is.site), where_is.action, where_is.note];
        let names =
            headings.iter().enumerate().filter(|(at, name)| !read.contains(&Some(*at)) && !name.trim().is_empty());
        found.unread = names.map(|(_, name)| name.trim().chars().take(40).collect()).collect();
        if let Some(at) = unread_action(&rest, &where_is) {
            let name = headings.get(at).unwrap_or_default().trim();
            let why =
                format!("The column ‘{name}’ seems to say what is to be open or closed: give it the heading Action");
            found.refused.push(RefusedLine { line: 0, text: name.to_owned(), why, undo: None });
            return found;
        }
    } else if unread_action(&rest, &where_is).is_some() {
        let why = "A column seems to say what is to be open or closed: write a line of headings above, such as \
                   Domain,Action";
        found.refused.push(RefusedLine { line: 0, text: String::new(), why: why.to_owned(), undo: None });
        return found;
    }
    for record in records {
        let line = record.position().map_or(0, csv::Position::line);
        let text = record.iter().collect::<Vec<_>>().join(" ");
        if !text.trim().is_empty() {
            let text = text.chars().take(80).collect();
            let why = "It stands above the headings".to_owned();
            found.refused.push(RefusedLine { line, text, why, undo: None });
        }
    }
    let mut seen = BTreeSet::new();
    for record in rest {
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let typed = cell(where_is.site);
        if typed.is_empty() && record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let mut refuse = |why: String| {
            found.refused.push(RefusedLine { line, text: typed.chars().take(80).collect(), why, undo: None });
        };
        if seen.len() >= MOST_LINES {
            if found.beyond == 0 {
                refuse(format!("The file has more than {} sites: divide it", grouped(MOST_LINES)));
            }
            found.beyond += 1;
            continue;
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
        let sites = hosts(&record).filter(|_| before == 0);
        for site in sites.unwrap_or_else(|| vec![owned_site(typed.trim_start_matches("*."))]) {
            let site = match site {
                Ok(site) => site,
                Err(why) => {
                    let text = typed.chars().take(80).collect();
                    found.refused.push(RefusedLine { line, text, why, undo: None });
                    continue;
                }
            };
            if never_named(&site) {
                let (text, why) = (capital(NEVER_NAMED), CLOSED_TO_ALL.to_owned());
                found.refused.push(RefusedLine { line, text, why, undo: None });
                continue;
            }
            if !seen.insert((site.clone(), means == Means::Open)) {
                found.again += 1;
                continue;
            }
            let note: String = where_is.note.map(cell).unwrap_or_default().chars().take(200).collect();
            let taken = Taken { line, site, note };
            match means {
                Means::Open => found.open.push(taken),
                Means::Block => found.block.push(taken),
            }
        }
    }
    // A site cannot be both: whoever brings the file in says which.
    let both: BTreeSet<SiteItem> = seen
        .iter()
        .filter(|(site, open)| *open && seen.contains(&(site.clone(), false)))
        .map(|it| it.0.clone())
        .collect();
    for site in both {
        found.open.retain(|taken| taken.site != site);
        found.block.retain(|taken| taken.site != site);
        let why = "The file both opens and closes this site".to_owned();
        found.refused.push(RefusedLine { line: 0, text: site.to_string(), why, undo: None });
    }
    found
}

#[cfg(test)]
mod tests;

//! Small sentences and shapes that the standings of all controls share.

use kernel::{Evidence, SchoolTime, Standing};

/// A standing with its evidence.
pub type Judgement = (Standing, Evidence);

/// Kept, with the sentence that shows it.
pub(crate) fn kept(now: &SchoolTime, statement: impl Into<String>) -> Judgement {
    (Standing::Kept, Evidence::new(statement, now.timestamp()))
}

/// Not kept: why, and what mends it.
pub(crate) fn not_kept(now: &SchoolTime, why: impl Into<String>, mend: impl Into<String>) -> Judgement {
    let why = why.into();
    let evidence = Evidence::new(why.clone(), now.timestamp());
    (Standing::NotKept { since: None, why, mend: mend.into() }, evidence)
}

/// Kept until a day by which somebody must act.
pub(crate) fn due(
    now: &SchoolTime,
    by: jiff::civil::Date,
    statement: impl Into<String>,
    what: impl Into<String>,
) -> Judgement {
    (Standing::Due { by, what: what.into() }, Evidence::new(statement, now.timestamp()))
}

/// It could not be found out.
pub(crate) fn unknown(now: &SchoolTime, why: impl Into<String>) -> Judgement {
    let why = why.into();
    let evidence = Evidence::new(why.clone(), now.timestamp());
    (Standing::Unknown { why }, evidence)
}

/// Gatehouse cannot keep or show it yet; `what` says what is missing.
pub(crate) fn not_built(now: &SchoolTime, what: impl Into<String>) -> Judgement {
    (Standing::NotBuilt, Evidence::new(what, now.timestamp()))
}

/// "1 pupil", "3 pupils".
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// "pornography, race hatred and self-harm.example": categories with spaces for their hyphens, sites as they are.
pub(crate) fn listed_sites(sites: &[kernel::SiteItem]) -> String {
    let word = |site: &kernel::SiteItem| match site {
        kernel::SiteItem::Category(name) => name.replace('-', " "),
        kernel::SiteItem::List(name) => format!("the list \"{}\"", name.replace('-', " ")),
        kernel::SiteItem::All => "every site".to_owned(),
        kernel::SiteItem::Domain(_)
        | kernel::SiteItem::Address { .. }
        | kernel::SiteItem::Pattern(_)
        | kernel::SiteItem::Register(_) => site.to_string(),
    };
    listed(&sites.iter().map(word).collect::<Vec<_>>())
}

/// "one, two and three".
pub(crate) fn listed<T: ToString>(items: &[T]) -> String {
    let words: Vec<_> = items.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

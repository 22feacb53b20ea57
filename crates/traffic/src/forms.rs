//! What the forms of this area read, and what its pages print: sites, audiences, ends, reasons, names.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use filter::{Host, ListFormat, Shared, parse_list};
use jiff::{Timestamp, civil::Date};
use kernel::{Audience, AudienceAtom, KeyStage, PersonId, Role, SchoolTime, SiteItem, Year};
use store::{
    School, StoreError,
    entity::{access_account, people_class, people_person},
    query::ColumnTrait as _,
    time::timestamp,
};
use uuid::Uuid;
use webkit::{
    PageError,
    kit::{Choice, Mistakes},
};

/// The most letters of a reason, an answer, a report.
pub(crate) const MOST_LETTERS: usize = 500;

/// A site as somebody typed or pasted it: a domain, an address with a path, or what a list may hold.
pub(crate) fn site(typed: &str) -> Result<SiteItem, String> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().any(char::is_whitespace) {
        return Err("Write the name of one site, such as www.example.org".to_owned());
    }
    if is_range(typed) {
        return Err("This is a range of addresses: write one address, or the name of a site".to_owned());
    }
    let host = typed.split_once("://").map_or(typed, |(_, rest)| rest);
    if host.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@')) {
        return Err("This is a mail address, or names a user: write the name of the site alone".to_owned());
    }
    let (mut entries, refused) = parse_list(ListFormat::Urls, typed.as_bytes());
    match (entries.pop(), refused.first()) {
        (Some(entry), _) => {
            let host = entry.host.into_owned();
            match entry.path {
                None => SiteItem::parse(&host),
                Some(path) => SiteItem::parse(&format!("{host}{path}")),
            }
            .map_err(|_| "Write the name of one site, such as www.example.org".to_owned())
        }
        (None, Some(refused)) if matches!(refused.why, filter::WhyRefused::TooBroad) => {
            Err("This would be every site under that ending: write the whole name".to_owned())
        }
        (None, _) => Err("Write the name of one site, such as www.example.org".to_owned()),
    }
}

/// Whether this is a network, and not a page of an address: `192.0.2.0/24`.
fn is_range(typed: &str) -> bool {
    let Some((address, bits)) = typed.split_once('/') else { return false };
    let address = address.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match (address, bits.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(bits)) => bits <= 32,
        (Ok(IpAddr::V6(_)), Ok(bits)) => bits <= 128,
        (_, _) => false,
    }
}

/// A site as people read it: a name in letters beyond the plain ones is shown in them, with what is asked for beside it,
/// since it can be made to look like another site's.
pub(crate) fn readable(site: &str) -> String {
    let (host, path) = site.find('/').map_or((site, ""), |at| site.split_at(at));
    match Host::parse(host).ok().and_then(|host| host.in_other_letters()) {
        Some(written) => format!("{written}{path} ({host})"),
        None => site.to_owned(),
    }
}

/// 50,000.
pub(crate) fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let start = digits.len() % 3;
    let (first, rest) = digits.split_at(start);
    let mut all: Vec<&str> = if first.is_empty() { Vec::new() } else { vec![first] };
    all.extend((0..rest.len()).step_by(3).filter_map(|at| rest.get(at..at + 3)));
    all.join(",")
}

/// As [`site`], where it is one owner's: names that many owners share have to be narrowed first.
pub(crate) fn owned_site(typed: &str) -> Result<SiteItem, String> {
    let site = site(typed)?;
    match Shared::of(&site) {
        Some(shared) => Err(many_owners(&shared)),
        None => Ok(site),
    }
}

/// What to do where a name is shared by many owners.
pub(crate) fn many_owners(shared: &Shared) -> String {
    format!("{} has the sites of many owners: write the one you mean, such as {}", shared.host, shared.example())
}

/// A text that has to be there.
pub(crate) fn words(field: &str, typed: &str, missing: &str, mistakes: &mut Mistakes) -> String {
    let typed = typed.trim();
    match typed.chars().count() {
        0 => mistakes.add(field, missing),
        1..=MOST_LETTERS => {}
        _ => mistakes.add(field, "Write it in 500 letters or fewer"),
    }
    typed.to_owned()
}

/// A day as people write it: `18/12/2026`, `2026-12-18`, `18 December 2026`.
pub(crate) fn day(typed: &str) -> Option<Date> {
    let typed = typed.trim();
    if let Ok(date) = typed.parse::<Date>() {
        return Some(date);
    }
    ["%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y"].iter().find_map(|form| Date::strptime(form, typed).ok())
}

/// The end of a day that was typed; none where nothing was. A mistake where it is no day, or over.
pub(crate) fn until(field: &str, typed: &str, now: Timestamp, mistakes: &mut Mistakes) -> Option<Timestamp> {
    if typed.trim().is_empty() {
        return None;
    }
    let end = day(typed).and_then(|date| date.tomorrow().ok()).and_then(begins);
    match end {
        Some(end) if end > now => Some(end),
        Some(_) => {
            mistakes.add(field, "This day is over: write a day from today on");
            None
        }
        None => {
            mistakes.add(field, "Write the day like this: 18/12/2026");
            None
        }
    }
}

/// The first moment of a day of the school.
pub(crate) fn begins(day: Date) -> Option<Timestamp> {
    SchoolTime::parse(&format!("{day} 00:00")).ok().map(|at| at.timestamp())
}

/// For whom, as it is stored.
pub(crate) fn store_audience(who: &Audience) -> String {
    let all: Vec<String> = who.atoms().iter().map(ToString::to_string).collect();
    serde_json::json!(all).to_string()
}

/// For whom, as it was stored.
pub(crate) fn audience(stored: &str) -> Result<Audience, StoreError> {
    serde_json::from_str(stored).map_err(|_| StoreError::Damaged { what: "an audience" })
}

/// For whom, in words.
pub(crate) fn audience_words(stored: &str) -> String {
    audience(stored).map(|who| who.in_words(&|role: Role| role.default_title().to_owned())).unwrap_or_default()
}

/// The audiences to choose from: everybody, the capacities, stages, years and classes of the school.
pub(crate) async fn audiences(school: &School) -> Result<Vec<Choice>, StoreError> {
    let classes = school.read().find::<people_class::Entity>().ascending(people_class::Column::Name).all().await?;
    let years: BTreeSet<Year> =
        classes.iter().filter_map(|class| Year::parse(class.year.as_deref().unwrap_or_default()).ok()).collect();
    let stages: BTreeSet<KeyStage> = years.iter().map(|year| year.key_stage()).collect();
    let mut all: Vec<AudienceAtom> =
        ["pupils", "everyone", "staff", "guests"].iter().filter_map(|text| AudienceAtom::parse(text).ok()).collect();
    all.extend(stages.into_iter().map(AudienceAtom::Stage));
    all.extend(years.into_iter().map(|year| AudienceAtom::Years(year, year)));
    all.extend(classes.into_iter().map(|class| AudienceAtom::Class(class.name)));
    let title = |role: Role| role.default_title().to_owned();
    Ok(all.into_iter().map(|atom| Choice::new(atom.to_string(), capital(&atom.in_words(&title)))).collect())
}

/// With a capital letter.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// What people are called.
pub(crate) async fn names(
    school: &School,
    ids: impl IntoIterator<Item = Option<Uuid>>,
) -> Result<HashMap<Uuid, String>, StoreError> {
    let ids: BTreeSet<Uuid> = ids.into_iter().flatten().collect();
    let mut all = HashMap::new();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    for some in ids.chunks(500) {
        let found = school
            .read()
            .find::<people_person::Entity>()
            .filter(people_person::Column::Id.is_in(some.iter().copied()))
            .all()
            .await?;
        all.extend(found.into_iter().map(|person| {
            let given = person.preferred_name.unwrap_or(person.given_name);
            (person.id, format!("{given} {}", person.family_name))
        }));
    }
    Ok(all)
}

/// Who has the username that was typed; a mistake where nobody has.
pub(crate) async fn person(
    field: &str,
    typed: &str,
    school: &School,
    mistakes: &mut Mistakes,
) -> Result<Option<PersonId>, PageError> {
    let username = typed.trim().to_lowercase();
    let account = school
        .read()
        .find::<access_account::Entity>()
        .filter(access_account::Column::Username.eq(username))
        .one()
        .await
        .map_err(PageError::internal)?;
    if account.is_none() {
        mistakes.add(field, "Nobody has this username. Look it up among the people");
    }
    Ok(account.map(|account| PersonId(account.person_id)))
}

/// What somebody is called; where nobody is known, what stands for them.
pub(crate) fn name(names: &HashMap<Uuid, String>, id: Option<Uuid>) -> String {
    id.and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| "Somebody".to_owned())
}

/// "today at 10:15", "on Wednesday 18 November 2026".
pub(crate) fn when(at: i64, now: Timestamp) -> String {
    let (at, now) = (SchoolTime::new(timestamp(at)), SchoolTime::new(now));
    if at.date() == now.date() {
        format!("today at {}", at.clock_in_words())
    } else {
        format!("on {}", at.day_in_words())
    }
}

/// Until when, as the last moment that somebody has: "until 10:45", "until Friday 18 December 2026".
pub(crate) fn until_words(until: i64, now: Timestamp) -> String {
    let (end, now) = (SchoolTime::new(timestamp(until)), SchoolTime::new(now));
    if end.minute_of_day() == 0 {
        let last = SchoolTime::new(timestamp(until - 1));
        return if last.date() == now.date() {
            "until tonight".to_owned()
        } else {
            format!("until {}", last.day_in_words())
        };
    }
    if end.date() == now.date() {
        format!("until {}", end.clock_in_words())
    } else {
        format!("until {} on {}", end.clock_in_words(), end.day_in_words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_read_as_they_are_pasted() {
        for (typed, read) in [
            ("www.Maps.example", Ok("www.maps.example")),
            (" https://maps.example/uk/north?x=1 ", Ok("maps.example/uk/north?x=1")),
            ("http://maps.example:8080/", Ok("maps.example")),
            ("co.uk", Err(())),
            ("com", Err(())),
            ("two sites.example", Err(())),
            ("192.0.2.7", Ok("192.0.2.7")),
            ("192.0.2.0/24", Err(())),
            ("2001:db8::/32", Err(())),
            ("user@mail.example", Err(())),
            ("https://user@mail.example/", Err(())),
            ("clips.example/@somebody", Ok("clips.example/@somebody")),
            ("", Err(())),
        ] {
            let found = site(typed).map(|site| site.to_string()).map_err(|_| ());
            assert_eq!(found.as_deref().map_err(|_| ()), read, "{typed}");
        }
    }

    #[test]
    fn sites_and_numbers_are_shown_as_people_read_them() {
        assert_eq!(readable("xn--mnchen-3ya.example/bad"), "münchen.example/bad (xn--mnchen-3ya.example)");
        assert_eq!(readable("maps.example/uk"), "maps.example/uk");
        let numbers = [0, 12, 999, 1_000, 50_000, 4_152_186].map(grouped);
        assert_eq!(numbers, ["0", "12", "999", "1,000", "50,000", "4,152,186"]);
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let wanted = jiff::civil::date(2026, 12, 18);
        for typed in ["18/12/2026", "2026-12-18", "18 December 2026", "18.12.2026"] {
            assert_eq!(day(typed), Some(wanted), "{typed}");
        }
        assert_eq!(day("31/11/2026"), None);
        let now = SchoolTime::parse("2026-12-18 10:15").unwrap().timestamp();
        let mut mistakes = Mistakes::new();
        let end = until("until", "18/12/2026", now, &mut mistakes).unwrap();
        assert_eq!(SchoolTime::new(end).in_tables(), "2026-12-19 00:00:00");
        assert_eq!(until_words(end.as_millisecond(), now), "until tonight");
        assert!(mistakes.is_empty());
        assert_eq!(until("until", "17/12/2026", now, &mut mistakes), None);
        assert!(mistakes.of("until").is_some());
    }
}

//! Calendars that a school keeps elsewhere (iCalendar, RFC 5545): exam weeks, training days, holidays, as stretches of
//! the school's clock. What cannot be read is refused by its line, and nothing is guessed.

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

/// An entry: what it is called, and from (included) to (not included) when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEntry {
    /// What it is called.
    pub name: String,
    /// Its beginning, on the school's clock.
    pub from: DateTime,
    /// Its end.
    pub to: DateTime,
}

/// An entry that was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadEntry {
    /// The number of the line, from 1.
    pub line: usize,
    /// Why.
    #[source]
    pub why: WhyBad,
}

/// Why an entry was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhyBad {
    /// It is no calendar at all.
    #[error("this is not a calendar: it does not begin with BEGIN:VCALENDAR")]
    NoCalendar,
    /// An entry has no end.
    #[error("the entry that begins here does not end")]
    NoEnd,
    /// A line has no value.
    #[error("the line has no colon")]
    NoValue,
    /// A time cannot be read.
    #[error("the time cannot be read")]
    Time,
    /// A zone is not known.
    #[error("the time zone is not known")]
    Zone,
    /// There is no beginning.
    #[error("the entry has no beginning")]
    NoStart,
    /// It ends before it begins.
    #[error("the entry ends before it begins")]
    Backwards,
    /// It repeats in a way that is not read.
    #[error("the entry repeats in a way that is not read")]
    Repeats,
}

/// Entries that repeat are unfolded so many times at most.
const MOST: usize = 400;

/// A calendar with what could not be read of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadCalendar {
    /// The entries, by their beginning.
    pub entries: Vec<CalendarEntry>,
    /// What was not read.
    pub bad: Vec<BadEntry>,
}

impl ReadCalendar {
    /// The stretches of the entries whose names hold `word`, however it is written: what [`kernel::Calendar::feeds`]
    /// takes for a name.
    pub fn stretches(&self, word: &str) -> Vec<(DateTime, DateTime)> {
        let word = word.to_lowercase();
        let named = self.entries.iter().filter(|entry| entry.name.to_lowercase().contains(&word));
        named.map(|entry| (entry.from, entry.to)).collect()
    }
}

/// One line with its folded ones: number, name, parameters, value.
struct Line {
    number: usize,
    name: String,
    zone: Option<String>,
    value: String,
}

/// Reads a calendar; `zone` is the school's.
pub fn read_calendar(text: &str, zone: &TimeZone) -> ReadCalendar {
    let mut calendar = ReadCalendar::default();
    let mut lines = Vec::new();
    for (number, whole) in unfolded(text) {
        match line(number, &whole) {
            Some(line) => lines.push(line),
            None => calendar.bad.push(BadEntry { line: number, why: WhyBad::NoValue }),
        }
    }
    let begins = |line: &&Line| line.name == "BEGIN" && line.value.eq_ignore_ascii_case("VCALENDAR");
    if lines.first().as_ref().filter(|line| begins(line)).is_none() {
        return ReadCalendar { entries: Vec::new(), bad: vec![BadEntry { line: 1, why: WhyBad::NoCalendar }] };
    }
    let mut event: Option<(usize, Vec<&Line>)> = None;
    let mut inner = 0_usize;
    for line in &lines {
        let is_event = line.value.eq_ignore_ascii_case("VEVENT");
        match (line.name.as_str(), is_event, &mut event) {
            ("BEGIN", true, open) => {
                if let Some((number, _)) = open.replace((line.number, Vec::new())) {
                    calendar.bad.push(BadEntry { line: number, why: WhyBad::NoEnd });
                }
                inner = 0;
            }
            ("END", true, open) => {
                if let Some((number, lines)) = open.take() {
                    match entry(number, &lines, zone) {
                        Ok(entries) => calendar.entries.extend(entries),
                        Err(bad) => calendar.bad.push(bad),
                    }
                }
            }
            // Reminders inside of entries have times of their own.
            ("BEGIN", false, Some(_)) => inner += 1,
            ("END", false, Some(_)) => inner = inner.saturating_sub(1),
            (_, _, Some((_, lines))) if inner == 0 => lines.push(line),
            _ => {}
        }
    }
    if let Some((number, _)) = event {
        calendar.bad.push(BadEntry { line: number, why: WhyBad::NoEnd });
    }
    calendar.entries.sort_by_key(|entry| (entry.from, entry.to));
    calendar
}

/// Lines with those that are folded into them, by the number of the first.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for (nth, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), all.last_mut()) {
            (Some(more), Some((_, last))) => last.push_str(more),
            _ if line.trim().is_empty() => {}
            _ => all.push((nth + 1, line.to_owned())),
        }
    }
    all
}

fn line(number: usize, whole: &str) -> Option<Line> {
    // A colon inside of quotes belongs to a parameter.
    let mut quoted = false;
    let colon = whole.find(|c| {
        quoted ^= c == '"';
        c == ':' && !quoted
    })?;
    let (head, value) = whole.split_at(colon);
    let mut parts = head.split(';');
    let name = parts.next()?.trim().to_ascii_uppercase();
    let zone = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.eq_ignore_ascii_case("TZID").then(|| value.trim_matches('"').to_owned())
    });
    Some(Line { number, name, zone, value: value.get(1..)?.trim().to_owned() })
}

/// The entries of one event; none where it is cancelled.
fn entry(number: usize, lines: &[&Line], zone: &TimeZone) -> Result<Vec<CalendarEntry>, BadEntry> {
    let find = |name: &str| lines.iter().find(|line| line.name == name);
    let bad = |line: usize, why| BadEntry { line, why };
    if find("STATUS").is_some_and(|line| line.value.eq_ignore_ascii_case("CANCELLED")) {
        return Ok(Vec::new());
    }
    let start = find("DTSTART").ok_or_else(|| bad(number, WhyBad::NoStart))?;
    let (from, is_day) = time(start, zone).map_err(|why| bad(start.number, why))?;
    let to = match (find("DTEND"), find("DURATION")) {
        (Some(end), _) => time(end, zone).map_err(|why| bad(end.number, why))?.0,
        (None, Some(lasts)) => {
            let span: Span = lasts.value.parse().map_err(|_| bad(lasts.number, WhyBad::Time))?;
            from.checked_add(span).map_err(|_| bad(lasts.number, WhyBad::Time))?
        }
        (None, None) if is_day => from.saturating_add(1.day()),
        (None, None) => from,
    };
    if to < from {
        return Err(bad(start.number, WhyBad::Backwards));
    }
    let name = find("SUMMARY").map(|line| unescaped(&line.value)).unwrap_or_default();
    let mut starts = vec![from];
    if let Some(rule) = find("RRULE") {
        starts = repeated(&rule.value, from, zone).ok_or_else(|| bad(rule.number, WhyBad::Repeats))?;
    }
    if let Some(other) = find("RDATE") {
        return Err(bad(other.number, WhyBad::Repeats));
    }
    for except in lines.iter().filter(|line| line.name == "EXDATE") {
        for value in except.value.split(',') {
            let one = Line { value: value.to_owned(), zone: except.zone.clone(), name: String::new(), number: 0 };
            let (out, _) = time(&one, zone).map_err(|why| bad(except.number, why))?;
            starts.retain(|start| *start != out);
        }
    }
    let entry = |start: DateTime| {
        // The length on the clock: a day stays a day when the clocks change.
        let to = start.saturating_add(from.duration_until(to));
        CalendarEntry { name: name.clone(), from: start, to }
    };
    Ok(starts.into_iter().map(entry).collect())
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
}

/// A day or a time, on the school's clock, and whether it is a day.
fn time(line: &Line, school: &TimeZone) -> Result<(DateTime, bool), WhyBad> {
    let value = line.value.as_str();
    let (day, clock) = value.split_once('T').unwrap_or((value, ""));
    let date = Date::strptime("%Y%m%d", day).map_err(|_| WhyBad::Time)?;
    if clock.is_empty() {
        return Ok((date.to_datetime(Time::midnight()), true));
    }
    let (clock, utc) = clock.strip_suffix('Z').map_or((clock, false), |clock| (clock, true));
    let local = date.to_datetime(Time::strptime("%H%M%S", clock).map_err(|_| WhyBad::Time)?);
    let at: Timestamp = match (utc, &line.zone) {
        (true, _) => TimeZone::UTC.to_timestamp(local).map_err(|_| WhyBad::Time)?,
        (false, None) => return Ok((local, false)),
        (false, Some(zone)) => {
            let zone = TimeZone::get(zone).map_err(|_| WhyBad::Zone)?;
            zone.to_timestamp(local).map_err(|_| WhyBad::Time)?
        }
    };
    Ok((at.to_zoned(school.clone()).datetime(), false))
}

/// The beginnings of an entry that repeats every so many days, weeks, months or years; none where it repeats otherwise.
fn repeated(rule: &str, from: DateTime, zone: &TimeZone) -> Option<Vec<DateTime>> {
    let (mut step, mut interval, mut count, mut until) = (None, 1_i32, MOST, None);
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=')?;
        match key.to_ascii_uppercase().as_str() {
            "FREQ" => {
                step = Some(match value.to_ascii_uppercase().as_str() {
                    "DAILY" => 1.day(),
                    "WEEKLY" => 1.week(),
                    "MONTHLY" => 1.month(),
                    "YEARLY" => 1.year(),
                    _ => return None,
                });
            }
            "INTERVAL" => interval = value.parse().ok().filter(|it| (1..=1000).contains(it))?,
            "COUNT" => count = value.parse::<usize>().ok()?.min(MOST),
            "UNTIL" => {
                let line = Line { number: 0, name: String::new(), zone: None, value: value.to_owned() };
                let (last, is_day) = time(&line, zone).ok()?;
                until = Some(if is_day { last.saturating_add(1.day()).saturating_sub(1.second()) } else { last });
            }
            "WKST" => {}
            _ => return None,
        }
    }
    let step = step?;
    let mut starts = Vec::new();
    for nth in 0..i32::try_from(count).ok()? {
        // From the first one, so that the 31st does not wander.
        let start = from.checked_add(step.checked_mul(i64::from(nth) * i64::from(interval)).ok()?).ok()?;
        if until.is_some_and(|until| start > until) {
            break;
        }
        starts.push(start);
    }
    Some(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn london() -> TimeZone {
        TimeZone::get("Europe/London").unwrap()
    }

    fn event(lines: &str) -> String {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            lines.replace('\n', "\r\n")
        )
    }

    /// "name from to", or "line why".
    #[track_caller]
    fn check(lines: &str, expected: &[&str]) {
        let read = read_calendar(&event(lines), &london());
        let entries = read.entries.iter().map(|entry| format!("{} {} {}", entry.name, entry.from, entry.to));
        let bad = read.bad.iter().map(|bad| bad.to_string());
        assert_eq!(entries.chain(bad).collect::<Vec<_>>(), expected, "{lines}");
    }

    #[test]
    fn days_and_times_are_those_of_the_school() {
        check(
            "DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE:20270515\nSUMMARY:Exam week\\, Year 11",
            &["Exam week, Year 11 2027-05-10T00:00:00 2027-05-15T00:00:00"],
        );
        check(
            "DTSTART;VALUE=DATE:20270510\nSUMMARY:Training\n  day",
            &["Training day 2027-05-10T00:00:00 2027-05-11T00:00:00"],
        );
        check(
            "DTSTART:20270510T080000Z\nDTEND:20270510T100000Z\nSUMMARY:Maths",
            &["Maths 2027-05-10T09:00:00 2027-05-10T11:00:00"],
        );
        check(
            "DTSTART;TZID=\"Europe/London\":20270510T090000\nDURATION:PT90M\nSUMMARY:Art",
            &["Art 2027-05-10T09:00:00 2027-05-10T10:30:00"],
        );
        check("DTSTART:20270510T090000\nDTEND:20270510T100000\nSTATUS:CANCELLED", &[]);
        check(
            "DTSTART:20270510T090000\nDTEND:20270510T100000\nSUMMARY:A\nBEGIN:VALARM\nDTSTART:x\nEND:VALARM",
            &["A 2027-05-10T09:00:00 2027-05-10T10:00:00"],
        );
    }

    #[test]
    fn entries_repeat_and_leave_out() {
        check(
            "DTSTART;VALUE=DATE:20270511\nSUMMARY:Club\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20270518",
            &["Club 2027-05-11T00:00:00 2027-05-12T00:00:00", "Club 2027-05-25T00:00:00 2027-05-26T00:00:00"],
        );
        check(
            "DTSTART;VALUE=DATE:20270131\nSUMMARY:M\nRRULE:FREQ=MONTHLY;UNTIL=20270331",
            &[
                "M 2027-01-31T00:00:00 2027-02-01T00:00:00",
                "M 2027-02-28T00:00:00 2027-03-01T00:00:00",
                "M 2027-03-31T00:00:00 2027-04-01T00:00:00",
            ],
        );
        check(
            "DTSTART;VALUE=DATE:20270511\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU",
            &["line 5: the entry repeats in a way that is not read"],
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_line() {
        check("SUMMARY:Nothing", &["line 3: the entry has no beginning"]);
        check("DTSTART:20271340", &["line 4: the time cannot be read"]);
        check("DTSTART;TZID=Atlantis:20270510T090000", &["line 4: the time zone is not known"]);
        check("DTSTART:20270510T090000\nDTEND:20270509T090000", &["line 4: the entry ends before it begins"]);
        check(
            "DTSTART:20270510\nnonsense",
            &[" 2027-05-10T00:00:00 2027-05-11T00:00:00", "line 5: the line has no colon"],
        );
        let nothing = read_calendar("hello", &london());
        assert_eq!(nothing.bad.len(), 1);
        let open = read_calendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270510", &london());
        assert_eq!(open.bad, [BadEntry { line: 2, why: WhyBad::NoEnd }]);
    }

    #[test]
    fn entries_give_a_name_of_the_policy_its_times() {
        let text = event("DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE:20270515\nSUMMARY:GCSE Exams");
        let stretches = read_calendar(&text, &london()).stretches("exam");
        let calendar = kernel::Calendar { feeds: [("exams".into(), stretches)].into(), ..kernel::Calendar::default() };
        let exams = kernel::When::parse("exams").unwrap();
        let at = |text: &str| calendar.contains(&exams, &kernel::SchoolTime::parse(text).unwrap());
        assert!(at("2027-05-14 23:59") && !at("2027-05-15 00:00"));
    }

    proptest! {
        #[test]
        fn nothing_panics(lines in "((DTSTART|DTEND|RRULE|EXDATE|DURATION|BEGIN|END)(;TZID=[a-z\"]{0,3})?:[0-9TZPVENTFREQ=;,]{0,20}\n){0,6}") {
            let read = read_calendar(&event(&lines), &london());
            prop_assert!(read.entries.iter().all(|entry| entry.from <= entry.to));
        }
    }
}

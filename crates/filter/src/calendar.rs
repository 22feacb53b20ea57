//! Calendars that a school keeps elsewhere (iCalendar, RFC 5545): exam weeks, training days, holidays, as stretches of
//! the school's clock. What cannot be read is refused by its line, and nothing is guessed.
//!
//! Longer than most: what repeats is read here as well as calendars of Google, Outlook and registers of pupils write it.

mod repeats;
mod zones;

use std::collections::HashMap;

use jiff::{
    Span, Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use self::zones::Zones;

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

impl Line {
    fn of(value: &str, zone: Option<String>) -> Self {
        Self { number: 0, name: String::new(), zone, value: value.trim().to_owned() }
    }
}

/// Reads a calendar; `zone` is the school's. What repeats is unfolded from a year before `around` to two years after it.
pub fn read_calendar(text: &str, zone: &TimeZone, around: Date) -> ReadCalendar {
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
    let events = events(&lines, &mut calendar.bad);
    let reader = Reader { zones: Zones::of(&lines, zone), moved: HashMap::new(), around };
    let moved = reader.moved(&events);
    let reader = Reader { moved, ..reader };
    for (number, lines) in &events {
        match reader.entry(*number, lines) {
            Ok(entries) => calendar.entries.extend(entries),
            Err(bad) => calendar.bad.push(bad),
        }
    }
    calendar.entries.sort_by_key(|entry| (entry.from, entry.to));
    calendar
}

/// An event: the number of its first line, and its lines without those of what is inside of it.
type Event<'a> = (usize, Vec<&'a Line>);

fn events<'a>(lines: &'a [Line], bad: &mut Vec<BadEntry>) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    let mut event: Option<Event<'a>> = None;
    let mut inner = 0_usize;
    for line in lines {
        let is_event = line.value.eq_ignore_ascii_case("VEVENT");
        match (line.name.as_str(), is_event, &mut event) {
            ("BEGIN", true, open) => {
                if let Some((number, _)) = open.replace((line.number, Vec::new())) {
                    bad.push(BadEntry { line: number, why: WhyBad::NoEnd });
                }
                inner = 0;
            }
            ("END", true, open) => events.extend(open.take()),
            // Reminders inside of entries have times of their own.
            ("BEGIN", false, Some(_)) => inner += 1,
            ("END", false, Some(_)) => inner = inner.saturating_sub(1),
            (_, _, Some((_, lines))) if inner == 0 => lines.push(line),
            _ => {}
        }
    }
    if let Some((number, _)) = event {
        bad.push(BadEntry { line: number, why: WhyBad::NoEnd });
    }
    events
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

/// What entries are read by.
struct Reader {
    zones: Zones,
    /// The beginnings that were moved or cancelled one by one, by the identifier of what repeats.
    moved: HashMap<String, Vec<(DateTime, bool)>>,
    around: Date,
}

impl Reader {
    fn moved(&self, events: &[Event<'_>]) -> HashMap<String, Vec<(DateTime, bool)>> {
        let mut all: HashMap<String, Vec<(DateTime, bool)>> = HashMap::new();
        for (_, lines) in events {
            let find = |name: &str| lines.iter().find(|line| line.name == name);
            if let (Some(uid), Some(of)) = (find("UID"), find("RECURRENCE-ID"))
                && let Ok(at) = self.time(of)
            {
                all.entry(uid.value.clone()).or_default().push(at);
            }
        }
        all
    }

    /// The entries of one event; none where it is cancelled.
    fn entry(&self, number: usize, lines: &[&Line]) -> Result<Vec<CalendarEntry>, BadEntry> {
        let find = |name: &str| lines.iter().find(|line| line.name == name);
        let bad = |line: usize, why| BadEntry { line, why };
        if find("STATUS").is_some_and(|line| line.value.eq_ignore_ascii_case("CANCELLED")) {
            return Ok(Vec::new());
        }
        let start = find("DTSTART").ok_or_else(|| bad(number, WhyBad::NoStart))?;
        let (from, is_day) = self.time(start).map_err(|why| bad(start.number, why))?;
        let to = match (find("DTEND"), find("DURATION")) {
            (Some(end), _) => self.time(end).map_err(|why| bad(end.number, why))?.0,
            (None, Some(lasts)) => {
                let span: Span = lasts.value.parse().map_err(|_| bad(lasts.number, WhyBad::Time))?;
                from.checked_add(span).map_err(|_| bad(lasts.number, WhyBad::Time))?
            }
            (None, None) if is_day => from.saturating_add(1.day()),
            (None, None) => from,
        };
        // Some programs write a day as ending on itself.
        let to = if is_day && to == from { from.saturating_add(1.day()) } else { to };
        if to < from {
            return Err(bad(start.number, WhyBad::Backwards));
        }
        let name = find("SUMMARY").map(|line| unescaped(&line.value)).unwrap_or_default();
        let mut starts = vec![from];
        if let Some(rule) = find("RRULE") {
            let until = |text: &str| self.time(&Line::of(text, None)).ok();
            starts = repeats::starts(&rule.value, from, until, self.around)
                .ok_or_else(|| bad(rule.number, WhyBad::Repeats))?;
        }
        for more in lines.iter().filter(|line| line.name == "RDATE") {
            for value in more.value.split(',') {
                // A stretch of its own length is not read.
                let one = Line::of(value, more.zone.clone());
                starts.push(self.time(&one).map_err(|_| bad(more.number, WhyBad::Repeats))?.0);
            }
        }
        let mut out = Vec::new();
        for except in lines.iter().filter(|line| line.name == "EXDATE") {
            for value in except.value.split(',') {
                let one = Line::of(value, except.zone.clone());
                out.push(self.time(&one).map_err(|why| bad(except.number, why))?);
            }
        }
        if find("RECURRENCE-ID").is_none() {
            out.extend(find("UID").and_then(|uid| self.moved.get(&uid.value)).into_iter().flatten());
        }
        let is_out = |start: &DateTime| {
            out.iter().any(|(out, is_day)| if *is_day { out.date() == start.date() } else { out == start })
        };
        starts.retain(|start| !is_out(start));
        starts.sort_unstable();
        starts.dedup();
        let entry = |start: DateTime| {
            // The length on the clock: a day stays a day when the clocks change.
            let to = start.saturating_add(from.duration_until(to));
            CalendarEntry { name: name.clone(), from: start, to }
        };
        Ok(starts.into_iter().map(entry).collect())
    }

    /// A day or a time, on the school's clock, and whether it is a day.
    fn time(&self, line: &Line) -> Result<(DateTime, bool), WhyBad> {
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
                let zone = self.zones.get(zone).ok_or(WhyBad::Zone)?;
                zone.to_timestamp(local).map_err(|_| WhyBad::Time)?
            }
        };
        Ok((at.to_zoned(self.zones.school().clone()).datetime(), false))
    }
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: Date = jiff::civil::date(2027, 3, 1);

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
        let read = read_calendar(&event(lines), &london(), TODAY);
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
            "DTSTART;VALUE=DATE:20270511\nRRULE:FREQ=WEEKLY;BYWEEKNO=3",
            &["line 5: the entry repeats in a way that is not read"],
        );
        // A day that is left out of lessons at a time.
        check(
            "DTSTART:20270511T090000\nDTEND:20270511T100000\nSUMMARY:Art\nRRULE:FREQ=WEEKLY;COUNT=2\nEXDATE;VALUE=DATE:20270511\nRDATE:20270601T090000",
            &["Art 2027-05-18T09:00:00 2027-05-18T10:00:00", "Art 2027-06-01T09:00:00 2027-06-01T10:00:00"],
        );
    }

    #[test]
    fn one_of_many_is_moved_or_cancelled_by_itself() {
        let series = "UID:7\nSUMMARY:Mock exam\nDTSTART;TZID=Europe/London:20270503T090000\n\
                      DTEND;TZID=Europe/London:20270503T110000\nRRULE:FREQ=WEEKLY;COUNT=3";
        let moved = "UID:7\nSUMMARY:Mock exam\nRECURRENCE-ID;TZID=Europe/London:20270510T090000\n\
                     DTSTART;TZID=Europe/London:20270511T130000\nDTEND;TZID=Europe/London:20270511T150000";
        let off = "UID:7\nRECURRENCE-ID:20270517T080000Z\nSTATUS:CANCELLED";
        check(
            &[series, moved, off].join("\nEND:VEVENT\nBEGIN:VEVENT\n"),
            &["Mock exam 2027-05-03T09:00:00 2027-05-03T11:00:00", "Mock exam 2027-05-11T13:00:00 2027-05-11T15:00:00"],
        );
    }

    /// As the programs of schools write them: with a mark before the first line, folded lines, zones of their own.
    #[test]
    fn calendars_of_others_are_read() {
        let outlook = "\u{feff}BEGIN:VCALENDAR\r\nPRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN\r\nVERSION:2.0\r\n\
            METHOD:PUBLISH\r\nX-WR-CALNAME:School\r\nBEGIN:VTIMEZONE\r\nTZID:GMT Standard Time\r\nBEGIN:STANDARD\r\n\
            DTSTART:16011028T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:-0000\r\n\
            END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nCLASS:PUBLIC\r\nDTSTART;TZID=\"GMT Standard Time\":20270614T090000\r\n\
            DTEND;TZID=\"GMT Standard Time\":20270614T110000\r\nSUMMARY;LANGUAGE=en-gb:GCSE Exam: Maths\\, paper\r\n  1\r\n\
            DESCRIPTION:Bring a ruler: \r\n\tand a compass\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\r\nDTSTART;TZID=\"(UTC+00:00) Dublin, Edinburgh, Lisbon, London\":20270615T090000\r\nSUMMARY:Exam\r\n\
            END:VEVENT\r\nEND:VCALENDAR\r\n";
        let google = "BEGIN:VCALENDAR\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\nX-WR-TIMEZONE:Europe/London\n\
            BEGIN:VEVENT\nDTSTART;VALUE=DATE:20200608\nDTEND;VALUE=DATE:20200613\nRRULE:FREQ=YEARLY\nUID:a@google.com\n\
            SUMMARY:Exam week\nTRANSP:TRANSPARENT\nEND:VEVENT\n\
            BEGIN:VEVENT\nDTSTART;TZID=Europe/London:20190903T153000\nDTEND;TZID=Europe/London:20190903T163000\n\
            RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20270311T235959Z;BYDAY=TU,TH\nEXDATE;TZID=Europe/London:20270304T153000\n\
            SUMMARY:Exam club\nEND:VEVENT\nEND:VCALENDAR\n";
        let after = |text: &str, day: &str| {
            let read = read_calendar(text, &london(), TODAY);
            assert_eq!(read.bad, []);
            let day: DateTime = day.parse().unwrap();
            let entries = read.entries.iter().filter(|entry| entry.from >= day).take(3);
            entries.map(|entry| format!("{} {} {}", entry.name, entry.from, entry.to)).collect::<Vec<_>>()
        };
        assert_eq!(
            after(outlook, "2027-01-01"),
            [
                "GCSE Exam: Maths, paper 1 2027-06-14T09:00:00 2027-06-14T11:00:00",
                "Exam 2027-06-15T09:00:00 2027-06-15T09:00:00"
            ]
        );
        assert_eq!(
            after(google, "2027-03-03"),
            [
                "Exam club 2027-03-09T15:30:00 2027-03-09T16:30:00",
                "Exam club 2027-03-11T15:30:00 2027-03-11T16:30:00",
                "Exam week 2027-06-08T00:00:00 2027-06-13T00:00:00"
            ]
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
        let nothing = read_calendar("hello", &london(), TODAY);
        assert_eq!(nothing.bad.len(), 1);
        let open = read_calendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270510", &london(), TODAY);
        assert_eq!(open.bad, [BadEntry { line: 2, why: WhyBad::NoEnd }]);
    }

    #[test]
    fn entries_give_a_name_of_the_policy_its_times() {
        let text = event("DTSTART;VALUE=DATE:20270510\nDTEND;VALUE=DATE:20270515\nSUMMARY:GCSE Exams");
        let stretches = read_calendar(&text, &london(), TODAY).stretches("exam");
        let calendar = kernel::Calendar { feeds: [("exams".into(), stretches)].into(), ..kernel::Calendar::default() };
        let exams = kernel::When::parse("exams").unwrap();
        let at = |text: &str| calendar.contains(&exams, &kernel::SchoolTime::parse(text).unwrap());
        assert!(at("2027-05-14 23:59") && !at("2027-05-15 00:00"));
    }

    proptest! {
        #[test]
        fn nothing_panics(lines in "((DTSTART|DTEND|RRULE|EXDATE|DURATION|BEGIN|END)(;TZID=[a-z\"]{0,3})?:[0-9TZPVENTFREQ=;,]{0,20}\n){0,6}") {
            let read = read_calendar(&event(&lines), &london(), TODAY);
            prop_assert!(read.entries.iter().all(|entry| entry.from <= entry.to));
        }
    }
}

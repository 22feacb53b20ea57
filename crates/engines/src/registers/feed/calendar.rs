//! Writes a calendar as RFC 5545 has it: lines end with CR and LF, none is longer than 75 bytes, signs are escaped.

use jiff::{Timestamp, civil::Date};

/// A whole day in the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// What it stays known by, however often it is read.
    pub(super) key: String,
    /// The day.
    pub(super) on: Date,
    /// What it says.
    pub(super) summary: String,
    /// The page that shows more, after signing in.
    pub(super) href: String,
}

/// Writes it.
pub(super) fn write(school: &str, events: &[Event], now: Timestamp) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| fold(&mut text, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//Gatehouse//Registers//EN");
    line("CALSCALE", "GREGORIAN");
    line("METHOD", "PUBLISH");
    line("X-WR-CALNAME", &escaped(&format!("Due at {school}")));
    line("REFRESH-INTERVAL;VALUE=DURATION", "PT6H");
    line("X-PUBLISHED-TTL", "PT6H");
    for event in events {
        let next = event.on.tomorrow().unwrap_or(event.on);
        line("BEGIN", "VEVENT");
        line("UID", &escaped(&format!("{}@gatehouse.invalid", event.key)));
        line("DTSTAMP", &now.strftime("%Y%m%dT%H%M%SZ").to_string());
        line("DTSTART;VALUE=DATE", &event.on.strftime("%Y%m%d").to_string());
        line("DTEND;VALUE=DATE", &next.strftime("%Y%m%d").to_string());
        line("SUMMARY", &escaped(&event.summary));
        line("URL", &event.href);
        line("TRANSP", "TRANSPARENT");
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    text
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' | ';' | ',' => {
                safe.push('\\');
                safe.push(char);
            }
            '\n' => safe.push_str("\\n"),
            char if char.is_control() => {}
            char => safe.push(char),
        }
    }
    safe
}

/// Adds a line, continued with a space where it is longer than 75 bytes. No letter is cut in two.
fn fold(text: &mut String, line: &str) {
    let mut room = 75;
    for char in line.chars() {
        if char.len_utf8() > room {
            text.push_str("\r\n ");
            room = 74;
        }
        text.push(char);
        room -= char.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn one(summary: &str) -> String {
        let event = Event {
            key: "assets.loans-2026-11-30".into(),
            on: date(2026, 11, 30),
            summary: summary.into(),
            href: "http://localhost/registers/assets/loans?show=due".into(),
        };
        write("Willow Lane", &[event], "2026-11-24T10:15:00Z".parse().unwrap())
    }

    #[test]
    fn an_event_says_its_day_and_what_it_counts() {
        let text = one("3 loans due: Equipment, on loan");
        for line in [
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
            "UID:assets.loans-2026-11-30@gatehouse.invalid\r\n",
            "DTSTAMP:20261124T101500Z\r\n",
            "DTSTART;VALUE=DATE:20261130\r\nDTEND;VALUE=DATE:20261201\r\n",
            "SUMMARY:3 loans due: Equipment\\, on loan\r\n",
            "END:VEVENT\r\nEND:VCALENDAR\r\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    proptest! {
        #[test]
        fn every_line_is_short_and_reads_back(summary in "[ -~é😀;,\\\\\n]{0,200}") {
            let text = one(&summary);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
            let whole = text.replace("\r\n ", "");
            let line = whole.split("\r\n").find_map(|line| line.strip_prefix("SUMMARY:")).unwrap();
            let mut read = String::new();
            let mut chars = line.chars();
            while let Some(char) = chars.next() {
                read.push(match char { '\\' => match chars.next().unwrap() { 'n' => '\n', other => other }, other => other });
            }
            prop_assert_eq!(read, summary);
        }
    }
}

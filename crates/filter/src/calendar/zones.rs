//! The zones of a calendar: by the names of the tz database, by those that Windows has for them, or by what the calendar
//! itself says of its own names.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::Line;

/// What Windows calls the zones that British schools and their neighbours use.
const WINDOWS: [(&str, &str); 8] = [
    ("GMT Standard Time", "Europe/London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("E. Europe Standard Time", "Europe/Chisinau"),
    ("Eastern Standard Time", "America/New_York"),
];

/// The zones of a calendar, and the school's.
pub(super) struct Zones {
    school: TimeZone,
    /// Where the calendar says where its own names lie.
    own: HashMap<String, String>,
}

impl Zones {
    pub(super) fn of(lines: &[Line], school: &TimeZone) -> Self {
        let (mut own, mut name) = (HashMap::new(), None);
        for line in lines {
            match (line.name.as_str(), name.as_ref()) {
                ("TZID", _) => name = Some(line.value.clone()),
                ("X-LIC-LOCATION", Some(name)) => {
                    own.insert(String::clone(name), line.value.clone());
                }
                ("END", Some(_)) if line.value.eq_ignore_ascii_case("VTIMEZONE") => name = None,
                _ => {}
            }
        }
        Self { school: school.clone(), own }
    }

    pub(super) fn school(&self) -> &TimeZone {
        &self.school
    }

    /// The zone of this name; none where nobody says what it is.
    pub(super) fn get(&self, name: &str) -> Option<TimeZone> {
        let known = |name: &str| TimeZone::get(name).ok();
        // "/freeassociation.sourceforge.net/Europe/London"
        let tail = || {
            let (before, city) = name.rsplit_once('/')?;
            known(&format!("{}/{city}", before.rsplit('/').next()?))
        };
        let windows = || WINDOWS.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(name)).map(|(_, zone)| *zone);
        known(name)
            .or_else(|| known(self.own.get(name)?))
            .or_else(|| known(windows()?))
            .or_else(tail)
            // "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"
            .or_else(|| if name.contains("London") { known("Europe/London") } else { None })
    }
}

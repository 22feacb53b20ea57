//! The clock of a breach: 72 hours from when the school first knew, in which the regulator is told where there is a risk
//! to people; and what is to be done next, in order. Decides only.

use jiff::Timestamp;

/// How many hours the law gives from when the school first knew.
pub(super) const HOURS: i64 = 72;

/// What risk there is to the people concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Risk {
    /// None that is likely.
    Unlikely,
    /// One: the regulator is told.
    Some,
    /// A high one: the people are told too.
    High,
}

/// What the clock asks of a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breach {
    /// When the school first knew.
    pub(super) found: Timestamp,
    /// Whether it is written down what was done at once.
    pub(super) contained: bool,
    /// What risk there is, once that is judged.
    pub(super) risk: Option<Risk>,
    /// Whether it is written down why.
    pub(super) reasoned: bool,
    /// When the regulator was told.
    pub(super) regulator: Option<Timestamp>,
    /// Whether the people were told, or it is written down why not.
    pub(super) people: bool,
    /// Whether it is done with.
    pub(super) closed: bool,
}

/// The clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// It runs: so many minutes are left; fewer than none where they are over.
    Running {
        /// The minutes.
        minutes: i64,
    },
    /// It stopped when the regulator was told.
    Told {
        /// So many minutes after the school knew.
        after: i64,
    },
    /// It stopped when somebody judged that no risk is likely, and wrote down why.
    NotNeeded,
    /// The breach is done with.
    Closed,
}

/// What is done about a breach, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Stop it, and get back what can be got back.
    Contain,
    /// Say what risk there is.
    Judge,
    /// Tell the regulator.
    TellRegulator,
    /// Tell the people concerned.
    TellPeople,
    /// Say what will keep it from happening again.
    Learn,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is done.
    Done,
    /// It is not asked for.
    NotNeeded,
    /// It has to be done.
    Open,
    /// It depends on a step before it.
    Waits,
}

/// How a breach stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    /// The clock.
    pub(super) clock: Clock,
    /// Each step with how far it is.
    pub(super) steps: [(Step, Progress); 5],
}

/// How a breach stands at a moment.
pub(super) fn stand(breach: &Breach, now: Timestamp) -> Stand {
    let minutes = |from: Timestamp, to: Timestamp| to.duration_since(from).as_mins();
    let judged = breach.risk.filter(|_| breach.reasoned);
    let clock = match (breach.regulator, judged) {
        (Some(told), _) => Clock::Told { after: minutes(breach.found, told) },
        (None, Some(Risk::Unlikely)) => Clock::NotNeeded,
        (None, Some(Risk::Some | Risk::High) | None) if breach.closed => Clock::Closed,
        (None, Some(Risk::Some | Risk::High) | None) => {
            Clock::Running { minutes: HOURS * 60 - minutes(breach.found, now) }
        }
    };
    let done = |is: bool| if is { Progress::Done } else { Progress::Open };
    let regulator = match judged {
        _ if breach.regulator.is_some() => Progress::Done,
        None => Progress::Waits,
        Some(Risk::Unlikely) => Progress::NotNeeded,
        Some(Risk::Some | Risk::High) => Progress::Open,
    };
    let people = match judged {
        _ if breach.people => Progress::Done,
        None => Progress::Waits,
        Some(Risk::Unlikely | Risk::Some) => Progress::NotNeeded,
        Some(Risk::High) => Progress::Open,
    };
    let learn = match (breach.closed, judged) {
        (true, _) => Progress::Done,
        (false, None) => Progress::Waits,
        (false, Some(_)) => Progress::Open,
    };
    let steps = [
        (Step::Contain, done(breach.contained || breach.closed)),
        (Step::Judge, done(judged.is_some())),
        (Step::TellRegulator, regulator),
        (Step::TellPeople, people),
        (Step::Learn, learn),
    ];
    // What is done with asks for nothing more.
    let rest = |(step, progress): (Step, Progress)| match progress {
        Progress::Open | Progress::Waits if breach.closed => (step, Progress::NotNeeded),
        Progress::Done | Progress::NotNeeded | Progress::Open | Progress::Waits => (step, progress),
    };
    Stand { clock, steps: steps.map(rest) }
}

impl Stand {
    /// What is to be done next; none where all is done.
    pub(super) fn next(&self) -> Option<Step> {
        self.steps.iter().find(|(_, progress)| *progress == Progress::Open).map(|(step, _)| *step)
    }
}

impl Clock {
    /// Whether more than the hours have gone, and it still runs.
    pub(super) fn is_late(self) -> bool {
        matches!(self, Self::Running { minutes } if minutes < 0)
    }

    /// "31 hours 12 minutes left".
    pub(super) fn words(self) -> String {
        match self {
            Self::Running { minutes } if minutes < 0 => format!("{} over the {HOURS} hours", lasting(-minutes)),
            Self::Running { minutes } => format!("{} left of {HOURS} hours", lasting(minutes)),
            Self::Told { after } if after > HOURS * 60 => {
                format!("The regulator was told after {}, which is late", lasting(after))
            }
            Self::Told { after } => format!("The regulator was told after {}", lasting(after.max(0))),
            Self::NotNeeded => "The regulator need not be told: a risk is unlikely".to_owned(),
            Self::Closed => "Closed".to_owned(),
        }
    }
}

/// "31 hours 12 minutes".
fn lasting(minutes: i64) -> String {
    let unit = |number: i64, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => unit(minutes, "minute"),
        (hours, 0) => unit(hours, "hour"),
        (hours, minutes) => format!("{} {}", unit(hours, "hour"), unit(minutes, "minute")),
    }
}

impl Step {
    /// What to do.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Contain => "Stop it, and get back what can be got back",
            Self::Judge => "Judge the risk to the people concerned",
            Self::TellRegulator => "Tell the regulator",
            Self::TellPeople => "Tell the people concerned",
            Self::Learn => "Write down what will keep it from happening again, and close it",
        }
    }

    /// The same within a sentence.
    pub(super) fn title_within(self) -> &'static str {
        match self {
            Self::Contain => "stop it, and get back what can be got back",
            Self::Judge => "judge the risk to the people concerned",
            Self::TellRegulator => "tell the regulator",
            Self::TellPeople => "tell the people concerned",
            Self::Learn => "write down what will keep it from happening again",
        }
    }

    /// How it is done, in two sentences.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Contain => {
                "Ask for it back, change passwords, wipe the device, take the page down. Then write down what was done."
            }
            Self::Judge => {
                "What could happen to somebody, and how likely is it? Where a risk is unlikely, your reason in the log is enough."
            }
            Self::TellRegulator => {
                "Report it to the Information Commissioner, even if not all is known: the rest can follow. Note the day, the time and their reference."
            }
            Self::TellPeople => {
                "In plain words: what happened, what it may mean for them, what the school does, whom to ask."
            }
            Self::Learn => "One sentence is enough where one thing went wrong. Then the breach is closed.",
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::SchoolTime;

    use super::*;

    fn at(text: &str) -> Timestamp {
        SchoolTime::parse(text).unwrap().timestamp()
    }

    /// A breach found on Monday 16 November at 09:10, with what is known of it in words.
    fn breach(known: &str) -> Breach {
        let has = |word: &str| known.split(' ').any(|one| one == word);
        Breach {
            found: at("2026-11-16 09:10"),
            contained: has("contained"),
            risk: match known {
                _ if has("unlikely") => Some(Risk::Unlikely),
                _ if has("risk") => Some(Risk::Some),
                _ if has("high") => Some(Risk::High),
                _ => None,
            },
            reasoned: has("why"),
            regulator: has("told").then(|| at("2026-11-17 15:10")).or(has("told-late").then(|| at("2026-11-21 09:40"))),
            people: has("people"),
            closed: has("closed"),
        }
    }

    #[track_caller]
    fn check(known: &str, now: &str, clock: &str, next: Option<Step>) {
        let stand = stand(&breach(known), at(now));
        assert_eq!((stand.clock.words().as_str(), stand.next()), (clock, next), "{known} at {now}");
    }

    #[test]
    fn the_clock_runs_until_somebody_tells_or_decides_not_to() {
        let left = "71 hours 50 minutes left of 72 hours";
        check("", "2026-11-16 09:20", left, Some(Step::Contain));
        check("contained", "2026-11-16 09:20", left, Some(Step::Judge));
        check("contained", "2026-11-19 09:10", "0 minutes left of 72 hours", Some(Step::Judge));
        check("contained", "2026-11-19 09:11", "1 minute over the 72 hours", Some(Step::Judge));
        check("contained", "2026-11-19 10:10", "1 hour over the 72 hours", Some(Step::Judge));
        // A decision without its reason does not stop it.
        check("contained unlikely", "2026-11-18 09:10", "24 hours left of 72 hours", Some(Step::Judge));
        let not = "The regulator need not be told: a risk is unlikely";
        check("contained unlikely why", "2026-11-25 09:10", not, Some(Step::Learn));
        check("contained unlikely why closed", "2026-11-25 09:10", not, None);
        check(
            "contained risk why",
            "2026-11-18 08:40",
            "24 hours 30 minutes left of 72 hours",
            Some(Step::TellRegulator),
        );
        let told = "The regulator was told after 30 hours";
        check("contained risk why told", "2026-12-01 09:00", told, Some(Step::Learn));
        check("contained high why told", "2026-12-01 09:00", told, Some(Step::TellPeople));
        check("contained high why told people", "2026-12-01 09:00", told, Some(Step::Learn));
        check("contained high why told people closed", "2026-12-01 09:00", told, None);
        let late = "The regulator was told after 120 hours 30 minutes, which is late";
        check("contained risk why told-late", "2026-12-01 09:00", late, Some(Step::Learn));
        check("closed", "2026-12-01 09:00", "Closed", None);
    }

    #[test]
    fn an_hour_of_the_night_counts_once_when_clocks_go_back() {
        let found = Breach { found: at("2026-10-24 12:00"), ..breach("") };
        // 72 hours later it is 11:00 by the clock on the wall.
        assert_eq!(stand(&found, at("2026-10-27 11:00")).clock, Clock::Running { minutes: 0 });
    }

    #[test]
    fn nothing_is_told_before_it_is_judged() {
        let steps = stand(&breach("contained"), at("2026-11-16 10:00")).steps;
        let words: Vec<Progress> = steps.iter().map(|(_, progress)| *progress).collect();
        assert_eq!(words, [Progress::Done, Progress::Open, Progress::Waits, Progress::Waits, Progress::Waits]);
        let steps = stand(&breach("contained unlikely why"), at("2026-11-16 10:00")).steps;
        let words: Vec<Progress> = steps.iter().map(|(_, progress)| *progress).collect();
        assert_eq!(words, [Progress::Done, Progress::Done, Progress::NotNeeded, Progress::NotNeeded, Progress::Open]);
    }
}

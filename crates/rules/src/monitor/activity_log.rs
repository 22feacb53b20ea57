//! Control `monitor.activity-log`: use is recorded to the person.
//! Why: a worry about a child can only be followed where there is something to follow.

use ::policy::{Binding, Combined, Policy, Words};
use jiff::civil::Date;
use kernel::Every;

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, kept, listed, not_kept, unknown},
};

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The internet, through the gateway.
    Internet,
    /// The school network: sign-ins and shared folders.
    Network,
    /// E-mail.
    Email,
    /// Access from outside.
    RemoteAccess,
    /// Online storage and office services.
    OnlineStorage,
}

impl Channel {
    fn words(self) -> &'static str {
        match self {
            Self::Internet => "the internet",
            Self::Network => "the network",
            Self::Email => "e-mail",
            Self::RemoteAccess => "remote access",
            Self::OnlineStorage => "online storage",
        }
    }
}

/// The terms of `monitor.activity-log`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ActivityLog {
    /// What is recorded; the internet where nothing is said.
    pub channels: Vec<Channel>,
    /// How long it is kept; 12 months where nothing is said.
    pub keep: Option<Every>,
}

impl ActivityLog {
    fn beyond(&self) -> Vec<&'static str> {
        self.channels.iter().filter(|channel| **channel != Channel::Internet).map(|channel| channel.words()).collect()
    }
}

/// The first day whose activity is still kept on `today`: by the shortest time that any clause gives, 12 months where
/// none does.
pub fn first_kept_day(policy: Option<&Policy>, today: Date) -> Date {
    let bindings = policy.into_iter().flat_map(|policy| policy.bindings("monitor", "activity-log"));
    bindings
        .filter_map(|(_, binding)| binding.terms::<ActivityLog>().ok()?.keep)
        .map(|keep| before(today, keep))
        .max()
        .unwrap_or_else(|| today.saturating_sub(jiff::Span::new().months(12)))
}

/// The latest day from which `keep` leads at most to `today`.
pub(crate) fn before(today: Date, keep: Every) -> Date {
    let length = keep.after(today).since(today).map(|span| span.get_days()).unwrap_or(365);
    let mut day = today.saturating_sub(jiff::Span::new().days(i64::from(length) + 3));
    while keep.after(day) < today {
        day = day.saturating_add(jiff::Span::new().days(1));
    }
    day
}

impl ::policy::Terms for ActivityLog {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let keep = self.keep.map_or("12 months".to_owned(), |keep| keep.to_string());
        let beyond = self.beyond();
        let not = if beyond.is_empty() { String::new() } else { format!("; does not yet record {}", listed(&beyond)) };
        format!(
            "records each request through the gateway to the person, without search words, and deletes it after {keep}{not}"
        )
    }

    fn combine(&self, _: &Binding, _: &Self, _: &Binding) -> Combined {
        // The shorter time of keeping holds: the least data.
        Combined::Fine
    }
}

impl Built for ActivityLog {
    const MODULE: &'static str = "monitor";
    const NAME: &'static str = "activity-log";
    const ONE: bool = true;
    const EXAMPLE: &'static str = r#"{ keep = "12 months" }"#;

    fn keeps(&self) -> bool {
        self.beyond().is_empty()
    }

    fn standing(&self, _: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let activity = match &facts.activity {
            Ok(activity) => activity,
            Err(why) => return unknown(now, why.clone()),
        };
        if !activity.writing {
            return not_kept(
                now,
                "The activity log cannot be written.",
                "Look whether the disk is full or the folder locked.",
            );
        }
        let first = first_kept_day(Some(policy), now.date());
        if let Some(oldest) = activity.oldest.filter(|oldest| *oldest < first.saturating_sub(jiff::Span::new().days(1)))
        {
            return not_kept(
                now,
                format!("Activity of {} is still kept.", kernel::time::date_in_words(oldest)),
                "The nightly deletion has not run; look at the log of the program.",
            );
        }
        if activity.lost > 0 {
            return not_kept(
                now,
                format!("{} requests of the last 28 days could not be recorded.", activity.lost),
                "Look whether the disk is slow or full.",
            );
        }
        let (standing, evidence) = kept(now, format!("{} requests were recorded in 28 days.", activity.rows));
        (standing, evidence.link("Activity", "/monitor/activity"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_shortest_time_counts() {
        let today = date(2026, 11, 22);
        assert_eq!(first_kept_day(None, today), date(2025, 11, 22));
        let policy = crate::tests::policy("- Kept. `a: monitor.activity-log { keep = \"90 days\" }`\n");
        assert_eq!(first_kept_day(Some(&policy), today), date(2026, 8, 24));
    }
}

//! What the policy in force provides for: who may change what beyond it, and under which clause. Filled by the binary
//! from the bindings of the policy; what the policy does not provide for, nobody can do.

use std::sync::Arc;

use filter::{Category, ClauseRef, Kind};
use jiff::{SignedDuration, Timestamp};
use kernel::{Audience, Calendar, SchoolTime, SiteItem, Sites};

/// What the policy in force provides for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provides {
    /// The clause under which somebody may open or close a site beyond the policy: `filter.change-log` or
    /// `filter.management-status`.
    pub change: Option<Arc<ClauseRef>>,
    /// The status that whoever changes filtering holds, where the policy names one.
    pub status: Option<String>,
    /// The clause that asks for a second person: `filter.dual-control`.
    pub second: Option<Arc<ClauseRef>>,
    /// The lists that rules of the policy name, which the desk may add to.
    pub lists: Vec<String>,
    /// What a teacher may open for a class: `filter.temporary-unblock`.
    pub unblock: Option<Unblocking>,
    /// The clause under which somebody's access may be suspended: `access.suspension`.
    pub suspension: Option<Arc<ClauseRef>>,
    /// Where reports of failures go: `filter.failure-report`.
    pub failures: Option<Failures>,
    /// Checks of the filter: `filter.checks`.
    pub checks: Option<Checking>,
    /// The list of approved sites: `filter.approved-sites`.
    pub approved: Option<Approving>,
    /// The clause under which a permit may be given: `policy.permits`.
    pub permits: Option<Arc<ClauseRef>>,
    /// Whether a clause has encrypted connections opened.
    pub inspects: bool,
    /// What the names of times mean.
    pub calendar: Calendar,
}

/// What may be opened for a class, for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct Unblocking {
    /// The clause.
    pub clause: Arc<ClauseRef>,
    /// The categories and sites that a teacher may open alone. All else is asked for.
    pub sites: Sites,
    /// For how many minutes at most.
    pub minutes: u32,
    /// What for, as the policy says it, to choose from.
    pub purposes: Vec<String>,
}

/// Where reports of failures go.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures {
    /// The clause.
    pub clause: Arc<ClauseRef>,
    /// To whom a failure is passed on, in the words of the policy.
    pub providers: Vec<String>,
    /// Within how many hours a report is answered.
    pub hours: u32,
}

/// Checks of the filter by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Checking {
    /// The clause.
    pub clause: Arc<ClauseRef>,
    /// Who is told that a check failed; whoever sees to failures where the policy names nobody.
    pub tell: Option<Audience>,
    /// Sites that must be open, besides what the rules say.
    pub open: Sites,
    /// Sites that must be closed.
    pub closed: Sites,
}

/// The list of approved sites.
#[derive(Debug, Clone, PartialEq)]
pub struct Approving {
    /// The clause.
    pub clause: Arc<ClauseRef>,
    /// The lists, the first of which new sites go to.
    pub lists: Vec<String>,
    /// Whether a rule opens what stands on the list; where none does, the list is a page of links alone.
    pub opens: bool,
    /// Whether a site counts only when somebody has looked at it.
    pub preview: bool,
}

/// For how long a class has a site where the policy does not say.
pub const LESSON_MINUTES: u32 = 60;

impl Unblocking {
    /// Whether the policy lets a teacher open a category.
    pub fn opens(&self, category: Category) -> bool {
        let Sites(named) = &self.sites;
        let categories = || {
            named.iter().filter_map(|site| match site {
                SiteItem::Category(name) => Category::parse(name).ok(),
                SiteItem::All
                | SiteItem::Domain(_)
                | SiteItem::Address { .. }
                | SiteItem::Pattern(_)
                | SiteItem::List(_)
                | SiteItem::Register(_) => None,
            })
        };
        named.contains(&SiteItem::All) || categories().any(|one| one == category)
    }

    /// Whether somebody who answers a request may open a category for a lesson: what harms the computer, or leads round
    /// the filter, is opened to nobody. What is illegal stays closed whatever anybody opens.
    pub fn grants(category: Category) -> bool {
        match category.kind() {
            Kind::Danger | Kind::Bypass => false,
            Kind::Harm | Kind::Leisure | Kind::Neutral | Kind::Help => true,
        }
    }

    /// Whether the policy names this site itself, or one that it lies within.
    pub fn names(&self, host: &filter::Host) -> bool {
        self.sites.0.iter().any(|site| match site {
            SiteItem::Domain(domain) => host.is_within(domain),
            SiteItem::All
            | SiteItem::Category(_)
            | SiteItem::Address { .. }
            | SiteItem::Pattern(_)
            | SiteItem::List(_)
            | SiteItem::Register(_) => false,
        })
    }

    /// The categories that a teacher may open, in the order of the pages.
    pub fn categories(&self) -> Vec<Category> {
        Category::all().filter(|category| self.opens(*category)).collect()
    }
}

impl Provides {
    /// Whether an approved site counts: where the policy wants a look first, somebody has looked.
    pub fn counts(&self, looked: Option<i64>) -> bool {
        looked.is_some() || self.approved.as_ref().is_some_and(|it| !it.preview)
    }

    /// When what is opened at `now` for a lesson closes: after the minutes of the clause, and no later than the lesson
    /// where the policy says when lessons end.
    pub fn lesson_ends(&self, now: Timestamp) -> Timestamp {
        let minutes = self.unblock.as_ref().map_or(LESSON_MINUTES, |it| it.minutes);
        let local = SchoolTime::new(now);
        let (day, minute) = (local.weekday(), local.minute_of_day());
        let lesson = self.calendar.times.get("lesson").filter(|lesson| lesson.contains(day, minute));
        let left = lesson
            .and_then(|lesson| lesson.changes_after(day, minute))
            .map(|end| u32::from(end.saturating_sub(minute)));
        let minutes = left.map_or(minutes, |left| left.min(minutes)).max(1);
        // From the whole minute, so that a page can say the time at which it closes.
        let begun = now - SignedDuration::from_millis(now.as_millisecond().rem_euclid(60_000));
        begun + SignedDuration::from_mins(i64::from(minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unblocking(sites: &[&str]) -> Unblocking {
        let sites = sites.iter().map(|site| SiteItem::parse(site).unwrap()).collect();
        Unblocking { clause: Arc::default(), sites: Sites(sites), minutes: 60, purposes: Vec::new() }
    }

    fn category(name: &str) -> Category {
        Category::parse(name).unwrap()
    }

    #[test]
    fn a_teacher_alone_opens_what_the_policy_names() {
        let silent = unblocking(&[]);
        assert!(!silent.opens(category("video")) && silent.categories().is_empty());
        assert!(Unblocking::grants(category("drugs")) && !Unblocking::grants(category("vpn")));
        let named = unblocking(&["social-networks", "maps.example"]);
        assert!(named.opens(category("social-networks")) && !named.opens(category("video")));
        assert!(named.names(&filter::Host::parse("www.maps.example").unwrap()));
        assert!(!named.names(&filter::Host::parse("maps.example.test").unwrap()));
    }

    #[test]
    fn a_lesson_ends_when_the_timetable_says() {
        let mut provides = Provides { unblock: Some(unblocking(&[])), ..Provides::default() };
        let at = |text: &str| SchoolTime::parse(text).unwrap().timestamp();
        assert_eq!(provides.lesson_ends(at("2026-11-24 10:15:40")), at("2026-11-24 11:15"));
        provides
            .calendar
            .times
            .insert("lesson".into(), kernel::Weekly::parse("mon-fri 10:00-10:45, 11:00-11:45").unwrap());
        assert_eq!(provides.lesson_ends(at("2026-11-24 10:15")), at("2026-11-24 10:45"));
        assert_eq!(provides.lesson_ends(at("2026-11-24 10:50")), at("2026-11-24 11:50"), "between lessons");
    }
}

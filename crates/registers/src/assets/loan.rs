//! A device that is lent is on loan, and comes back into use when the loan is returned. Decides only.

use declare::{Entry, Value, Values};
use engines::registers::{Follow, Refusal, RegisterError, Written};
use uuid::Uuid;

use super::{DISPOSED, Devices, HARDWARE, HERE, ON_LOAN};
use crate::fields;

/// The device that an entry keeps out of the house.
fn lent(loan: &Entry) -> Option<Uuid> {
    (loan.state.as_deref() == Some("out")).then(|| fields::entry(loan, "device")).flatten()
}

/// What loans say about where their devices are.
pub(super) fn of_loans(devices: &Devices, written: &[Written<'_>]) -> Result<Vec<Follow>, RegisterError> {
    let mut follows = Vec::new();
    let mut taken: Vec<Uuid> = Vec::new();
    for one in written {
        let before = one.before.and_then(lent);
        let after = lent(one.after).filter(|_| !one.struck);
        if before == after {
            continue;
        }
        let follow =
            |entry, from, to, values| Follow { control: HARDWARE, entry, from, to, values, because: one.after.id };
        if let Some(device) = after {
            may_be_lent(devices, device, &taken)?;
            taken.push(device);
            follows.push(follow(device, HERE, ON_LOAN, Values::new()));
        }
        if let Some(device) = before {
            // It was seen when it came back.
            let seen = fields::day(one.after, "returned-on").map(|day| ("seen-on".to_owned(), Value::Date(day)));
            follows.push(follow(device, &[ON_LOAN], "in-use", seen.into_iter().collect()));
        }
    }
    Ok(follows)
}

fn may_be_lent(devices: &Devices, device: Uuid, taken: &[Uuid]) -> Result<(), RegisterError> {
    let tag = devices.tag(device);
    let says = match devices.state(device) {
        Some(ON_LOAN) => format!("{tag} is on loan already: mark that loan as returned first"),
        Some(DISPOSED) => format!("{tag} has been disposed of: choose another device"),
        Some("lost") => format!("{tag} is recorded as lost: record that it was found again first"),
        Some(_) | None if taken.contains(&device) => format!("{tag} stands in two of these loans"),
        Some(_) | None => return Ok(()),
    };
    Err(RegisterError::Refused(vec![Refusal::whole(says)]))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::assets::tests::entry;

    fn loan(state: &str, device: u128) -> Entry {
        entry(90, state, &[("device", Value::Entry(Uuid::from_u128(device)))])
    }

    fn devices() -> Devices {
        let tag = |nth: u128, state| entry(nth, state, &[("tag", Value::Text(format!("WL-{nth}")))]);
        Devices::of(vec![tag(1, "in-use"), tag(2, ON_LOAN), tag(3, DISPOSED), tag(4, "lost")])
    }

    #[track_caller]
    fn check(before: Option<&Entry>, after: &Entry, struck: bool, expected: &str) {
        let said = match of_loans(&devices(), &[Written { before, after, struck }]) {
            Ok(follows) => {
                let words: Vec<String> =
                    follows.iter().map(|one| format!("{} {}", one.entry.as_u128(), one.to)).collect();
                words.join(", ")
            }
            Err(RegisterError::Refused(all)) => all[0].says.clone(),
            Err(other) => other.to_string(),
        };
        assert!(said.starts_with(expected) && (expected.is_empty() == said.is_empty()), "{said:?}");
    }

    #[test]
    fn a_loan_says_where_its_device_is() {
        let (out, back) = (loan("out", 1), loan("returned", 1));
        check(None, &out, false, "1 on-loan");
        check(Some(&out), &out, false, "");
        check(Some(&out), &back, false, "1 in-use");
        // A loan that is over when it is entered tells what was; one that was wrong to enter sets the device back.
        check(None, &back, false, "");
        check(Some(&out), &out, true, "1 in-use");
        check(Some(&back), &back, true, "");
        check(Some(&loan("out", 2)), &out, false, "1 on-loan, 2 in-use");
        check(None, &loan("out", 2), false, "WL-2 is on loan already");
        check(None, &loan("out", 3), false, "WL-3 has been disposed of");
        check(None, &loan("out", 4), false, "WL-4 is recorded as lost");
    }

    #[test]
    fn what_came_back_was_seen() {
        let mut back = loan("returned", 1);
        back.values.insert("returned-on".to_owned(), Value::Date(date(2026, 11, 20)));
        let follows =
            of_loans(&devices(), &[Written { before: Some(&loan("out", 1)), after: &back, struck: false }]).unwrap();
        assert_eq!(follows[0].values["seen-on"], Value::Date(date(2026, 11, 20)));
        let out = loan("out", 1);
        let twice = [Written { before: None, after: &out, struck: false }; 2];
        assert!(of_loans(&devices(), &twice).is_err());
    }
}

//! No device leaves the register without a finished disposal: who collected it, the receipt, and the proof that its data
//! was destroyed. Decides only.

use declare::{Entry, Value, Values};
use engines::registers::{Follow, Refusal, RegisterError, Written};

use super::{DISPOSED, Devices, HARDWARE, HERE, ON_LOAN};
use crate::fields;

/// What a disposal still lacks; none where it is finished with all its proof.
fn lacks(disposal: &Entry) -> Option<&'static str> {
    let held = fields::text(disposal, "data") != Some("none");
    if !fields::filled(disposal, "receipt") && !fields::filled(disposal, "receipt-copy") {
        return Some("it has no receipt");
    }
    if held && !fields::filled(disposal, "certificate") && !fields::filled(disposal, "certificate-copy") {
        return Some("it has no certificate that the data was destroyed");
    }
    if held && !fields::filled(disposal, "destroyed-how") {
        return Some("it does not say what became of the storage");
    }
    if disposal.state.as_deref() != Some("finished") {
        return Some("the step “The proof is here” has not been taken");
    }
    None
}

fn refused(says: String) -> RegisterError {
    RegisterError::Refused(vec![Refusal::whole(says)])
}

/// Whether a device may leave the register now.
pub(super) fn may_leave(disposals: &Devices, device: &Entry) -> Result<(), RegisterError> {
    let named = fields::entry(device, "disposal").and_then(|id| disposals.get(id));
    let Some(disposal) = named else {
        return Err(refused(
            "Enter the disposal first, then choose it here: no device leaves the register without".to_owned(),
        ));
    };
    let name = fields::text(disposal, "name").unwrap_or("The disposal");
    if let Some(lacks) = lacks(disposal) {
        return Err(refused(format!("The disposal “{name}” is not finished: {lacks}")));
    }
    if !fields::entries(disposal, "devices").contains(&device.id) {
        return Err(refused(format!(
            "The disposal “{name}” does not name this device: add it there, and the device leaves the register by itself"
        )));
    }
    Ok(())
}

/// The devices that leave the register because their disposal is finished.
pub(super) fn of_disposals(devices: &Devices, written: &[Written<'_>]) -> Result<Vec<Follow>, RegisterError> {
    let mut follows = Vec::new();
    for one in written.iter().filter(|one| !one.struck && one.after.state.as_deref() == Some("finished")) {
        let was = one.before.filter(|before| before.state.as_deref() == Some("finished"));
        let gone = was.map(|before| fields::entries(before, "devices")).unwrap_or_default();
        let leaving: Vec<_> = fields::entries(one.after, "devices").iter().filter(|id| !gone.contains(id)).collect();
        if leaving.is_empty() {
            continue;
        }
        if let Some(lacks) = lacks(one.after) {
            return Err(refused(format!("These devices cannot leave the register yet: {lacks}")));
        }
        if let Some(lent) = leaving.iter().find(|id| devices.state(***id) == Some(ON_LOAN)) {
            return Err(refused(format!("{} is still on loan: mark the loan as returned first", devices.tag(**lent))));
        }
        follows.extend(leaving.into_iter().map(|id| Follow {
            control: HARDWARE,
            entry: *id,
            from: HERE,
            to: DISPOSED,
            values: Values::from([("disposal".to_owned(), Value::Entry(one.after.id))]),
            because: one.after.id,
        }));
    }
    Ok(follows)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::assets::tests::entry;

    const TAG: Uuid = Uuid::from_u128(7);
    const GONE: Uuid = Uuid::from_u128(50);

    fn disposal(state: &str, what: &[(&str, Value)]) -> Entry {
        let mut entry = entry(50, state, what);
        entry.values.insert("name".to_owned(), Value::Text("Old laptops".to_owned()));
        entry
    }

    fn words(word: &str) -> Value {
        Value::Text(word.to_owned())
    }

    fn choice(word: &str) -> Value {
        Value::Choice(word.to_owned())
    }

    /// All that a disposal of laptops with personal data has in the end.
    fn proof() -> Vec<(&'static str, Value)> {
        vec![
            ("data", choice("personal")),
            ("receipt", words("R-1")),
            ("certificate", words("C-1")),
            ("destroyed-how", choice("wiped")),
            ("devices", Value::Entries(vec![TAG])),
        ]
    }

    fn says(result: Result<impl Sized, RegisterError>) -> String {
        match result {
            Ok(_) => "yes".to_owned(),
            Err(RegisterError::Refused(all)) => all.into_iter().map(|one| one.says).collect(),
            Err(other) => other.to_string(),
        }
    }

    #[test]
    fn a_device_leaves_only_with_all_the_proof() {
        let device = |disposal: bool| {
            let named = [("disposal", Value::Entry(GONE))];
            entry(7, "disposed", if disposal { &named } else { &[] })
        };
        let check = |disposals: Vec<Entry>, named: bool, expected: &str| {
            let said = says(may_leave(&Devices::of(disposals), &device(named)));
            assert!(said.contains(expected), "{said}");
        };
        check(vec![], false, "Enter the disposal first");
        check(vec![], true, "Enter the disposal first");
        check(vec![disposal("finished", &proof())], true, "yes");
        check(vec![disposal("collected", &proof())], true, "“Old laptops” is not finished: the step");
        for (without, expected) in [
            ("receipt", "no receipt"),
            ("certificate", "no certificate"),
            ("destroyed-how", "what became of the storage"),
            ("devices", "does not name"),
        ] {
            let rest: Vec<_> = proof().into_iter().filter(|(name, _)| *name != without).collect();
            check(vec![disposal("finished", &rest)], true, expected);
        }
        let screens = [("data", choice("none")), ("receipt", words("R-2")), ("devices", Value::Entries(vec![TAG]))];
        check(vec![disposal("finished", &screens)], true, "yes");
    }

    #[test]
    fn a_finished_disposal_takes_its_devices_with_it() {
        let devices = Devices::of(vec![
            entry(7, "in-use", &[("tag", words("WL-7"))]),
            entry(8, ON_LOAN, &[("tag", words("WL-8"))]),
        ]);
        let (before, after) = (disposal("collected", &proof()), disposal("finished", &proof()));
        fn written<'a>(before: Option<&'a Entry>, after: &'a Entry) -> [Written<'a>; 1] {
            [Written { before, after, struck: false }]
        }
        let follows = of_disposals(&devices, &written(Some(&before), &after)).unwrap();
        assert_eq!(follows.len(), 1);
        assert_eq!(
            (follows[0].entry, follows[0].to, follows[0].values["disposal"].clone()),
            (TAG, DISPOSED, Value::Entry(GONE))
        );
        // Nothing follows twice, nor from one that is not finished or was struck out.
        assert_eq!(of_disposals(&devices, &written(Some(&after), &after)).unwrap(), []);
        assert_eq!(of_disposals(&devices, &written(None, &before)).unwrap(), []);
        assert_eq!(
            of_disposals(&devices, &[Written { before: Some(&before), after: &after, struck: true }]).unwrap(),
            []
        );
        // A device that was forgotten is added later.
        let mut more = after.clone();
        more.values.insert("devices".to_owned(), Value::Entries(vec![TAG, Uuid::from_u128(9)]));
        assert_eq!(of_disposals(&devices, &written(Some(&after), &more)).unwrap()[0].entry, Uuid::from_u128(9));
        more.values.insert("devices".to_owned(), Value::Entries(vec![Uuid::from_u128(8)]));
        assert!(says(of_disposals(&devices, &written(Some(&before), &more))).contains("WL-8 is still on loan"));
        more.values.remove("receipt");
        assert!(says(of_disposals(&devices, &written(Some(&before), &more))).contains("no receipt"));
    }
}

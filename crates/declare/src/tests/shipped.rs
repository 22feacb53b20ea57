//! The declarations that are shipped.

use jiff::civil::date;

use crate::{Context, Declarations, Terms, Values, typed::check_entry};

#[test]
fn what_is_shipped_loads_without_a_problem() {
    let problems = Declarations::load(Declarations::files().iter().copied()).err().unwrap_or_default();
    let said: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    assert!(problems.is_empty(), "{} problems:\n\n{said}", problems.len());
    assert!(Declarations::shipped().iter().len() > 0);
}

/// What a form does not show cannot be asked for: an entry that is as empty as a form can be is refused for fields that
/// the form has.
#[test]
fn the_form_of_a_new_entry_shows_whatever_it_may_refuse() {
    for (declaration, register) in Declarations::shipped().registers() {
        let context = Context {
            values: &Values::new(),
            state: register.first_state(),
            entered_at: None,
            today: date(2026, 11, 23),
            every: register.standing.every,
            terms: &Terms::new(),
            clause: None,
        };
        for (name, _) in check_entry(register, &context, &|_| true) {
            let field = register.field(name.as_str()).unwrap();
            assert!(!register.leaves_to_a_step(field, None), "{}: {name}", declaration.control());
        }
    }
    let left = |control: &str, name: &str, state: Option<&str>| {
        let register = Declarations::shipped().get(control).unwrap().register.as_ref().unwrap();
        register.leaves_to_a_step(register.field(name).unwrap(), state)
    };
    // Where a device is and who came to a session are known at once, although a step asks for them again.
    assert!(!left("assets.hardware", "place", None) && !left("learning.staff-training", "attended", None));
    assert!(left("assets.hardware", "lost-on", None) && left("data.subject-rights", "extended-to", None));
    // What belongs to the state of an entry can be filled in afterwards.
    assert!(left("assets.loans", "condition", Some("out")) && !left("assets.loans", "condition", Some("returned")));
}

//! Those who work for the school: the cast, a teacher for each class, and teaching assistants.

use super::{
    Form,
    cast::ADULTS,
    chance::Chance,
    names::{FAMILIES, MEN, Usernames, WOMEN},
};

/// Somebody who works for the school.
pub(super) struct Employee {
    pub(super) id: String,
    pub(super) given: String,
    pub(super) family: String,
    pub(super) username: String,
    pub(super) word_1_1: &'static str,
    pub(super) word_1_2: &'static str,
    /// Classes, each with whether as its teacher or as assistant.
    pub(super) classes: Vec<(String, bool)>,
    pub(super) answers_for: Vec<(&'static str, bool)>,
}

pub(super) fn employ(classes: &[Form], chance: &mut Chance, names: &mut Usernames) -> Vec<Employee> {
    let mut staff: Vec<Employee> = Vec::new();
    for adult in ADULTS {
        let classes = adult.teaches.map(|class| (class.to_owned(), true)).into_iter().collect();
        staff.push(Employee {
            id: id(staff.len()),
            given: adult.given.to_owned(),
            family: adult.family.to_owned(),
            username: names.take(adult.given, adult.family),
            word_1_1: adult.word_1_1,
            word_1_2: adult.word_1_2,
            classes,
            answers_for: adult.answers_for.to_vec(),
        });
    }
    for (nth, class) in classes.iter().enumerate() {
        if !staff.iter().any(|one| one.classes.iter().any(|(name, teaches)| *teaches && *name == class.name)) {
            let mut teacher = somebody(staff.len(), "teacher", chance, names);
            teacher.classes.push((class.name.clone(), true));
            // The first class of a stage has its phase leader.
            if class.name == "1A" || class.name == "3A" {
                teacher.answers_for.push(("phase-leader", false));
            }
            staff.push(teacher);
        }
        // Younger classes have an assistant of their own, older ones share.
        if nth % 2 == 0 || class.year.key_stage() == kernel::KeyStage::Early {
            let mut aide = somebody(staff.len(), "aide", chance, names);
            aide.classes.push((class.name.clone(), false));
            aide.classes.extend(
                classes.get(nth + 1).filter(|next| next.year == class.year).map(|next| (next.name.clone(), false)),
            );
            staff.push(aide);
        }
    }
    staff
}

fn id(nth: usize) -> String {
    format!("st-{:04}", nth + 1)
}

fn somebody(nth: usize, word: &'static str, chance: &mut Chance, names: &mut Usernames) -> Employee {
    let given = if chance.percent(80) { chance.pick(WOMEN) } else { chance.pick(MEN) };
    let family = chance.pick(FAMILIES);
    Employee {
        id: id(nth),
        given: given.to_owned(),
        family: family.to_owned(),
        username: names.take(given, family),
        word_1_1: word,
        word_1_2: word,
        classes: Vec::new(),
        answers_for: Vec::new(),
    }
}

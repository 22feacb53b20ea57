//! Families: children with siblings in other years, and one or two parents each.

use kernel::Year;

use super::{
    Form, cast,
    chance::Chance,
    names::{BOYS, FAMILIES, GIRLS, MEN, Usernames, WOMEN},
};

/// A pupil or a parent.
pub(super) struct Member {
    pub(super) id: String,
    pub(super) given: String,
    pub(super) family: String,
    pub(super) username: String,
}

/// A child with their class.
pub(super) struct Child {
    pub(super) who: Member,
    pub(super) year: Year,
    pub(super) class: String,
}

/// A family.
pub(super) struct Family {
    pub(super) children: Vec<Child>,
    pub(super) parents: Vec<Member>,
}

/// What is given out while families are made.
struct Register<'a> {
    /// Free places, each (year, class).
    places: Vec<(Year, String)>,
    names: &'a mut Usernames,
    children: usize,
    parents: usize,
}

impl Register<'_> {
    fn place(&mut self, fits: impl Fn(&(Year, String)) -> bool) -> Option<(Year, String)> {
        let at = self.places.iter().position(fits)?;
        Some(self.places.remove(at))
    }

    fn child(&mut self, given: &str, family: &str, (year, class): (Year, String)) -> Child {
        self.children += 1;
        let id = format!("pu-{:05}", self.children);
        Child { who: self.member(id, given, family), year, class }
    }

    fn parent(&mut self, given: &str, family: &str) -> Member {
        self.parents += 1;
        let id = format!("pa-{:05}", self.parents);
        self.member(id, given, family)
    }

    fn member(&mut self, id: String, given: &str, family: &str) -> Member {
        let username = self.names.take(given, family);
        Member { id, given: given.to_owned(), family: family.to_owned(), username }
    }
}

pub(super) fn settle(classes: &[Form], chance: &mut Chance, names: &mut Usernames) -> Vec<Family> {
    let mut places: Vec<_> =
        classes.iter().flat_map(|form| std::iter::repeat_n((form.year, form.name.clone()), form.size)).collect();
    chance.shuffle(&mut places);
    let mut register = Register { places, names, children: 0, parents: 0 };
    let mut families: Vec<Family> = cast::FAMILIES.iter().map(|family| cast_family(family, &mut register)).collect();
    while let Some(first) = register.places.pop() {
        families.push(family(first, chance, &mut register));
    }
    families
}

fn cast_family(family: &cast::Family, register: &mut Register<'_>) -> Family {
    let mut children = Vec::new();
    let mut name = "";
    for child in family.children {
        name = child.family;
        let year = Year::from_grade(child.grade);
        let fits = |place: &(Year, String)| Some(place.0) == year && child.class.is_none_or(|class| class == place.1);
        if let Some(place) = register.place(fits) {
            children.push(register.child(child.given, child.family, place));
        }
    }
    let parents = family.parents.iter().map(|given| register.parent(given, name)).collect();
    Family { children, parents }
}

fn family(first: (Year, String), chance: &mut Chance, register: &mut Register<'_>) -> Family {
    let name = chance.pick(FAMILIES);
    let mut years = vec![first.0];
    let mut children = vec![child(name, first, chance, register)];
    let siblings = match chance.below(10) {
        0 => 2,
        1..=3 => 1,
        _ => 0,
    };
    for _ in 0..siblings {
        // Twins are rare: siblings are in other years.
        let twins = chance.percent(4);
        if let Some(place) = register.place(|place| twins || !years.contains(&place.0)) {
            years.push(place.0);
            children.push(child(name, place, chance, register));
        }
    }
    let mut parents = Vec::new();
    let mother = chance.percent(92);
    if mother {
        // One in four mothers bears another name.
        let own = if chance.percent(25) { chance.pick(FAMILIES) } else { name };
        parents.push(register.parent(chance.pick(WOMEN), own));
    }
    if !mother || chance.percent(75) {
        parents.push(register.parent(chance.pick(MEN), name));
    }
    Family { children, parents }
}

fn child(name: &str, place: (Year, String), chance: &mut Chance, register: &mut Register<'_>) -> Child {
    let given = if chance.percent(50) { chance.pick(GIRLS) } else { chance.pick(BOYS) };
    register.child(given, name, place)
}

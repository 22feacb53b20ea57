//! The register of a declaration: `[register]`, `[[state]]`, `[[move]]`, `[due]`, `[keep]`.

use kernel::{Audience, Capacity, Every, period::Unit};

use super::{
    Others, field, standing,
    table::{At, Near, Table},
};
use crate::{
    Due, Field, FieldKind, FieldName, Keep, Move, Register, Rows, State, TermDeclaration,
    expression::{Condition, DateExpression, Scope},
    sentence::Sentence,
    suggest,
};

const ROWS: [(&str, Rows); 2] = [("school", Rows::School), ("clause", Rows::Clause)];

/// What of a register is known while the rest of it is read.
pub(super) struct Known<'a> {
    pub(super) fields: &'a [Field],
    pub(super) states: &'a [State],
    pub(super) terms: &'a [TermDeclaration],
    pub(super) scope: &'a Scope,
    pub(super) others: Others<'a>,
    /// Fields with something wrong in them.
    broken: &'a [String],
}

impl Known<'_> {
    /// A field that a text names; says so where there is none.
    pub(super) fn field(&self, table: &Table<'_, '_>, text: &At<String>) -> Option<&Field> {
        let found = self.fields.iter().find(|field| field.name.0 == text.value);
        if found.is_none() && !self.broken.contains(&text.value) {
            let names: Vec<_> = self.fields.iter().map(|field| field.name.as_str()).collect();
            self.no_field(table, text, &names);
        }
        found
    }

    fn no_field(&self, table: &Table<'_, '_>, text: &At<String>, names: &[&str]) {
        let help = suggest::nearest(&text.value, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        table.report.say(text.span.clone(), format!("there is no field `{}`", text.value), help);
    }

    /// A column: a field, or what the list knows besides.
    fn column(&self, table: &Table<'_, '_>, text: &At<String>, has_due: bool) -> Option<FieldName> {
        let mut names: Vec<_> = self.fields.iter().map(|field| field.name.as_str()).collect();
        names.extend(["entered", "clause"]);
        names.extend((!self.states.is_empty()).then_some("state"));
        names.extend(has_due.then_some("due"));
        if names.contains(&text.value.as_str()) || self.broken.contains(&text.value) {
            return Some(FieldName(text.value.clone()));
        }
        self.no_field(table, text, &names);
        None
    }

    /// The names that sentences about an entry may have.
    fn of_entry(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.fields.iter().map(|field| field.name.as_str()).collect();
        names.extend(self.broken.iter().map(String::as_str));
        names.extend(["entered", "clause"]);
        names.extend((!self.states.is_empty()).then_some("state"));
        names
    }

    /// An expression at a key; none where it names a field that could not be read, which was said before.
    fn readable(&self, table: &Table<'_, '_>, key: &'static str) -> Option<At<String>> {
        table.text(key).filter(|text| !field::names_any(&text.value, self.broken))
    }

    pub(super) fn condition(&self, table: &Table<'_, '_>, key: &'static str) -> Option<Condition> {
        let text = self.readable(table, key)?;
        table.expression(&text, |text| Condition::parse(text, self.scope))
    }

    pub(super) fn date(&self, table: &Table<'_, '_>, key: &'static str) -> Option<DateExpression> {
        let text = self.readable(table, key)?;
        table.expression(&text, |text| DateExpression::parse(text, self.scope))
    }

    /// A sentence about an entry; empty where it cannot be read, which is said.
    fn sentence(&self, table: &Table<'_, '_>, key: &'static str) -> Sentence {
        table.need_text(key).map(|text| sentence(table, &text, &self.of_entry())).unwrap_or_default()
    }

    fn state(&self, table: &Table<'_, '_>, text: &At<String>) -> Option<String> {
        if self.states.iter().any(|state| state.name == text.value) {
            return Some(text.value.clone());
        }
        let names: Vec<_> = self.states.iter().map(|state| state.name.as_str()).collect();
        let help = match names.is_empty() {
            true => "declare it as a `[[state]]`".to_owned(),
            false => suggest::one_of(&text.value, &names),
        };
        table.report.say(text.span.clone(), format!("there is no state `{}`", text.value), Some(help));
        None
    }
}

/// A sentence whose places have these names; empty where it has others, which is said.
pub(super) fn sentence(table: &Table<'_, '_>, text: &At<String>, allowed: &[&str]) -> Sentence {
    match Sentence::parse(text.value.trim(), allowed) {
        Ok(sentence) => sentence,
        Err(error) => {
            table.bad_sentence(text, error);
            Sentence::default()
        }
    }
}

/// What stands only beside a `[register]`.
const PARTS: [&str; 6] = ["field", "state", "move", "due", "keep", "standing"];

/// Reads the register, where there is one, and what expressions about its entries may name.
pub(super) fn register(
    top: &Table<'_, '_>,
    terms: &[TermDeclaration],
    others: Others<'_>,
) -> (Option<Register>, Scope) {
    let Some(table) = top.table("register", "`[register]`") else {
        for part in PARTS {
            if top.get(part).is_some() {
                let help = Some("add a `[register]`".to_owned());
                top.report.say(top.place(part), format!("`{part}` stands in a declaration without a register"), help);
            }
        }
        return (None, Scope::default());
    };
    let near = if table.get("subject").is_some() { Near::Subject } else { Near::Unnamed };
    let mut read = field::fields(top, others, near);
    if read.fields.is_empty() && top.report.is_fine() {
        table.report.say(table.span.clone(), "the register has no field", Some("add a `[[field]]`".to_owned()));
    }
    let states = states(top);
    let scope = Scope::new(&read.fields, &states, terms);
    field::conditions(top, &mut read, &scope);
    let field::Read { fields, broken, .. } = read;
    let known = Known { fields: &fields, states: &states, terms, scope: &scope, others, broken: &broken };
    let due = due(top, &known);
    let names = |key: &'static str| -> Vec<FieldName> {
        let texts = table.texts(key).unwrap_or_default();
        texts.iter().filter_map(|text| known.column(&table, text, due.is_some())).collect()
    };
    if table.get("columns").is_none() {
        table.missing("columns");
    }
    let columns = names("columns");
    let sort = table.text("sort").and_then(|text| {
        let (name, largest) = match text.value.strip_prefix('-') {
            Some(name) => (name.to_owned(), true),
            None => (text.value.clone(), false),
        };
        Some((known.column(&table, &At { value: name, span: text.span }, due.is_some())?, largest))
    });
    let items = table.words("items");
    let register = Register {
        item: table.words("item"),
        lead: table.words("lead"),
        reads: table.need_audience_near("reads", near),
        writes: table.need_audience_near("writes", near),
        rows: table.one_of("rows", &ROWS).unwrap_or(Rows::School),
        first: table.words("first"),
        entry_title: known.sentence(&table, "entry-title"),
        open_titles: open_titles(&table, &known),
        subject: subject(&table, &known),
        columns,
        sort,
        moves: moves(top, &known),
        due,
        keep: keep(top, &known),
        standing: standing::rule(top, &known, &items),
        items,
        fields: Vec::new(),
        states: Vec::new(),
    };
    table.done();
    every(top, &register, &fields);
    later(top, &register.moves);
    (Some(Register { fields, states, ..register }), scope)
}

/// What is left to a step needs a step that asks for it.
fn later(top: &Table<'_, '_>, moves: &[Move]) {
    for table in top.tables("field", "`[[field]]`") {
        let Some(name) = table.peek("name").filter(|_| table.get("later").is_some()) else { continue };
        if !moves.iter().flat_map(|step| &step.asks).any(|asked| asked.0 == name.value) {
            let help = Some("leave it out, or name the field in `asks` of a `[[move]]`".to_owned());
            top.report.say(table.place("later"), format!("no step asks for `{}`", name.value), help);
        }
    }
}

/// What uses `every` needs a value for it where a clause gives none.
fn every(top: &Table<'_, '_>, register: &Register, fields: &[Field]) {
    let standing = &register.standing;
    if standing.every.is_some() {
        return;
    }
    let conditions = fields.iter().filter_map(|field| match &field.required {
        crate::Required::If(condition) => Some(condition),
        crate::Required::No | crate::Required::Yes => None,
    });
    let conditions = conditions
        .chain(register.moves.iter().filter_map(|step| step.needs.as_ref().map(|(condition, _)| condition)))
        .chain(register.due.iter().filter_map(|due| due.only_if.as_ref()))
        .chain(&standing.counts)
        .chain(standing.wrong.iter().map(|wrong| &wrong.when));
    let dates = register.due.iter().map(|due| &due.on).chain(&register.keep.after).chain(&standing.fresh);
    if conditions.into_iter().any(Condition::uses_every) || dates.into_iter().any(DateExpression::uses_every) {
        let span = top.table("standing", "`[standing]`").map_or(top.place("register"), |table| table.span);
        let help = Some("add `every = \"12 months\"` to `[standing]`".to_owned());
        top.report.say(span, "`every` has no value where a clause gives none", help);
    }
}

/// Whether titles are open to those who do not read the register: they have no place then where a person may stand.
fn open_titles(table: &Table<'_, '_>, known: &Known<'_>) -> bool {
    let open = table.flag("open-titles").unwrap_or(false);
    let title = table.peek("entry-title").filter(|_| open);
    let Some((title, sentence)) =
        title.and_then(|text| Some((text.span, Sentence::parse(text.value.trim(), &known.of_entry()).ok()?)))
    else {
        return open;
    };
    for place in sentence.places() {
        let field = known.fields.iter().find(|field| field.name.0 == place);
        let names = |field: &Field| {
            matches!(field.kind, FieldKind::Person { .. } | FieldKind::Entry { .. } | FieldKind::Signature)
        };
        if field.is_some_and(names) {
            let help = Some("leave out `open-titles`, or the place".to_owned());
            table.report.say(title.clone(), format!("`{{{place}}}` may name a person, and the titles are open"), help);
        }
    }
    open
}

fn subject(table: &Table<'_, '_>, known: &Known<'_>) -> Option<FieldName> {
    let text = table.text("subject")?;
    let field = known.field(table, &text)?;
    if let FieldKind::Person { many: false, .. } = field.kind {
        return Some(field.name.clone());
    }
    let help = Some("an entry is about one person: name a field of kind `person`".to_owned());
    table.report.say(text.span, format!("`{}` is no person", text.value), help);
    None
}

fn states(top: &Table<'_, '_>) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    for table in top.tables("state", "`[[state]]`") {
        let (name, label) = (table.name("name"), table.words("label"));
        let ended = table.flag("ended").unwrap_or(false);
        let set_by = table.text("set-by");
        if let Some(other) = set_by.as_ref().filter(|other| !other.value.contains('.')) {
            let help = Some("name a register, as `set-by = \"assets.loans\"`".to_owned());
            table.report.say(other.span.clone(), format!("`{}` is no register", other.value), help);
        }
        let set_by = set_by.map(|other| other.value);
        table.done();
        let Some(name) = name else { continue };
        if states.iter().any(|state| state.name == name.value) {
            table.report.say(name.span, format!("two states are called `{}`", name.value), None);
        } else {
            states.push(State { name: name.value, label, ended, set_by });
        }
    }
    states
}

fn moves(top: &Table<'_, '_>, known: &Known<'_>) -> Vec<Move> {
    let mut moves: Vec<Move> = Vec::new();
    let mut fine = true;
    for table in top.tables("move", "`[[move]]`") {
        let name = table.name("name");
        if let Some(name) = name.as_ref().filter(|name| moves.iter().any(|step| step.name == name.value)) {
            table.report.say(name.span.clone(), format!("two moves are called `{}`", name.value), None);
        }
        let from = table.texts("from").unwrap_or_default();
        let to = table.need_text("to").and_then(|text| known.state(&table, &text));
        let asks = table.texts("asks").unwrap_or_default();
        let step = Move {
            name: name.map(|name| name.value).unwrap_or_default(),
            label: table.words("label"),
            from: from.iter().filter_map(|text| known.state(&table, text)).collect(),
            to: to.clone().unwrap_or_default(),
            asks: asks.iter().filter_map(|text| known.field(&table, text).map(|field| field.name.clone())).collect(),
            who: table.audience("who"),
            needs: needs(&table, known),
        };
        fine &= to.is_some() && step.from.len() == from.len();
        table.done();
        moves.push(step);
    }
    if fine {
        reached(top, known.states, &moves);
    }
    moves
}

fn needs(table: &Table<'_, '_>, known: &Known<'_>) -> Option<(Condition, String)> {
    let needs = table.table("needs", "`needs`")?;
    if needs.get("if").is_none() {
        needs.missing("if");
    }
    let (condition, message) = (known.condition(&needs, "if"), needs.words("else"));
    needs.done();
    Some((condition?, message))
}

/// Says which states no entry can come to.
fn reached(top: &Table<'_, '_>, states: &[State], moves: &[Move]) {
    let first = states.iter().take(1);
    let set = states.iter().skip(1).filter(|state| state.set_by.is_some());
    let mut known: Vec<&str> = first.chain(set).map(|state| state.name.as_str()).collect();
    while let Some(step) = moves.iter().find(|step| {
        !known.contains(&step.to.as_str())
            && (step.from.is_empty() || step.from.iter().any(|from| known.contains(&from.as_str())))
    }) {
        known.push(&step.to);
    }
    for table in top.tables("state", "`[[state]]`") {
        let Some(name) = table.peek("name") else { continue };
        if !known.contains(&name.value.as_str()) {
            let help = Some(format!("add a `[[move]]` with `to = \"{}\"`", name.value));
            top.report.say(name.span, format!("no entry can come to the state `{}`", name.value), help);
        }
    }
}

fn due(top: &Table<'_, '_>, known: &Known<'_>) -> Option<Due> {
    let table = top.table("due", "`[due]`")?;
    if table.get("on").is_none() {
        table.missing("on");
    }
    let what = table.need_text("what");
    let due = (known.date(&table, "on"), what.as_ref().map(|text| sentence(&table, text, &known.of_entry())));
    if let (Some(text), Some(sentence)) = (&what, &due.1) {
        for place in sentence.places() {
            if known.fields.iter().any(|field| field.name.0 == place && names_child(field)) {
                let help = Some("what is due stands in calendars, where no child is named".to_owned());
                table.report.say(text.span.clone(), format!("`{{{place}}}` may be a child"), help);
            }
        }
    }
    let (only_if, who) = (known.condition(&table, "if"), table.audience("who"));
    let before = table.every("before").unwrap_or(Every::new(14, Unit::Day));
    table.done();
    Some(Due { on: due.0?, only_if, what: due.1?, who, before })
}

/// Whether a field is made for naming children.
fn names_child(field: &Field) -> bool {
    let FieldKind::Person { who, .. } = &field.kind else { return false };
    let pupils = Audience::of(kernel::AudienceAtom::All(Capacity::Pupil));
    who.overlaps(&pupils) && *who != Audience::everyone()
}

fn keep(top: &Table<'_, '_>, known: &Known<'_>) -> Keep {
    let usual = Keep::usual();
    let Some(table) = top.table("keep", "`[keep]`") else { return usual };
    let keep = Keep { lasts: table.every("lasts").unwrap_or(usual.lasts), after: known.date(&table, "after") };
    table.done();
    keep
}

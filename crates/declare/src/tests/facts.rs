//! Runs every fact beside the declarations: typed, entered, moved on, judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::Arc,
};

use jiff::civil::{Date, date};
use kernel::{Audience, AudienceAtom, Every, PersonId, Role, period::Unit};
use uuid::Uuid;

use super::school::{School, noon};
use crate::{
    Context, Declaration, Declarations, Entry, Facts, Item, Moment, Notice, Register, Rows, Value, Values,
    attestation::{self, Answer, Asked, Given},
    facts::{self, Fact, Row, with_names},
    notice::{self, Seen, Told},
    standing::{self, Judgement},
    typed::{check_entry, check_move, read_field, show},
};

/// Since when clauses are in force where a fact says nothing.
const SINCE: Date = date(2025, 9, 1);

fn folder(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Every file of facts: its path in `declarations/`, and its text.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for module in fs::read_dir(folder("declarations")).unwrap().flatten().filter(|it| it.path().is_dir()) {
        for file in fs::read_dir(module.path()).unwrap().flatten() {
            let path = format!("{}/{}", module.file_name().to_string_lossy(), file.file_name().to_string_lossy());
            if path.ends_with(".facts.toml") {
                files.push((path, fs::read_to_string(file.path()).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The kinds of the catalogue's controls.
fn kinds() -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder("policies/catalogue/controls.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let mut kinds = BTreeMap::new();
    for (module, controls) in &table {
        for (name, row) in controls.as_table().into_iter().flatten() {
            let kind = row.get(0).and_then(toml::Value::as_str).unwrap_or("record");
            kinds.insert(format!("{module}.{name}"), kind.to_owned());
        }
    }
    kinds
}

#[test]
fn facts_are_so() {
    let declarations = Declarations::shipped();
    let (mut wrong, mut run) = (Vec::new(), 0);
    let kinds = kinds();
    for (path, text) in files() {
        let control = path.trim_end_matches(".facts.toml").replace('/', ".");
        let all = match facts::read(&path, &text) {
            Ok(all) => all,
            Err(problems) => {
                wrong.extend(problems.iter().map(ToString::to_string));
                continue;
            }
        };
        let Some(declaration) = declarations.get(&control) else {
            wrong.push(format!("{path}: `{control}` is not declared, or its declaration has problems\n"));
            continue;
        };
        for fact in all {
            run += 1;
            let kind = kinds.get(&control).map_or("record", String::as_str);
            if let Err(message) = check(&fact, declaration, declarations, kind) {
                wrong.push(format!("{}: {}\n    {message}\n", fact.at, fact.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {run} facts are not so:\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(run > 0);
}

#[test]
fn facts_show_each_declaration_kept_and_not() {
    let mut by_control: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files() {
        let found = by_control.entry(path.trim_end_matches(".facts.toml").replace('/', ".")).or_default();
        found.extend(facts::read(&path, &text).unwrap_or_default().into_iter().map(|fact| fact.standing));
    }
    let mut missing = Vec::new();
    for declaration in Declarations::shipped().iter() {
        let found = by_control.remove(&declaration.control()).unwrap_or_default();
        for wanted in ["kept", "not-kept"] {
            if !found.contains(wanted) {
                missing.push(format!("{}: no fact in which it is {wanted}", declaration.control()));
            }
        }
    }
    missing.extend(by_control.keys().map(|control| format!("{control}: facts without a declaration")));
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

/// Runs one fact; says what is not so.
pub(super) fn check(
    fact: &Fact,
    declaration: &Declaration,
    declarations: &Declarations,
    kind: &str,
) -> Result<(), String> {
    if fact.binding.control != declaration.control() {
        return Err(format!("the binding names `{}`", fact.binding.control));
    }
    if let Some(message) = fact.unknown_term(declaration) {
        return Err(message);
    }
    let school = School::of(&fact.text);
    let (standing, evidence) = match engine(fact, kind) {
        "attest" => attested(fact, declaration),
        "inform" => informed(fact, declaration, &school),
        _ => recorded(fact, declaration, declarations, &school)?,
    };
    let says = fact.says.as_deref().unwrap_or_default();
    if standing.id() != fact.standing {
        return Err(format!("it is {}, not {}: {} [{standing:?}]", standing.id(), fact.standing, evidence.statement));
    }
    if !evidence.statement.contains(&with_names(says, &|token| school.name(token))) {
        return Err(format!("it says “{}”, not “{says}”", evidence.statement));
    }
    Ok(())
}

/// Which engine judges the binding.
fn engine<'k>(fact: &Fact, kind: &'k str) -> &'k str {
    match (&fact.binding.attest, &fact.binding.inform) {
        (Some(_), _) => "attest",
        (None, Some(_)) => "inform",
        (None, None) => kind,
    }
}

fn item(fact: &Fact) -> Item {
    Item {
        key: "fact#1".to_owned(),
        clause: "fact".to_owned(),
        who: fact.binding.who.clone(),
        except: fact.binding.except.clone(),
        every: fact.binding.every,
        terms: fact.binding.terms.clone(),
    }
}

fn attested(fact: &Fact, declaration: &Declaration) -> Judgement {
    let declared = declaration.attestation.as_ref();
    let head = Audience::of(AudienceAtom::Role(Role::Headteacher));
    let by = [fact.binding.attest.as_ref(), fact.binding.by.as_ref(), declared.map(|it| &it.by)];
    let every = fact.binding.every.or(declared.map(|it| it.every)).unwrap_or(Every::new(12, Unit::Month));
    let answers: Vec<Answer> = fact
        .answers
        .iter()
        .flatten()
        .map(|answer| Answer {
            on: answer.on,
            words: answer.words.clone(),
            given: match answer.answer.as_str() {
                "yes" => Given::Yes,
                "no" => Given::No { mend: answer.mend.clone(), mend_by: answer.mend_by },
                _ => Given::NotApplicable,
            },
        })
        .collect();
    attestation::judge(&Asked {
        key: "fact#1",
        by: by.into_iter().flatten().next().unwrap_or(&head),
        anybody: true,
        every,
        since: fact.since.unwrap_or(SINCE),
        last: answers.iter().max_by_key(|answer| answer.on),
        titles: &|role| role.default_title().to_owned(),
        now: &noon(fact.day),
    })
}

fn informed(fact: &Fact, declaration: &Declaration, school: &School) -> Judgement {
    let usual =
        Notice { who: Audience::everyone(), moments: vec![Moment::SignIn], acknowledged: true, texts: Vec::new() };
    let notice = declaration.notice.as_ref().unwrap_or(&usual);
    let named = |tokens: &Option<Vec<String>>| -> BTreeSet<PersonId> {
        tokens.iter().flatten().flat_map(|token| school.named(token)).collect()
    };
    let (read, shown) = (named(&fact.read), named(&fact.shown));
    notice::judge(&Told {
        key: "fact#1",
        who: fact.binding.inform.as_ref().or(fact.binding.who.as_ref()).unwrap_or(&notice.who),
        notice,
        since: fact.since.unwrap_or(SINCE),
        people: &school.people,
        seen: &|id| match (read.contains(&id), shown.contains(&id)) {
            (true, _) => Seen::Read,
            (false, true) => Seen::Shown,
            (false, false) => Seen::No,
        },
        published: fact.published,
        titles: &|role| role.default_title().to_owned(),
        now: &noon(fact.day),
    })
}

fn recorded(
    fact: &Fact,
    declaration: &Declaration,
    declarations: &Declarations,
    school: &School,
) -> Result<Judgement, String> {
    let register = declaration.register.as_ref().ok_or("it has no register, and the fact needs one")?;
    let mut others: BTreeMap<String, Vec<Arc<Entry>>> = BTreeMap::new();
    for (control, rows) in &fact.also {
        let other = declarations.register(control).ok_or_else(|| format!("there is no register `{control}`"))?;
        for row in rows {
            let entry = enter(other, control, row, fact.day, school, false)?;
            others.entry(control.clone()).or_default().push(Arc::new(entry));
        }
    }
    let control = declaration.control();
    let mut entries = Vec::new();
    for row in fact.rows.iter().flatten() {
        let entry = enter(register, &control, row, fact.day, school, true)?;
        entries.push(entry);
    }
    for step in &fact.moves {
        take(register, step, &mut entries, school)?;
    }
    let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
    let now = noon(fact.day);
    Ok(standing::judge(
        declaration,
        &item(fact),
        &Facts {
            now: &now,
            entries: &entries,
            others: &|control| others.get(control).map(Vec::as_slice).unwrap_or_default(),
            people: &school.people,
            classes: &school.classes,
            none: fact.none,
        },
    ))
}

/// Reads what is typed into an entry's values.
fn typed(register: &Register, typed: &[(String, String)], school: &School, values: &mut Values) -> Result<(), String> {
    for (name, text) in typed {
        let field = register.field(name).ok_or_else(|| {
            let names: Vec<_> = register.fields.iter().map(|field| field.name.as_str()).collect();
            format!("there is no field `{name}`: {}", crate::suggest::one_of(name, &names))
        })?;
        let text = with_names(text, &|token| school.name(token));
        match read_field(field, &text, school).map_err(|message| format!("`{name}` = “{text}”: {message}"))? {
            Some(value) => drop(values.insert(name.clone(), value)),
            None => drop(values.remove(name)),
        }
    }
    Ok(())
}

fn enter(
    register: &Register,
    control: &str,
    row: &Row,
    day: Date,
    school: &School,
    whole: bool,
) -> Result<Entry, String> {
    let mut values = Values::new();
    // A new form holds what it starts with.
    for field in &register.fields {
        if let Some(crate::Start::Value(value)) = &field.start {
            values.insert(field.name.as_str().to_owned(), value.clone());
        }
    }
    typed(register, &row.typed, school, &mut values)?;
    let state = row.state.clone().or_else(|| register.first_state().map(ToOwned::to_owned));
    if let Some(state) = row.state.as_ref().filter(|state| !register.states.iter().any(|it| it.name == **state)) {
        return Err(format!("there is no state `{state}`"));
    }
    let entered = row.entered.unwrap_or(day);
    let at = noon(entered).timestamp();
    let clause = (register.rows == Rows::Clause).then(|| "fact".to_owned());
    let id = Uuid::from_u128(1_000 + school.titles.borrow().values().map(Vec::len).sum::<usize>() as u128);
    let entry = Entry {
        id,
        clause,
        also: Vec::new(),
        state,
        values,
        entered_at: at,
        entered_by: None,
        changed_at: at,
        version: 1,
    };
    let context = register.context(&entry, entered);
    if whole {
        let problems = check_entry(register, &context, &|_| true);
        if !problems.is_empty() {
            let said: Vec<_> = problems.iter().map(|(name, message)| format!("`{name}`: {message}")).collect();
            return Err(format!("the form refuses the entry: {}", said.join("; ")));
        }
    }
    let title = register.title(&context, &|field, value: &Value| show(value, field, school));
    school.add(control, &title, &Arc::new(entry.clone()));
    Ok(entry)
}

fn take(register: &Register, step: &facts::Step, entries: &mut [Entry], school: &School) -> Result<(), String> {
    let wanted = with_names(&step.entry, &|token| school.name(token));
    let title = |entry: &Entry| {
        register.title(&register.context(entry, step.on), &|field, value: &Value| show(value, field, school))
    };
    let titles: Vec<String> = entries.iter().map(title).collect();
    let nth = titles
        .iter()
        .position(|title| *title == wanted)
        .ok_or_else(|| format!("there is no entry “{wanted}”, but {}", crate::suggest::quoted(&titles)))?;
    let entry = &mut entries[nth];
    let taken = register.moves.iter().find(|it| it.name == step.step).ok_or_else(|| {
        let names: Vec<_> = register.moves.iter().map(|step| step.name.as_str()).collect();
        format!("there is no step `{}`: {}", step.step, crate::suggest::one_of(&step.step, &names))
    })?;
    typed(register, &step.typed, school, &mut entry.values)?;
    let before = entry.state.replace(taken.to.clone());
    entry.changed_at = noon(step.on).timestamp();
    let context: Context<'_> = register.context(entry, step.on);
    let problems = check_move(register, taken, before.as_deref(), &context, &|_| true);
    if problems.is_empty() {
        return Ok(());
    }
    let said: Vec<_> = problems
        .iter()
        .map(|(name, message)| name.as_ref().map_or_else(|| message.clone(), |name| format!("`{name}`: {message}")))
        .collect();
    Err(format!("the step `{}` is refused: {}", step.step, said.join("; ")))
}

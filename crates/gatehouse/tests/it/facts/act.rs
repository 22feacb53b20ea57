//! What a fact says was done, done at the desk: entries typed, steps taken, questions answered, notices read and issued.

use std::collections::{BTreeMap, BTreeSet};

use declare::{
    Declaration, Declarations, FieldKind, Move, Register, Rows, Start, Value,
    facts::{Fact, FactAnswer, Row, Step, with_names},
};
use jiff::civil::{Date, date};
use kernel::{Audience, AudienceAtom, Role};

use super::small::Small;
use crate::browser::Page;

/// Since when clauses are in force where a fact says nothing.
const SINCE: Date = date(2025, 9, 1);

/// The label of the clause.
const LABEL: &str = "fact";

/// The address of its binding.
const KEY: &str = "fact~1";

/// An entry that was typed, by what was typed.
type Typed = BTreeMap<String, String>;

/// Runs a fact; says everything that is not so.
pub(super) async fn run(fact: &Fact, declaration: &Declaration) -> Result<(), Vec<String>> {
    let mut small = Small::open(&fact.text, begins(fact)).await;
    let told = act(&mut small, fact, declaration).await;
    let differs = match told {
        Ok(()) => standing(&small, fact).await,
        Err(message) => vec![message],
    };
    small.close().await;
    if differs.is_empty() { Ok(()) } else { Err(differs) }
}

/// The day on which the clause came in force: before anything was done.
fn begins(fact: &Fact) -> Date {
    let entered = fact.rows.iter().flatten().chain(fact.also.values().flatten()).filter_map(|row| row.entered);
    let steps = fact.moves.iter().map(|step| step.on);
    let answers = fact.answers.iter().flatten().map(|answer| answer.on);
    let since = fact.since.unwrap_or(SINCE);
    entered.chain(steps).chain(answers).chain([since, fact.day]).min().unwrap_or(since)
}

async fn act(small: &mut Small, fact: &Fact, declaration: &Declaration) -> Result<(), String> {
    let binding = fact.binding.text.rsplit_once(": ").filter(|(head, _)| !head.contains('{'));
    let binding = binding.map_or(fact.binding.text.as_str(), |(_, binding)| binding);
    let mut clauses = vec![format!("{} `{LABEL}: {binding}`", fact.clause)];
    for (nth, control) in fact.also.keys().enumerate() {
        if register(control)?.rows == Rows::Clause {
            clauses.push(format!("There is more. `also-{nth}: {control}`"));
        }
    }
    small.enact(&clauses).await?;
    let mut typed = BTreeMap::new();
    for (nth, (control, rows)) in fact.also.iter().enumerate() {
        for row in rows {
            enter(small, control, &format!("also-{nth}"), row, fact.day, &mut typed).await?;
        }
    }
    let mut typed = BTreeMap::new();
    for row in fact.rows.iter().flatten() {
        enter(small, &fact.binding.control, LABEL, row, fact.day, &mut typed).await?;
    }
    for step in &fact.moves {
        take(small, &fact.binding.control, step, &mut typed).await?;
    }
    for given in fact.answers.iter().flatten() {
        answer(small, fact, declaration, given).await?;
    }
    small.on(fact.published.unwrap_or(fact.day));
    if fact.published.is_some() {
        issue(small, declaration).await?;
    }
    small.on(fact.day);
    for token in fact.shown.iter().flatten().flat_map(|text| small.named(text)) {
        let page = small.get(&token, "/notices/waiting").await;
        if page.status != 200 {
            return Err(format!("{token} is shown nothing: {} {:?}", page.status, page.location));
        }
    }
    for token in fact.read.iter().flatten().flat_map(|text| small.named(text)) {
        read(small, &token).await?;
    }
    // Whoever has answered still holds the role.
    if fact.answers.is_none() {
        small.alone().await;
    }
    Ok(())
}

async fn standing(small: &Small, fact: &Fact) -> Vec<String> {
    let (standing, statement) = small.standing(LABEL).await;
    let mut differs = Vec::new();
    if standing != fact.standing {
        differs.push(format!("it is {standing}, not {}: {statement}", fact.standing));
    }
    let says = with_names(fact.says.as_deref().unwrap_or_default(), &|token| small.name(token));
    if !statement.contains(&says) {
        differs.push(format!("it says “{statement}”, not “{says}”"));
    }
    differs
}

fn register(control: &str) -> Result<&'static Register, String> {
    Declarations::shipped().register(control).ok_or_else(|| format!("there is no register `{control}`"))
}

fn address(control: &str) -> String {
    format!("/registers/{}", control.replace('.', "/"))
}

/// What a page says has to be put right.
fn refused(what: &str, page: &Page) -> String {
    let mut said = Vec::new();
    let mut rest = page.body.as_str();
    while let Some((_, after)) = rest.split_once("<span class=\"govuk-visually-hidden\">Error:</span>") {
        said.push(after.split("</p>").next().unwrap_or_default().trim().to_owned());
        rest = after;
    }
    if said.is_empty() {
        let summary =
            page.between("gh-error-summary", "</ul>").or_else(|| page.between("error-summary__list", "</ul>"));
        said.extend(summary);
    }
    format!("{what}: {} {:?}: {}", page.status, page.location, said.join("; "))
}

/// What is sent for fields: the names of people for their tokens, and one's own name as signature.
fn form(small: &Small, register: &Register, who: &str, typed: &Typed) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (name, text) in typed {
        let signs = register.field(name).is_some_and(|field| matches!(field.kind, FieldKind::Signature));
        let text =
            if signs { small.name(who).unwrap_or_default() } else { with_names(text, &|token| small.name(token)) };
        fields.push((format!("f-{name}"), text));
    }
    fields
}

/// The audiences that somebody must be among who types these fields.
fn sees<'r>(register: &'r Register, typed: &Typed) -> Vec<&'r Audience> {
    typed.keys().filter_map(|name| register.field(name)?.private.as_ref()).collect()
}

async fn enter(
    small: &mut Small,
    control: &str,
    label: &str,
    row: &Row,
    day: Date,
    all: &mut BTreeMap<String, Typed>,
) -> Result<(), String> {
    let register = register(control)?;
    small.on(row.entered.unwrap_or(day));
    let mut typed: Typed = row.typed.iter().cloned().collect();
    if let Some(name) = typed.keys().find(|name| register.field(name).is_none()) {
        return Err(format!("there is no field `{name}` in `{control}`"));
    }
    let mut who: Vec<&Audience> = sees(register, &typed);
    who.push(&register.writes);
    let who = small.somebody(&who).await?;
    // A new form holds what it starts with.
    for field in &register.fields {
        let Some(Start::Value(value)) = &field.start else { continue };
        #[expect(clippy::wildcard_enum_match_arm, reason = "a start of another kind is refused by name")]
        let start = match value {
            Value::Text(text) | Value::Choice(text) => text.clone(),
            Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Value::Number(number) => number.to_string(),
            other => return Err(format!("`{}` starts with {other:?}", field.name)),
        };
        typed.entry(field.name.to_string()).or_insert(start);
    }
    let mut fields = form(small, register, &who, &typed);
    if register.rows == Rows::Clause {
        fields.push(("clause".to_owned(), label.to_owned()));
    }
    let before = entries(small, &who, control).await;
    let page = small.post(&who, &format!("{}/new", address(control)), &fields).await;
    if page.status != 303 {
        return Err(refused(&format!("the form of `{control}` refuses {typed:?}"), &page));
    }
    let new = entries(small, &who, control).await.difference(&before).next().cloned();
    let mut id = new.ok_or_else(|| format!("the new entry is not in the list of `{control}`"))?;
    if let Some(state) = &row.state
        && let Err(refused) = lead(small, control, register, &id, state, &typed).await
    {
        // What the steps refuse is found in what a school brings in from elsewhere.
        id = bring_in(small, control, register, &who, &id, state, &typed)
            .await
            .map_err(|why| format!("{refused}; {why}"))?;
    }
    all.insert(id, typed);
    Ok(())
}

/// Strikes an entry out, and brings it in from a sheet in the state that it has.
async fn bring_in(
    small: &Small,
    control: &str,
    register: &Register,
    who: &str,
    id: &str,
    state: &str,
    typed: &Typed,
) -> Result<String, String> {
    let base = address(control);
    let end = format!("{base}/{id}/end");
    let version = small.get(who, &end).await.is(200).field("version");
    let fields = [("version".to_owned(), version), ("why".to_owned(), "It comes from a sheet.".to_owned())];
    let page = small.post(who, &end, &fields).await;
    if page.status != 303 {
        return Err(refused("the entry cannot be struck out", &page));
    }
    let before = entries(small, who, control).await;
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let state = register.states.iter().find(|known| known.name == state).map_or(state, |known| known.label.as_str());
    let (mut heads, mut cells) = (vec![cell("State")], vec![cell(state)]);
    for (name, text) in form(small, register, who, typed) {
        let field = register.field(name.trim_start_matches("f-")).ok_or("a field is not there")?;
        heads.push(cell(&field.column));
        cells.push(cell(&text));
    }
    let sheet = format!("{}\n{}\n", heads.join(","), cells.join(","));
    let sent = small.send_file(who, &format!("{base}/import"), sheet.as_bytes()).await;
    let looked = small.get(who, sent.location.as_deref().unwrap_or(&base)).await;
    let fields = looked.between("/import/apply\"", "</form>").unwrap_or_default();
    let hidden = fields.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|input| {
        let (name, rest) = input.split_once('"')?;
        let value = rest.split_once("value=\"")?.1.split('"').next()?;
        (name != "csrf").then(|| (name.to_owned(), plain(value)))
    });
    let hidden: Vec<(String, String)> = hidden.collect();
    let page = small.post(who, &format!("{base}/import/apply"), &hidden).await;
    let new = entries(small, who, control).await.difference(&before).next().cloned();
    new.ok_or_else(|| {
        refused(&format!("the sheet is refused: {sheet}"), if page.status == 303 { &looked } else { &page })
    })
}

/// The entries that somebody finds in a list.
async fn entries(small: &Small, who: &str, control: &str) -> BTreeSet<String> {
    let page = small.get(who, &format!("{}?show=all", address(control))).await;
    let start = format!("href=\"{}/", address(control));
    let found = page.body.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next());
    found.filter(|id| id.len() == 36 && id.split('-').count() == 5).map(str::to_owned).collect()
}

/// Leads an entry on to a state, by the fewest steps for which everything that they ask for is typed.
async fn lead(
    small: &mut Small,
    control: &str,
    register: &Register,
    id: &str,
    to: &str,
    typed: &Typed,
) -> Result<(), String> {
    let first = register.states.first().map(|state| state.name.as_str()).unwrap_or_default();
    if first == to {
        return Ok(());
    }
    let mut refused = format!("no steps lead from `{first}` to `{to}` with what is typed");
    for way in ways(register, first, to, typed) {
        let mut done = Ok(());
        for step in way {
            let asked = typed.iter().filter(|(name, _)| step.asks.iter().any(|it| it.as_str() == name.as_str()));
            let asked = asked.map(|(name, text)| (name.clone(), text.clone())).collect();
            done = step_on(small, control, register, step, id, &asked).await;
            if done.is_err() {
                break;
            }
        }
        match done {
            Ok(()) => return Ok(()),
            Err(message) => refused = message,
        }
    }
    Err(refused)
}

/// The ways from one state to another, the shortest first.
fn ways<'r>(register: &'r Register, first: &'r str, to: &str, typed: &Typed) -> Vec<Vec<&'r Move>> {
    let mut open: Vec<(Vec<&str>, Vec<&Move>)> = vec![(vec![first], Vec::new())];
    let mut found = Vec::new();
    while !open.is_empty() {
        let mut next = Vec::new();
        for (states, steps) in open {
            let state = states.last().copied();
            for step in register.moves.iter().filter(|step| step.leads_from(state)) {
                let known = step.asks.iter().all(|name| typed.contains_key(name.as_str()));
                if states.contains(&step.to.as_str()) || !known {
                    continue;
                }
                let way = [steps.clone(), vec![step]].concat();
                if step.to == to {
                    found.push(way);
                } else {
                    next.push(([states.clone(), vec![step.to.as_str()]].concat(), way));
                }
            }
        }
        open = next;
    }
    found
}

async fn step_on(
    small: &mut Small,
    control: &str,
    register: &Register,
    step: &Move,
    id: &str,
    typed: &Typed,
) -> Result<(), String> {
    let mut who = sees(register, typed);
    who.push(step.who.as_ref().unwrap_or(&register.writes));
    let who = small.somebody(&who).await?;
    let path = format!("{}/{id}/move/{}", address(control), step.name);
    let page = small.get(&who, &path).await;
    if page.status != 200 {
        return Err(refused(&format!("the step `{}` is not offered", step.name), &page));
    }
    let mut fields = form(small, register, &who, typed);
    fields.push(("version".to_owned(), page.field("version")));
    let page = small.post(&who, &path, &fields).await;
    if page.status != 303 {
        return Err(refused(&format!("the step `{}` with {typed:?} is refused", step.name), &page));
    }
    Ok(())
}

async fn take(small: &mut Small, control: &str, step: &Step, all: &mut BTreeMap<String, Typed>) -> Result<(), String> {
    let register = register(control)?;
    small.on(step.on);
    let wanted = with_names(&step.entry, &|token| small.name(token));
    let who = small.somebody(&[&register.writes]).await?;
    let mut titles = Vec::new();
    let mut found = None;
    for id in all.keys() {
        let page = small.get(&who, &format!("{}/{id}", address(control))).await.is(200);
        let title = plain(&page.between("<h1 class=\"govuk-heading-xl govuk-!-margin-bottom-4\">", "</h1>").unwrap());
        if title == wanted {
            found = Some(id.clone());
        }
        titles.push(title);
    }
    let id = found.ok_or_else(|| format!("there is no entry “{wanted}”, but {titles:?}"))?;
    let taken = register.moves.iter().find(|it| it.name == step.step);
    let taken = taken.ok_or_else(|| format!("there is no step `{}`", step.step))?;
    let mut typed = all[&id].clone();
    typed.extend(step.typed.iter().cloned());
    all.insert(id.clone(), typed.clone());
    typed.retain(|name, _| taken.asks.iter().any(|it| it.as_str() == name));
    step_on(small, control, register, taken, &id, &typed).await
}

/// The text of a page's part.
fn plain(html: &str) -> String {
    html.replace("&#39;", "'").replace("&#38;", "&").replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">")
}

async fn answer(small: &mut Small, fact: &Fact, declaration: &Declaration, given: &FactAnswer) -> Result<(), String> {
    small.on(given.on);
    let head = Audience::of(AudienceAtom::Role(Role::Headteacher));
    let declared = declaration.attestation.as_ref().map(|it| &it.by);
    let by = [fact.binding.attest.as_ref(), fact.binding.by.as_ref(), declared];
    let who = small.somebody(&[by.into_iter().flatten().next().unwrap_or(&head)]).await?;
    let mend_by = given.mend_by.map(|day| day.to_string()).unwrap_or_default();
    let fields =
        [("answer", given.answer.as_str()), ("words", &given.words), ("mend", &given.mend), ("mend-by", &mend_by)];
    let page = small.post_parts(&who, &format!("/attestations/{KEY}"), &fields).await;
    if page.status == 303 { Ok(()) } else { Err(refused(&format!("{who}'s answer is refused"), &page)) }
}

async fn read(small: &Small, token: &str) -> Result<(), String> {
    let page = small.get(token, &format!("/notices/{KEY}")).await;
    let Some(text) = page.between("name=\"text\" value=\"", "\"") else {
        return Err(format!("{token} has nothing to read: {}", page.status));
    };
    let fields = [("text".to_owned(), plain(&text))];
    let page = small.post(token, &format!("/notices/{KEY}/read"), &fields).await;
    if page.status == 303 { Ok(()) } else { Err(refused(&format!("{token} cannot say that it is read"), &page)) }
}

async fn issue(small: &Small, declaration: &Declaration) -> Result<(), String> {
    use declare::Moment;
    let moments = declaration.notice.iter().flat_map(|notice| &notice.moments);
    let how = moments.into_iter().find_map(|moment| match moment {
        Moment::Letter => Some("letter"),
        Moment::Poster => Some("poster"),
        Moment::WebPage => Some("web-page"),
        Moment::HandIn => Some("hand-in"),
        Moment::Induction | Moment::SignIn | Moment::Session | Moment::BlockPage => None,
    });
    let how = how.ok_or("the notice has no moment at which it is issued")?;
    let fields = [("how", how), ("text", "0"), ("place", "The hall"), ("copies", "1")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page = small.post("@headteacher", &format!("/notices/{KEY}/issue"), &fields).await;
    if page.status == 303 { Ok(()) } else { Err(refused("it cannot be issued", &page)) }
}

//! Several questions about one control, on one page: each is answered or left.

use super::*;
use crate::attestations::{
    asked::Item,
    views::{AnswerFields, Asking, SeveralPage},
};
use webkit::kit::{Choice, Choices, Field, TextArea};

/// The fields of an answer; their names begin with what `names` says. `alone` is a page of its own, with a file.
pub(super) fn fields(
    item: &Item<'_>,
    form: &service::Form,
    names: Names<'_>,
    mistakes: &Mistakes,
    alone: bool,
) -> AnswerFields {
    let (answer, words, mend, mend_by) = (names.of("answer"), names.of("words"), names.of("mend"), names.of("mend-by"));
    let choices = vec![
        Choice::new("yes", "Yes, it is so"),
        Choice::new("no", "No, something is not so"),
        Choice::new("not-applicable", "It does not apply at this school"),
    ];
    let mut radios = Choices::radios(&answer, if alone { item.question() } else { "Your answer" }, choices);
    if !form.answer.is_empty() {
        radios = radios.chosen(form.answer.clone());
    }
    let hint = if item.evidence_required() {
        "Yes: what you looked at. No: what is not so. Does not apply: why."
    } else {
        "You may leave this out where it is so. No: what is not so. Does not apply: why."
    };
    let open = form.answer == "no" || mistakes.of(&mend).is_some() || mistakes.of(&mend_by).is_some();
    AnswerFields {
        answer: radios.check(mistakes),
        words: TextArea::new(&words, "In a few words").hint(hint).value(form.words.clone()).check(mistakes),
        mend: TextArea::new(&mend, "What will be done about it?").value(form.mend.clone()).check(mistakes),
        mend_by: Field::text(&mend_by, "By which day?")
            .hint("For example 4 12 2026")
            .width("10")
            .value(form.mend_by.clone())
            .check(mistakes),
        file: alone.then(|| {
            Field::file("file", "A file that shows it")
                .hint("A photograph, a PDF or a document, if you have one. It is kept sealed.")
                .check(mistakes)
        }),
        open,
    }
}

/// The most questions that one page asks.
const MOST: usize = 40;

fn of_control<'k>(known: &'k Known, session: &Session, control: &str) -> Vec<Looked<'k>> {
    let mut waiting = known.waiting_for(session);
    waiting.retain(|looked| looked.item.binding.control.to_string() == control && looked.may(session).is_some());
    waiting.truncate(MOST);
    waiting
}

pub(super) async fn show(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(control): Path<String>,
) -> PageResult {
    let (_, known) = known(&engines, &visit, &session).await?;
    let Some(known) = known else { return none(&visit) };
    let waiting = of_control(&known, &session, &control);
    if waiting.is_empty() {
        return Err(PageError::NotFound);
    }
    html(&page(&visit, &known, &control, &waiting, &BTreeMap::new(), &Mistakes::new()))
}

fn page(
    visit: &Visit,
    known: &Known,
    control: &str,
    waiting: &[Looked<'_>],
    forms: &BTreeMap<String, service::Form>,
    mistakes: &Mistakes,
) -> SeveralPage {
    let first = waiting.first().map(|looked| &looked.item);
    let page = visit.page("Confirm several clauses").back("What is confirmed", "/attestations");
    let empty = service::Form::default();
    SeveralPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        title: first.map(Item::title).unwrap_or_default(),
        question: first.map(|item| item.question().to_owned()).unwrap_or_default(),
        lead: match waiting.len() {
            1 => "One clause asks this.".to_owned(),
            many => format!("{many} clauses ask this. Answer as many as you like; the others wait."),
        },
        help: first.map(|item| item.help().to_owned()).unwrap_or_default(),
        action: format!("/attestations/several/{control}"),
        asking: waiting
            .iter()
            .enumerate()
            .map(|(nth, looked)| {
                let key = &looked.item.binding.key;
                let form = forms.get(key).unwrap_or(&empty);
                Asking {
                    key: key.clone(),
                    number: looked.item.clause.number.clone(),
                    clause: looked.item.clause.html.clone(),
                    system: system(known, looked),
                    fields: fields(&looked.item, form, Names(&format!("{nth}-")), mistakes, false),
                }
            })
            .collect(),
        summary: mistakes.summary(),
    }
}

pub(super) async fn send(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(control): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let (school, known) = known(&engines, &visit, &session).await?;
    let Some(known) = known else { return none(&visit) };
    let waiting = of_control(&known, &session, &control);
    let forms = typed(fields);
    let mut mistakes = Mistakes::new();
    let mut given: Vec<Given> = Vec::new();
    let mut may = None;
    for (nth, looked) in waiting.iter().enumerate() {
        let Some(form) = forms.get(&looked.item.binding.key) else { continue };
        // A question without an answer waits; words without one are not thrown away.
        if form.answer.is_empty() && form.words.trim().is_empty() && form.mend.trim().is_empty() {
            continue;
        }
        may = may.or_else(|| looked.may(&session));
        given.extend(service::check(form, &looked.item, false, known.today, Names(&format!("{nth}-")), &mut mistakes));
    }
    if !mistakes.is_empty() {
        return refused(&page(&visit, &known, &control, &waiting, &forms, &mistakes));
    }
    let (Some(may), false) = (may, given.is_empty()) else {
        return Ok(visit.see_other_saying("/attestations", "Nothing was answered, so nothing is kept."));
    };
    let said = match given.len() {
        1 => "Your answer is kept.".to_owned(),
        many => format!("Your {many} answers are kept."),
    };
    stored(service::answer(&school, may, given, None, visit.now()).await)?;
    Ok(visit.see_other_saying("/attestations", &said))
}

/// The forms of a page, by the key of their binding.
fn typed(fields: Vec<(String, String)>) -> BTreeMap<String, service::Form> {
    let mut by_place: BTreeMap<String, (String, service::Form)> = BTreeMap::new();
    for (name, value) in fields {
        let Some((place, field)) = name.split_once('-') else { continue };
        if place.parse::<usize>().is_err() {
            continue;
        }
        let (key, form) = by_place.entry(place.to_owned()).or_default();
        match field {
            "key" => *key = value,
            "answer" => form.answer = value,
            "words" => form.words = value,
            "mend" => form.mend = value,
            "mend-by" => form.mend_by = value,
            _ => {}
        }
    }
    by_place.into_values().filter(|(key, _)| !key.is_empty()).collect()
}

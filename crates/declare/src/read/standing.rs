//! How a clause stands by the entries of a register: `[standing]`.

use kernel::{Every, period::Unit};

use super::{
    field::register_name,
    register::{Known, sentence},
    table::Table,
};
use crate::{
    Cover, CoverOf, Empty, Field, FieldKind, Overdue, StandingRule, Wrong, expression::Condition, sentence::Sentence,
};

const EMPTY: [(&str, Empty); 2] = [("not-kept", Empty::NotKept), ("untried", Empty::Untried)];
const OVERDUE: [(&str, Overdue); 2] = [("not-kept", Overdue::NotKept), ("shown", Overdue::Shown)];

#[derive(Clone, Copy)]
enum Of {
    People,
    Classes,
    Years,
    Entries,
}

const COVERS: [(&str, Of); 4] =
    [("people", Of::People), ("classes", Of::Classes), ("years", Of::Years), ("entries", Of::Entries)];

/// How long before the day a clause is said to be due, where nothing is said: a month, less for what comes more often.
fn before(every: Option<Every>) -> Every {
    let day = jiff::civil::date(2026, 1, 1);
    let days = every.map_or(365, |every| (every.after(day) - day).get_days());
    let before = if days > 90 { 30 } else { u32::try_from(days / 3).unwrap_or(0).max(1) };
    Every::new(before, Unit::Day)
}

/// Reads `[standing]`. Where it is left out, every entry counts, and a clause is kept while there is one.
pub(super) fn rule(top: &Table<'_, '_>, known: &Known<'_>, items: &str) -> StandingRule {
    let usual = || {
        let text = format!("{{count}} {items} are recorded.");
        Sentence::parse(&text, &["count"]).unwrap_or_default()
    };
    let Some(table) = top.table("standing", "`[standing]`") else {
        return StandingRule {
            counts: None,
            empty: Empty::NotKept,
            wrong: Vec::new(),
            overdue: Overdue::NotKept,
            cover: None,
            fresh: None,
            every: None,
            before: before(None),
            kept: usual(),
            due: None,
            none: None,
        };
    };
    let cover = cover(&table, known);
    let terms: Vec<String> = known.terms.iter().map(|term| format!("term.{}", term.name)).collect();
    let mut names = vec!["count"];
    names.extend(terms.iter().map(String::as_str));
    let wrong = wrong(&table, known, &names);
    names.extend(["open", "ended", "latest"]);
    let days = known.fields.iter().filter(|field| field.kind == FieldKind::Date);
    let days: Vec<String> = days.map(|field| format!("latest.{}", field.name)).collect();
    names.extend(days.iter().map(String::as_str));
    if table.get("cover").is_some() {
        names.extend(["covered", "of", "sure", "soon"]);
    }
    let rule = StandingRule {
        counts: known.condition(&table, "counts"),
        empty: table.one_of("empty", &EMPTY).unwrap_or(Empty::NotKept),
        wrong,
        overdue: table.one_of("overdue", &OVERDUE).unwrap_or(Overdue::NotKept),
        cover,
        fresh: known.date(&table, "fresh"),
        every: table.every("every"),
        before: table.every("before").unwrap_or_else(|| before(table.every("every"))),
        kept: table.text("kept").map_or_else(usual, |text| sentence(&table, &text, &names)),
        due: table.text("due").map(|text| sentence(&table, &text, &names)),
        none: none(&table),
    };
    if top.get("due").is_none() && table.get("overdue").is_some() {
        let help = Some("add a `[due]`, or leave it out".to_owned());
        table.report.say(table.place("overdue"), "nothing falls due in this register", help);
    }
    table.done();
    rule
}

fn none(table: &Table<'_, '_>) -> Option<String> {
    let text = table.text("none")?;
    let words = text.value.trim();
    if words.ends_with('.') {
        let help = "it stands on a button: leave the full stop out".to_owned();
        table.report.say(text.span.clone(), "`none` ends with a full stop", Some(help));
    }
    Some(words.to_owned())
}

fn wrong(standing: &Table<'_, '_>, known: &Known<'_>, names: &[&str]) -> Vec<Wrong> {
    let mut all = Vec::new();
    for table in standing.tables("wrong", "a rule of `wrong`") {
        if table.get("if").is_none() {
            table.missing("if");
        }
        let (when, says, mend) = (known.condition(&table, "if"), table.need_text("says"), table.words("mend"));
        table.done();
        if let (Some(when), Some(says)) = (when, says) {
            all.push(Wrong { when, says: sentence(&table, &says, names), mend });
        }
    }
    all
}

fn cover(standing: &Table<'_, '_>, known: &Known<'_>) -> Option<Cover> {
    let table = standing.table("cover", "`cover`")?;
    if table.get("of").is_none() {
        table.missing("of");
    }
    let of = table.one_of("of", &COVERS)?;
    let field = table.need_text("field");
    let field = field.and_then(|text| known.field(&table, &text));
    let of = match of {
        Of::People => CoverOf::People(table.need_audience("who")),
        Of::Classes => CoverOf::Classes,
        Of::Years => CoverOf::Years,
        Of::Entries => {
            let register = register_name(&table, "register", known.others)?;
            let text = table.text("if");
            // What the other register has is known once all files were looked through.
            let scope = known.others.and_then(|others| others.get(&register)).map(|outline| &outline.scope);
            let when =
                text.zip(scope).and_then(|(text, scope)| table.expression(&text, |it| Condition::parse(it, scope)));
            CoverOf::Entries { register, when }
        }
    };
    let percent = table.whole("percent", 1, 100).and_then(|percent| u8::try_from(percent).ok()).unwrap_or(100);
    table.done();
    let field = field?;
    if let Some(wanted) = misfit(&of, field) {
        let help = Some(format!("name a field of kind {wanted}"));
        let message = format!("`{}` does not say what is covered", field.name);
        table.report.say(table.get("field").map_or(table.span.clone(), |value| value.span()), message, help);
    }
    Some(Cover { of, field: field.name.clone(), percent })
}

/// The kind of field that the cover needs, where `field` is of another.
fn misfit(of: &CoverOf, field: &Field) -> Option<String> {
    let (fits, wanted) = match of {
        CoverOf::People(_) => (matches!(field.kind, FieldKind::Person { .. }), "`person` or `people`".to_owned()),
        CoverOf::Classes => (matches!(field.kind, FieldKind::Class { .. }), "`class` or `classes`".to_owned()),
        CoverOf::Years => (matches!(field.kind, FieldKind::Year { .. }), "`year` or `years`".to_owned()),
        CoverOf::Entries { register, .. } => (
            matches!(&field.kind, FieldKind::Entry { of, .. } if of == register),
            format!("`entry` or `entries` of `{register}`"),
        ),
    };
    (!fits).then_some(wanted)
}

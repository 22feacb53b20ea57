//! Whether what stands in an entry may stand so, field by field.

use kernel::time::date_in_words;

use crate::{Choice, Context, Field, FieldKind, FieldName, Move, Register, Required, Sentence, Value};

/// Whether whoever enters sees a field: what is hidden is not asked of them.
pub type Sees<'a> = &'a dyn Fn(&Field) -> bool;

/// What is wrong with an entry, by field, as the form says it beside each. Fields that whoever enters does not see are
/// not asked for.
pub fn check_entry(register: &Register, context: &Context<'_>, sees: Sees<'_>) -> Vec<(FieldName, String)> {
    let mut wrong = Vec::new();
    for field in &register.fields {
        let message = match context.values.get(field.name.as_str()) {
            Some(value) => misfit(&field.kind, value),
            None => {
                let required = match &field.required {
                    Required::No => false,
                    Required::Yes => true,
                    Required::If(condition) => condition.holds(context),
                };
                (required && sees(field)).then(|| asked(&field.kind).to_owned())
            }
        };
        wrong.extend(message.map(|message| (field.name.clone(), message)));
    }
    wrong
}

/// What is wrong with taking a step, with the values as they will be after it: by field, or of the whole.
pub fn check_move(
    register: &Register,
    step: &Move,
    before: Option<&str>,
    after: &Context<'_>,
    sees: Sees<'_>,
) -> Vec<(Option<FieldName>, String)> {
    if !step.leads_from(before) {
        let label = register.states.iter().find(|state| Some(state.name.as_str()) == before);
        let label = label.map_or("as it is", |state| state.label.as_str());
        return vec![(None, format!("This cannot be done now: the {} is “{label}”", register.item))];
    }
    let mut wrong: Vec<(Option<FieldName>, String)> = Vec::new();
    for name in &step.asks {
        let field = register.fields.iter().find(|field| field.name == *name);
        if let (Some(field), None) = (field, after.values.get(name.as_str())) {
            wrong.push((Some(name.clone()), asked(&field.kind).to_owned()));
        }
    }
    let others = check_entry(register, after, sees).into_iter().filter(|(name, _)| !step.asks.contains(name));
    wrong.extend(others.map(|(name, message)| (Some(name), message)));
    if let Some((condition, message)) = &step.needs
        && wrong.is_empty()
        && !condition.holds(after)
    {
        wrong.push((None, message.clone()));
    }
    wrong
}

impl Move {
    /// Whether the step leads from a state.
    pub fn leads_from(&self, state: Option<&str>) -> bool {
        self.from.is_empty() || state.is_some_and(|state| self.from.iter().any(|from| from == state))
    }
}

impl Register {
    /// The state of a new entry.
    pub fn first_state(&self) -> Option<&str> {
        self.states.first().map(|state| state.name.as_str())
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.as_str() == name)
    }

    /// Whether entries in a state are done with.
    pub fn is_ended(&self, state: Option<&str>) -> bool {
        self.states.iter().any(|known| known.ended && Some(known.name.as_str()) == state)
    }

    /// How an entry is called; `value` says what stands in a field, in words.
    pub fn title(&self, context: &Context<'_>, value: &dyn Fn(&Field, &Value) -> String) -> String {
        self.say(&self.entry_title, context, value)
    }

    /// A sentence about an entry: its title, or what is to be done when it falls due.
    pub fn say(&self, sentence: &Sentence, context: &Context<'_>, value: &dyn Fn(&Field, &Value) -> String) -> String {
        sentence.fill(&|name| match name {
            "entered" => Some(date_in_words(context.entered())),
            "clause" => context.clause.map(ToOwned::to_owned),
            "state" => {
                let state = self.states.iter().find(|state| Some(state.name.as_str()) == context.state)?;
                Some(state.label.clone())
            }
            name => Some(value(self.field(name)?, context.values.get(name)?)),
        })
    }
}

/// What the form says of a field that must be filled and is not.
fn asked(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Text { .. } | FieldKind::Place => "Fill this in",
        FieldKind::Number { whole: true, .. } => "Enter a whole number",
        FieldKind::Number { whole: false, .. } => "Enter a number",
        FieldKind::Money => "Enter an amount, such as £1,250.50",
        FieldKind::Date => "Enter a date, such as 27 3 2026",
        FieldKind::Time => "Enter a time, such as 15:30",
        FieldKind::Choice { many: false, .. } => "Choose one",
        FieldKind::Choice { many: true, .. } => "Choose at least one",
        FieldKind::YesNo => "Choose yes or no",
        FieldKind::Person { many: false, .. } => "Enter a name",
        FieldKind::Person { many: true, .. } => "Enter at least one name",
        FieldKind::Role => "Choose a role",
        FieldKind::Class { .. } => "Choose a class",
        FieldKind::Year { .. } => "Choose a year group",
        FieldKind::Entry { .. } => "Choose an entry",
        FieldKind::File { .. } => "Add a file",
        FieldKind::Signature => "Type your name to sign",
        FieldKind::Address => "Enter a web address, such as https://www.example.org/help",
        FieldKind::Clause => "Choose a clause",
    }
}

/// What is wrong with a value that did not come through the form: from the API, or from before the field was changed.
fn misfit(kind: &FieldKind, value: &Value) -> Option<String> {
    let other = || Some("This is not what the field takes".to_owned());
    let unknown = |choices: &[Choice], names: &[String]| {
        let missing = names.iter().find(|name| !choices.iter().any(|choice| choice.name == **name));
        missing.map(|name| format!("“{name}” can no longer be chosen"))
    };
    match (kind, value) {
        (FieldKind::Text { longest, .. }, Value::Text(text)) => {
            (text.chars().count() > *longest).then(|| format!("Shorten this: it may have {longest} characters"))
        }
        (FieldKind::Number { least, most, whole, .. }, Value::Number(number)) => match (least, most) {
            _ if !number.is_finite() => other(),
            (Some(least), _) if number < least => Some(format!("Enter {least} or more")),
            (_, Some(most)) if number > most => Some(format!("Enter {most} or less")),
            (_, _) => (*whole && number.fract() != 0.0).then(|| "Enter a whole number".to_owned()),
        },
        (FieldKind::Choice { choices, many: false }, Value::Choice(name)) => {
            unknown(choices, std::slice::from_ref(name))
        }
        (FieldKind::Choice { choices, many: true }, Value::Choices(names)) => unknown(choices, names),
        (FieldKind::Place | FieldKind::Address | FieldKind::Clause, Value::Text(_))
        | (FieldKind::Money, Value::Money(_))
        | (FieldKind::Date, Value::Date(_))
        | (FieldKind::Time, Value::Time(_))
        | (FieldKind::YesNo, Value::YesNo(_))
        | (FieldKind::Person { many: false, .. }, Value::Person(_))
        | (FieldKind::Person { many: true, .. }, Value::People(_))
        | (FieldKind::Role, Value::Role(_))
        | (FieldKind::Class { many: false }, Value::Class(_))
        | (FieldKind::Class { many: true }, Value::Classes(_))
        | (FieldKind::Year { many: false }, Value::Year(_))
        | (FieldKind::Year { many: true }, Value::Years(_))
        | (FieldKind::Entry { many: false, .. }, Value::Entry(_))
        | (FieldKind::Entry { many: true, .. }, Value::Entries(_))
        | (FieldKind::File { .. }, Value::File { .. })
        | (FieldKind::Signature, Value::Signature { .. }) => None,
        (_, _) => other(),
    }
}

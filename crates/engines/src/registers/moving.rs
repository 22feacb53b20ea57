//! Steps from one state to the next, of one entry or of several.

use declare::{Entry, Field, Move, Register, Required, Values};
use serde_json::json;
use uuid::Uuid;

use super::{
    book::{Book, Mover},
    error::{Refusal, RegisterError},
    judge::Judge,
    stored::Kept,
    valid,
    writing::{Draft, not_theirs},
};

impl Book {
    /// The steps that lead on from where an entry is, for those who may take them.
    pub fn steps(&self, kept: &Kept) -> Vec<&Move> {
        self.register
            .moves
            .iter()
            .filter(|step| {
                self.access.may_take_of(step, &self.register, &kept.entry) && leads(&self.register, step, kept)
            })
            .collect()
    }
}

/// Whether a step leads on from where an entry is. It may lead back to where it is, to look again, where it says so or
/// there is no other state.
fn leads(register: &Register, step: &Move, kept: &Kept) -> bool {
    let state = kept.entry.state.as_deref();
    let stays = state == Some(step.to.as_str());
    let from = match step.from.as_slice() {
        [] => !stays || register.states.len() == 1,
        some => some.iter().any(|from| Some(from.as_str()) == state),
    };
    kept.struck.is_none() && from
}

impl<'a> Mover<'a> {
    /// The fields that the step asks for, of those that its taker sees.
    pub fn asks(&self) -> Vec<&'a Field> {
        let fields = self.book.access.form(&self.book.register);
        let mut asked: Vec<&'a Field> = fields.filter(|field| self.step.asks.contains(&field.name)).collect();
        asked.sort_by_key(|field| self.step.asks.iter().position(|name| *name == field.name));
        asked
    }

    /// The fields that the step asks of an entry: its own, and those that are empty and must be filled from then on, once
    /// `values` are entered.
    pub fn asks_of(&self, entry: &Entry, values: &Values) -> Vec<&'a Field> {
        let mut asked = self.asks();
        let mut after = entry.clone();
        after.state = Some(self.step.to.clone());
        after.values.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
        let judge = Judge::new(self.book, &after);
        asked.extend(self.book.access.form(&self.book.register).filter(|field| {
            let needed = match &field.required {
                Required::No => false,
                Required::Yes => true,
                Required::If(condition) => judge.holds(condition),
            };
            needed && entry.value(&field.name).is_none() && !self.step.asks.contains(&field.name)
        }));
        asked
    }

    /// The fields that are empty and that the step waits for besides: those of its condition, while that does not hold
    /// without them. They are shown where it is taken, so that nobody has to look for them elsewhere.
    pub fn wants_of(&self, entry: &Entry, values: &Values) -> Vec<&'a Field> {
        let Some((condition, _)) = &self.step.needs else { return Vec::new() };
        let asked = self.asks_of(entry, values);
        let mut after = entry.clone();
        after.values.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
        if Judge::new(self.book, entry).holds(condition) || Judge::new(self.book, &after).holds(condition) {
            return Vec::new();
        }
        let form = self.book.access.form(&self.book.register);
        form.filter(|field| {
            condition.uses(field.name.as_str())
                && entry.value(&field.name).is_none()
                && asked.iter().all(|other| other.name != field.name)
        })
        .collect()
    }

    /// What the page of the step shows: what it asks for, and what it waits for.
    pub fn shows_of(&self, entry: &Entry, values: &Values) -> Vec<&'a Field> {
        let mut shown = self.asks_of(entry, values);
        shown.extend(self.wants_of(entry, &Values::new()));
        shown
    }

    /// Whether the step leads on from where the entry is.
    pub fn leads(&self, kept: &Kept) -> bool {
        leads(&self.book.register, self.step, kept)
    }

    /// Takes the step with an entry that was read in `version`. Of the draft only the fields count that the step asks
    /// of the entry; each of them must be filled.
    ///
    /// # Errors
    /// [`RegisterError::NotNow`] where it does not lead on from where the entry is; [`RegisterError::Changed`] where
    /// somebody was quicker; [`RegisterError::Refused`]; or where the store refuses.
    pub async fn take(&self, id: Uuid, version: i64, draft: Draft) -> Result<Kept, RegisterError> {
        let book = self.book;
        let kept = book.whole(id).await?;
        if kept.entry.version != version {
            return Err(book.changed(kept));
        }
        let (values, files) = (draft.values, draft.files);
        let files_of: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let entry = self.moved(&kept, &self.asks_of(&kept.entry, &values), &values, &files_of)?;
        let state = json!([kept.entry.state, entry.state]);
        book.write("register.move", kept, entry, None, files, json!({ "move": self.step.name, "state": state })).await
    }

    /// Takes the step with several entries, each as an act of its own and all in one transaction. Those from which it
    /// does not lead on are left alone. Says how many were moved.
    ///
    /// # Errors
    /// [`RegisterError::Refused`] where one of them may not, or where the store refuses.
    pub async fn take_all(&self, ids: &[Uuid], values: &Values) -> Result<usize, RegisterError> {
        let book = self.book;
        let mut all = Vec::new();
        for kept in book.wholes(ids).await? {
            if !leads(&book.register, self.step, &kept) {
                continue;
            }
            let asked = self.asks_of(&kept.entry, values);
            let entry = self.moved(&kept, &asked, values, &[]).map_err(|error| named(error, &kept))?;
            all.push((kept, entry));
        }
        book.write_all("register.move", all, &json!({ "move": self.step.name, "together": ids.len() })).await
    }

    fn moved(&self, kept: &Kept, asked: &[&Field], values: &Values, files: &[&str]) -> Result<Entry, RegisterError> {
        if !leads(&self.book.register, self.step, kept) {
            return Err(RegisterError::NotNow);
        }
        if !self.book.access.may_take_of(self.step, &self.book.register, &kept.entry) {
            return Err(not_theirs());
        }
        let mut entry = kept.entry.clone();
        entry.state = Some(self.step.to.clone());
        let mut refusals = Vec::new();
        for field in self.wants_of(&kept.entry, &Values::new()) {
            if let Some(value) = values.get(field.name.as_str()) {
                refusals.extend(valid::refusal(field, value));
                entry.values.insert(field.name.to_string(), value.clone());
            }
        }
        for field in asked {
            match values.get(field.name.as_str()) {
                Some(value) => {
                    refusals.extend(valid::refusal(field, value));
                    entry.values.insert(field.name.to_string(), value.clone());
                }
                None if files.contains(&field.name.as_str()) => {}
                None => refusals.push(Refusal::of(&field.name, valid::missing(field))),
            }
        }
        if refusals.is_empty()
            && let Some((condition, says)) = &self.step.needs
            && !Judge::new(self.book, &entry).holds(condition)
        {
            refusals.push(Refusal::whole(says.trim_end_matches('.')));
        }
        if refusals.is_empty() { Ok(entry) } else { Err(RegisterError::Refused(refusals)) }
    }
}

/// Says of which entry something is refused.
fn named(error: RegisterError, kept: &Kept) -> RegisterError {
    match error {
        RegisterError::Refused(all) => RegisterError::Refused(
            all.into_iter()
                .map(|refusal| Refusal { says: format!("{}: {}", kept.title, refusal.says), field: refusal.field })
                .collect(),
        ),
        other @ (RegisterError::NotFound
        | RegisterError::NotNow
        | RegisterError::Changed(_)
        | RegisterError::Store(_)
        | RegisterError::Port(_)) => other,
    }
}

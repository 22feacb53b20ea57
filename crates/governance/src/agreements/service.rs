//! Signatures: who signed which text, when; and what signing is.
//!
//! A signature is under the words of an agreement, not under a version of the policy: it holds until the
//! words change. One agreement binds a person, the narrowest whose audience holds them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use kernel::{AgreementId, Digest, PersonId, SchoolTime, Subject, time::date_in_words};
use policy::{Agreement, Policy};
use serde_json::json;
use store::{
    Act, School, StoreError,
    entity::agreements_signature,
    query::ColumnTrait,
    time::{millis, timestamp},
};
use webkit::{Permit, kit::Mistakes, permit::MaySignAgreement};

use super::text;
use crate::policy_pages::service::InForce;

/// What the act of signing is called in the ledger.
pub const SIGN: &str = "agreements.sign";
/// The event that opens the gateway.
pub const SIGNED: &str = "agreements.signed";

/// The longest name that is taken.
const NAME_LIMIT: usize = 200;

/// Why a signature was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// Something is to be corrected; nothing typed is lost.
    #[error("the form is not complete")]
    Refused(Mistakes),
    /// No such agreement.
    #[error("the policy has no agreement called `{0}`")]
    Unknown(String),
    /// It binds others.
    #[error("the agreement `{0}` is for others to sign")]
    NotYours(String),
    /// The permit is of another school.
    #[error("the permission was given in another school")]
    OtherSchool,
    /// The store refused.
    #[error("cannot store the signature")]
    Store(#[from] StoreError),
}

/// Who signs, and how.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The proof that the person may sign.
    pub may: MaySignAgreement,
    /// What audiences ask of the person.
    pub subject: &'a Subject,
    /// Whether a name has to be typed: not by the youngest, who press a button.
    pub types: bool,
}

/// A filled form.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SignForm {
    /// Whether the person says that it was read.
    pub read: bool,
    /// The name as typed.
    pub name: String,
}

/// A signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    /// The identifier.
    pub id: AgreementId,
    /// Who signed.
    pub person: PersonId,
    /// The name of the agreement in the policy.
    pub agreement: String,
    /// The digest of the text that was signed.
    pub text: Digest,
    /// The digest of the policy in force at the time.
    pub policy: Digest,
    /// When.
    pub at: Timestamp,
    /// The name as the person wrote it; empty where a button was pressed.
    pub name: String,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signature").field("id", &self.id).field("agreement", &self.agreement).finish_non_exhaustive()
    }
}

/// How somebody stands to the agreement that binds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedState {
    /// The name of the agreement; none where none binds the person.
    pub agreement: Option<String>,
    /// When its present words were signed.
    pub on: Option<Timestamp>,
    /// When other words of it were signed last, where the present ones are not.
    pub earlier: Option<Timestamp>,
}

impl SignedState {
    /// Whether the present words of the agreement that binds the person are signed.
    pub fn is_signed(&self) -> bool {
        self.on.is_some()
    }

    /// What the gateway is told: [`rules`] says whether the policy asks for a signature of this person.
    pub fn for_gateway(&self, policy: &Policy, subject: &Subject) -> kernel::Signed {
        rules::access::gated_on_agreement::signed(policy, subject, self.is_signed())
    }
}

/// Signs an agreement of the policy in force for the person of the permit: row, act and event in one
/// transaction. Where the present words are signed already, nothing is done and that signature is given.
///
/// # Errors
/// Why it was not taken; a [`SignError::Refused`] says what to correct.
pub async fn sign(
    school: &School,
    in_force: &InForce,
    signer: Signer<'_>,
    name: &str,
    form: &SignForm,
    now: Timestamp,
) -> Result<Signature, SignError> {
    if signer.may.school() != school.id() {
        return Err(SignError::OtherSchool);
    }
    let policy = &in_force.policy;
    let agreement = policy.agreement(name).ok_or_else(|| SignError::Unknown(name.to_owned()))?;
    let binds = rules::agreements::agreement_for(policy, signer.subject);
    if binds.is_none_or(|own| own.name != agreement.name) {
        return Err(SignError::NotYours(name.to_owned()));
    }
    let errors = check(form, signer.types);
    if !errors.is_empty() {
        return Err(SignError::Refused(errors));
    }
    let person = signer.may.by();
    let row = agreements_signature::Model {
        id: store::ids::new_id(now)?,
        school_id: school.id().0,
        person_id: person.0,
        agreement: agreement.name.clone(),
        agreement_digest: text::digest(agreement).to_string(),
        policy_digest: in_force.digest().to_string(),
        signed_at: millis(now),
        signed_name: if signer.types { form.name.trim().to_owned() } else { String::new() },
    };
    if let Some(signed) =
        of_person(school, person).await?.into_iter().find(|it| it.text.to_string() == row.agreement_digest)
    {
        return Ok(signed);
    }
    let mut act = Act::new(SIGN, person).about_person(person).with(json!({
        "agreement": row.agreement,
        "text": row.agreement_digest,
        "policy": row.policy_digest,
    }));
    if let Some(label) = policy.bindings("agreements", "sign").find_map(|(clause, _)| clause.label.clone()) {
        act = act.under(label);
    }
    let stored = row.clone();
    school
        .act(act, now, async move |tx| {
            tx.emit(SIGNED, json!({ "person": stored.person_id, "agreement": stored.agreement }));
            tx.insert::<agreements_signature::Entity, agreements_signature::ActiveModel>(stored).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(signature(row))
}

/// What is to be corrected in a form.
fn check(form: &SignForm, types: bool) -> Mistakes {
    let mut mistakes = Mistakes::new();
    if !form.read {
        mistakes.add("read", "Read it first, then tick the box to say so");
    }
    let name = form.name.trim();
    if types && name.is_empty() {
        mistakes.add("name", "Write your name");
    } else if types && (name.chars().count() > NAME_LIMIT || name.chars().any(char::is_control)) {
        mistakes.add("name", format!("Write your name in at most {NAME_LIMIT} letters, on one line"));
    }
    mistakes
}

/// Every signature of a person, newest first.
///
/// # Errors
/// Where the store refuses.
pub async fn of_person(school: &School, person: PersonId) -> Result<Vec<Signature>, StoreError> {
    use agreements_signature::Column;
    let rows = school
        .read()
        .find::<agreements_signature::Entity>()
        .filter(Column::PersonId.eq(person.0))
        .descending(Column::SignedAt)
        .all()
        .await?;
    Ok(rows.into_iter().map(signature).collect())
}

/// How each of these people stands to the agreement that binds them. For rosters of the gateway.
///
/// # Errors
/// Where the store refuses.
pub async fn signed_state<'a>(
    school: &School,
    policy: &Policy,
    people: impl IntoIterator<Item = (PersonId, &'a Subject)>,
) -> Result<HashMap<PersonId, SignedState>, StoreError> {
    let texts: HashMap<&str, String> =
        policy.agreements.iter().map(|it| (it.name.as_str(), text::digest(it).to_string())).collect();
    let mut signed: HashMap<PersonId, Vec<(String, String, i64)>> = HashMap::new();
    for row in school.read().find::<agreements_signature::Entity>().all().await? {
        signed.entry(PersonId(row.person_id)).or_default().push((row.agreement, row.agreement_digest, row.signed_at));
    }
    let state = |person: PersonId, subject: &Subject| {
        let agreement = rules::agreements::agreement_for(policy, subject)?;
        let text = texts.get(agreement.name.as_str())?;
        let own = signed.get(&person).map_or(&[][..], Vec::as_slice);
        let on = own.iter().filter(|row| row.1 == *text).map(|row| row.2).min();
        let earlier = own.iter().filter(|row| row.0 == agreement.name && row.1 != *text).map(|row| row.2).max();
        Some(SignedState {
            agreement: Some(agreement.name.clone()),
            on: on.map(timestamp),
            earlier: if on.is_some() { None } else { earlier.map(timestamp) },
        })
    };
    let nothing = SignedState { agreement: None, on: None, earlier: None };
    Ok(people
        .into_iter()
        .map(|(person, subject)| (person, state(person, subject).unwrap_or_else(|| nothing.clone())))
        .collect())
}

/// The agreements in force that each person has signed in their present words, by name: what
/// [`rules::facts::PersonFacts::signed`] asks for.
///
/// # Errors
/// Where the store refuses.
pub async fn facts(school: &School, policy: &Policy) -> Result<BTreeMap<PersonId, BTreeSet<String>>, StoreError> {
    use agreements_signature::Column;
    let texts: BTreeMap<String, &str> =
        policy.agreements.iter().map(|it| (text::digest(it).to_string(), it.name.as_str())).collect();
    let rows = school
        .read()
        .find::<agreements_signature::Entity>()
        .filter(Column::AgreementDigest.is_in(texts.keys().cloned()))
        .all()
        .await?;
    let mut signed: BTreeMap<PersonId, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        if let Some(name) = texts.get(&row.agreement_digest) {
            signed.entry(PersonId(row.person_id)).or_default().insert((*name).to_owned());
        }
    }
    Ok(signed)
}

/// "3 September 2026".
pub(crate) fn day_of(at: Timestamp) -> String {
    date_in_words(SchoolTime::new(at).date())
}

/// The signature under the present words of an agreement, among those of a person.
pub(crate) fn under<'a>(signatures: &'a [Signature], agreement: &Agreement) -> Option<&'a Signature> {
    let text = text::digest(agreement);
    signatures.iter().find(|signature| signature.text == text)
}

fn signature(row: agreements_signature::Model) -> Signature {
    let digest = |text: &str| Digest::parse(text).unwrap_or(Digest([0; 32]));
    Signature {
        id: AgreementId(row.id),
        person: PersonId(row.person_id),
        agreement: row.agreement,
        text: digest(&row.agreement_digest),
        policy: digest(&row.policy_digest),
        at: timestamp(row.signed_at),
        name: row.signed_name,
    }
}

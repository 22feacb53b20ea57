//! Which clauses people are told of, who is told, when, and in which words. Pure.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use declare::{Declaration, Moment};
use jiff::civil::Date;
use kernel::{Audience, AudienceAtom, Breadth, Capacity, Digest, Subject};
use policy::{Binding, Block, Clause, Kind, Paragraph, Policy, Seen};

use self::text::with_clauses;
use crate::{InForce, attestations::asked::spaced};

mod text;

pub use text::{Origin, Text};

/// Before the group that says which language a home speaks: `language-pl`.
const LANGUAGE: &str = "language-";

/// One thing that people are told: a binding of the policy in force.
#[derive(Debug, Clone)]
pub struct Item<'p> {
    /// Its clause.
    pub clause: &'p Clause,
    /// The binding.
    pub binding: &'p Binding,
    /// What is declared of its control.
    pub declared: Option<&'p Declaration>,
    /// Who is told.
    pub who: Audience,
    /// When.
    pub moments: Vec<Moment>,
    /// Whether each reader says that it was read.
    pub acknowledged: bool,
    /// What the control is for, as the catalogue says it.
    purpose: String,
    policy: &'p Policy,
}

impl<'p> Item<'p> {
    /// The item of a binding; none where nobody is told of it.
    pub fn of(clause: &'p Clause, binding: &'p Binding, in_force: &'p dyn InForce) -> Option<Self> {
        let common = &binding.common;
        let policy = in_force.policy();
        let card = in_force.registry().get(&binding.control)?.card();
        let kind = card.kind;
        let systems = common.systems.iter().filter_map(|name| policy.front.systems.get(name));
        // What another system tells is confirmed, not told here.
        let elsewhere = systems.into_iter().any(|system| system.seen != Seen::Ours);
        let declared = in_force.declaration(&binding.control.to_string()).map(Arc::as_ref);
        let told = match (&common.inform, &common.attest) {
            (Some(_), _) => true,
            (None, Some(_)) => false,
            // What nothing is declared of needs a control of its own.
            (None, None) => kind == Kind::Inform && declared.is_some() && !elsewhere && !common.may,
        };
        if !told {
            return None;
        }
        let notice = declared.and_then(|declared| declared.notice.as_ref());
        let who = common
            .inform
            .clone()
            .or_else(|| common.who.clone())
            .or_else(|| notice.map(|notice| notice.who.clone()))
            .unwrap_or_else(Audience::everyone);
        let moments = notice.map(|notice| notice.moments.clone()).filter(|moments| !moments.is_empty());
        Some(Self {
            clause,
            binding,
            declared,
            moments: moments.unwrap_or_else(|| usual(&who)),
            acknowledged: notice.is_none_or(|notice| notice.acknowledged),
            purpose: card.purpose.clone(),
            who,
            policy,
        })
    }

    /// What pages call it: the declared title, else what the control is for, to the first stop.
    pub fn title(&self) -> String {
        let brief = || {
            let first = self.purpose.split([':', ';', '(', ',', '.']).next().unwrap_or_default().trim();
            if first.is_empty() { spaced(self.binding.control.name()) } else { first.to_owned() }
        };
        self.declared.map_or_else(brief, |declared| declared.title.clone())
    }

    /// Whether the clause has somebody told.
    pub fn binds(&self, subject: &Subject) -> bool {
        let excepted = self.binding.common.except.as_ref().and_then(|except| except.who.as_ref());
        self.who.contains(subject) && !excepted.is_some_and(|who| who.contains(subject))
    }

    /// Whether it waits for this person at the desk: at sign-in, or in the first year at the school.
    pub fn waits_at_desk(&self, subject: &Subject) -> bool {
        let at_desk =
            self.moments.contains(&Moment::SignIn) || (self.moments.contains(&Moment::Induction) && subject.joiner);
        at_desk && self.binds(subject)
    }

    /// Whether it is counted who has read or seen it.
    pub fn is_counted(&self) -> bool {
        [Moment::SignIn, Moment::Session, Moment::Induction].iter().any(|moment| self.moments.contains(moment))
    }

    /// Whether it is counted for this person.
    pub fn counts(&self, subject: &Subject) -> bool {
        self.waits_at_desk(subject) || (self.moments.contains(&Moment::Session) && self.binds(subject))
    }

    /// Whether somebody has to print, send or hang it up.
    pub fn is_issued(&self) -> bool {
        self.moments.contains(&Moment::Letter) || self.moments.contains(&Moment::Poster)
    }

    /// The words for a reader, in English: what reading is counted by.
    pub fn text_for(&self, reader: &Subject) -> Text<'p> {
        self.file_for(reader, None).or_else(|| self.declared_for(reader)).unwrap_or_else(|| self.clause_text())
    }

    /// The words for a reader in another language, where the policy folder has them.
    pub fn text_in(&self, reader: &Subject, language: &str) -> Option<Text<'p>> {
        self.file_for(reader, Some(language))
    }

    /// The words for a reader in the language of the reader's home, or in English.
    pub fn text_at_home(&self, reader: &Subject) -> Text<'p> {
        let own = languages_of(reader).find_map(|language| self.text_in(reader, language));
        own.unwrap_or_else(|| self.text_for(reader))
    }

    /// Every text of it, English first: files, then what is declared for others; the clause's own where there is
    /// neither.
    pub fn texts(&self) -> Vec<Text<'p>> {
        let mut texts: Vec<_> = self.files().into_iter().map(|(_, text)| text).collect();
        let everybody = texts.iter().any(|text| text.language.is_none() && text.who == self.who);
        if !everybody {
            texts.extend(self.declared_texts().filter(|text| text.who.overlaps(&self.who)));
        }
        if !texts.iter().any(|text| text.language.is_none()) {
            texts.push(self.clause_text());
        }
        texts.sort_by_key(|text| text.language.clone());
        texts
    }

    /// The digest of the English text of each reader, computed once for all of them.
    pub fn digests(&self) -> Digests {
        let files = self.files().into_iter().filter(|(_, text)| text.language.is_none());
        Digests {
            files: files.map(|(near, text)| (near, text.who.clone(), text.digest())).collect(),
            declared: self.declared_texts().map(|text| (text.who.clone(), text.digest())).collect(),
            clause: self.clause_text().digest(),
        }
    }

    /// The digests of the texts that count as the present ones.
    pub fn present(&self) -> BTreeSet<Digest> {
        self.texts().iter().chain([&self.clause_text()]).map(Text::digest).collect()
    }

    /// The files about it, each with how near it is: 0 names the clause, 1 the control.
    fn files(&self) -> Vec<(u8, Text<'p>)> {
        let control = self.binding.control.to_string();
        let near = |about: &str| match self.clause.label.as_deref() {
            Some(label) if label == about => Some(0),
            Some(_) | None => (control == about).then_some(1),
        };
        let found = self.policy.notices.iter().filter_map(|notice| {
            let near = near(notice.front.about.as_deref()?)?;
            let blocks = &notice.document.blocks;
            // The first heading is the title.
            let skip = usize::from(matches!(blocks.first(), Some(Block::Heading(_))));
            let text = Text {
                title: notice.front.title.clone(),
                version: notice.front.version.clone(),
                blocks: Cow::Borrowed(blocks.get(skip..).unwrap_or_default()),
                language: notice.front.language.clone(),
                who: notice.front.audience.clone().unwrap_or_else(|| self.who.clone()),
                origin: Origin::File,
                declared: None,
            };
            Some((near, text))
        });
        found.collect()
    }

    fn file_for(&self, reader: &Subject, language: Option<&str>) -> Option<Text<'p>> {
        self.files()
            .into_iter()
            .filter(|(_, text)| text.language.as_deref() == language)
            .filter_map(|(near, text)| Some((near, breadth(&text.who, reader)?, text)))
            .min_by_key(|(near, breadth, _)| (*near, *breadth))
            .map(|(_, _, text)| text)
    }

    fn declared_texts(&self) -> impl Iterator<Item = Text<'p>> {
        let clause = self.clause;
        let texts = self.declared.and_then(|declared| declared.notice.as_ref()).map_or(&[][..], |notice| &notice.texts);
        texts.iter().map(move |text| Text {
            title: text.title.clone(),
            version: None,
            blocks: Cow::Owned(with_clauses(&text.text, &[clause.text.as_str()])),
            language: None,
            who: text.who.clone(),
            origin: Origin::Declared,
            declared: Some(text),
        })
    }

    fn declared_for(&self, reader: &Subject) -> Option<Text<'p>> {
        self.declared_texts().find(|text| breadth(&text.who, reader).is_some())
    }

    fn clause_text(&self) -> Text<'p> {
        let paragraph = Paragraph { text: self.clause.text.clone(), html: self.clause.html.clone(), clause: None };
        Text {
            title: self.title(),
            version: None,
            blocks: Cow::Owned(vec![Block::Paragraph(paragraph)]),
            language: None,
            who: self.who.clone(),
            origin: Origin::Clause,
            declared: None,
        }
    }
}

/// The digests of an item's texts, by their readers.
pub struct Digests {
    files: Vec<(u8, Audience, Digest)>,
    declared: Vec<(Audience, Digest)>,
    clause: Digest,
}

impl Digests {
    /// The digest of what a reader reads: the same as that of [`Item::text_for`].
    pub fn of(&self, reader: &Subject) -> Digest {
        let files = self.files.iter().filter_map(|(near, who, digest)| Some((*near, breadth(who, reader)?, *digest)));
        let file = files.min_by_key(|(near, breadth, _)| (*near, *breadth)).map(|(_, _, digest)| digest);
        let declared =
            || self.declared.iter().find(|(who, _)| breadth(who, reader).is_some()).map(|(_, digest)| *digest);
        file.or_else(declared).unwrap_or(self.clause)
    }
}

/// How narrow an audience is for a reader; none where it does not hold the reader. Somebody of whom nothing is known,
/// such as whoever opens a public page, is held by what is for everyone or for parents.
fn breadth(who: &Audience, reader: &Subject) -> Option<Breadth> {
    who.breadth_for(reader)
}

/// The moments where nothing is declared: those who sign in read it then; others get a letter.
fn usual(who: &Audience) -> Vec<Moment> {
    let away = |atom: &AudienceAtom| match atom {
        AudienceAtom::All(capacity) => matches!(capacity, Capacity::Parent | Capacity::Guest | Capacity::Outside),
        AudienceAtom::Role(role) => {
            matches!(role.capacity(), Capacity::Parent | Capacity::Guest | Capacity::Outside)
        }
        AudienceAtom::Relation(relation) => *relation == kernel::audience::Relation::Parent,
        AudienceAtom::Everyone
        | AudienceAtom::Years(..)
        | AudienceAtom::Stage(_)
        | AudienceAtom::Class(_)
        | AudienceAtom::Group(_)
        | AudienceAtom::Joiners => false,
    };
    if who.atoms().iter().all(away) { vec![Moment::Letter] } else { vec![Moment::SignIn] }
}

/// The languages of a home, other than English, as its groups say them.
pub fn languages_of(reader: &Subject) -> impl Iterator<Item = &str> {
    reader.groups.iter().filter_map(|group| group.strip_prefix(LANGUAGE))
}

/// Every item of the policy in force that has begun on `today`, in the order of the policy.
pub fn items(in_force: &dyn InForce, today: Date) -> Vec<Item<'_>> {
    in_force
        .policy()
        .all_bindings()
        .filter(|(_, binding)| binding.common.begun(today))
        .filter_map(|(clause, binding)| Item::of(clause, binding, in_force))
        .collect()
}

/// A sentence that pages of blocked sites say besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPageLine {
    /// To whom.
    pub who: Audience,
    /// To whom of these not after all.
    pub except: Option<Audience>,
    /// Its words for different readers: the first sentence of each text.
    pub words: Vec<LineWords>,
}

/// The words of such a sentence for some readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineWords {
    /// For whom; for everybody where nothing is said.
    pub who: Option<Audience>,
    /// The language, where it is not English.
    pub language: Option<String>,
    /// The smallest that fits a reader is read; of equal ones, that for the narrower audience.
    pub place: usize,
    /// What is said.
    pub sentence: String,
}

/// What pages of blocked sites say besides, in the order of the policy: each reader reads the first that is for them, in
/// the same words as where it is told in full. None where the policy tells nothing there.
pub fn block_page_lines(in_force: &dyn InForce, today: Date) -> Vec<BlockPageLine> {
    let told = items(in_force, today).into_iter().filter(|item| item.moments.contains(&Moment::BlockPage));
    told.map(|item| item.block_page_line()).collect()
}

impl Item<'_> {
    fn block_page_line(&self) -> BlockPageLine {
        let words = |place: usize, who: Option<Audience>, text: Text<'_>| {
            let sentence = first_sentence(&text.first_line()).to_owned();
            LineWords { who, language: text.language, place, sentence }
        };
        let mut all: Vec<LineWords> =
            self.files().into_iter().map(|(near, text)| words(near.into(), Some(text.who.clone()), text)).collect();
        // Declared texts are asked in their order, however narrow they are, after every file.
        let declared = self.declared_texts().enumerate();
        all.extend(declared.map(|(nth, text)| words(10 + nth, Some(text.who.clone()), text)));
        all.push(words(usize::MAX, None, self.clause_text()));
        let except = self.binding.common.except.as_ref().and_then(|except| except.who.clone());
        BlockPageLine { who: self.who.clone(), except, words: all }
    }
}

/// A text to its first stop.
pub(super) fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let stop = text.char_indices().find(|(at, char)| {
        let end = at + char.len_utf8();
        matches!(char, '.' | '!' | '?') && text.get(end..).is_some_and(|rest| rest.starts_with(char::is_whitespace))
    });
    stop.and_then(|(at, char)| text.get(..at + char.len_utf8())).unwrap_or(text)
}

/// Items of one control together, in the order in which the first of each stands.
pub fn grouped<'i, 'p>(items: impl IntoIterator<Item = &'i Item<'p>>) -> Vec<Vec<&'i Item<'p>>>
where
    'p: 'i,
{
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&'i Item<'p>>> = Vec::new();
    for item in items {
        let control = item.binding.control.to_string();
        match place.get(&control).and_then(|nth| groups.get_mut(*nth)) {
            Some(group) => group.push(item),
            None => {
                place.insert(control, groups.len());
                groups.push(vec![item]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests;

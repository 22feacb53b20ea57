//! What pages of blocked sites say besides, from the notices of the policy: chosen for whoever reads the page.

use kernel::{Audience, Role, Subject};

/// Sentences that the policy has the page of a blocked site say, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockLines(pub Vec<BlockLine>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockLine {
    /// To whom it is said.
    pub who: Audience,
    /// To whom of these it is not said after all.
    pub except: Option<Audience>,
    /// Its words for different readers.
    pub words: Vec<LineWords>,
}

/// Words for some readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineWords {
    /// For whom; for everybody where nothing is said.
    pub who: Option<Audience>,
    /// Their language, where it is not English.
    pub language: Option<String>,
    /// The smallest that fits a reader is chosen; of equal ones, that for the narrower audience.
    pub place: usize,
    /// What is said.
    pub sentence: String,
}

impl BlockLines {
    /// What the page says to a reader, in the language of the home where there are words in it. Whoever is not known is
    /// spoken to as a pupil.
    pub fn for_reader<'a>(&'a self, reader: &Subject) -> Option<&'a str> {
        let mut pupil;
        let reader = if reader.roles.is_empty() {
            pupil = reader.clone();
            pupil.roles.insert(Role::Pupil);
            &pupil
        } else {
            reader
        };
        let excepted = |line: &BlockLine| line.except.as_ref().is_some_and(|who| who.contains(reader));
        let line = self.0.iter().find(|line| line.who.contains(reader) && !excepted(line))?;
        let own = reader.groups.iter().filter_map(|group| group.strip_prefix("language-"));
        let mut own = own.filter_map(|language| line.words_for(reader, Some(language)));
        own.next().or_else(|| line.words_for(reader, None))
    }
}

impl BlockLine {
    fn words_for(&self, reader: &Subject, language: Option<&str>) -> Option<&str> {
        let fits = |words: &&LineWords| words.language.as_deref() == language;
        let ranked = self.words.iter().filter(fits).filter_map(|words| {
            let breadth = match &words.who {
                Some(who) => Some(who.breadth_for(reader)?),
                None => None,
            };
            Some((words.place, breadth, words))
        });
        ranked.min_by_key(|(place, breadth, _)| (*place, *breadth)).map(|(_, _, words)| words.sentence.as_str())
    }
}

#[cfg(test)]
mod tests {
    use kernel::{AudienceAtom, Year};

    use super::*;

    fn audience(text: &str) -> Audience {
        Audience::of(AudienceAtom::parse(text).unwrap())
    }

    fn words(who: Option<&str>, language: Option<&str>, place: usize, sentence: &str) -> LineWords {
        let language = language.map(str::to_owned);
        LineWords { who: who.map(audience), language, place, sentence: sentence.to_owned() }
    }

    fn pupil(year: &str) -> Subject {
        Subject { roles: [Role::Pupil].into(), year: Some(Year::parse(year).unwrap()), ..Subject::default() }
    }

    #[test]
    fn each_reader_gets_the_first_line_that_is_for_them() {
        let line = |who: &str, words: Vec<LineWords>| BlockLine { who: audience(who), except: None, words };
        let mut everyone = line("everyone", vec![words(None, None, 9, "Everybody.")]);
        everyone.except = Some(audience("governors"));
        let lines = BlockLines(vec![
            line("year-7", vec![words(None, None, 9, "Year 7 alone.")]),
            line(
                "pupils",
                vec![
                    words(None, None, 9, "The clause."),
                    words(Some("pupils"), None, 0, "Pupils."),
                    words(Some("year-1"), None, 0, "The youngest."),
                    words(Some("pupils"), Some("pl"), 0, "Uczniowie."),
                ],
            ),
            everyone,
        ]);
        let teacher = Subject { roles: [Role::Teacher].into(), ..Subject::default() };
        let governor = Subject { roles: [Role::Governor].into(), ..Subject::default() };
        let polish = Subject { groups: ["language-pl".to_owned()].into(), ..pupil("year-8") };
        for (reader, said) in [
            (pupil("year-7"), Some("Year 7 alone.")),
            (pupil("year-8"), Some("Pupils.")),
            (pupil("year-1"), Some("The youngest.")),
            (polish, Some("Uczniowie.")),
            (teacher, Some("Everybody.")),
            (governor, None),
            (Subject::default(), Some("Pupils.")),
        ] {
            assert_eq!(lines.for_reader(&reader), said, "{reader:?}");
        }
    }
}

//! The questions of a survey, written a line each: the question, and in square brackets at its end how it is answered.

use kernel::Year;

/// The most questions of a survey.
pub const MOST: usize = 20;
/// The most letters of a question, and of an answer in words.
pub const LONGEST: usize = 200;
/// The most letters of words of one's own.
pub const WORDS: usize = 500;

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// From "agree a lot" to "disagree a lot", in five steps.
    Agree,
    /// Yes or no.
    YesNo,
    /// One of these.
    Choose(Vec<String>),
    /// Words of one's own.
    Words,
}

/// The five steps, from 1 to 5, as older pupils and adults read them.
pub const STEPS: [&str; 5] = ["Agree a lot", "Agree", "Not sure", "Disagree", "Disagree a lot"];
/// The same for the youngest, each beside a face.
pub const YOUNG_STEPS: [&str; 5] = ["Yes, a lot", "Yes", "Not sure", "No", "Not at all"];

impl Kind {
    /// The answers to choose from, in their order; none for words.
    pub fn options(&self) -> Vec<String> {
        match self {
            Self::Agree => STEPS.map(str::to_owned).to_vec(),
            Self::YesNo => vec!["Yes".to_owned(), "No".to_owned()],
            Self::Choose(options) => options.clone(),
            Self::Words => Vec::new(),
        }
    }

    /// The same for the youngest.
    pub fn young_options(&self) -> Vec<String> {
        match self {
            Self::Agree => YOUNG_STEPS.map(str::to_owned).to_vec(),
            Self::YesNo | Self::Choose(_) | Self::Words => self.options(),
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Agree => "agree".to_owned(),
            Self::YesNo => "yes/no".to_owned(),
            Self::Choose(options) => options.join("|"),
            Self::Words => "words".to_owned(),
        }
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What answers to it are kept under: made of its words and its kind, so that answers to other words are never
    /// counted with them.
    pub key: String,
    /// The question.
    pub text: String,
    /// How it is answered.
    pub kind: Kind,
}

/// Whether a question may ask for words of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnWords {
    /// It may.
    Asked,
    /// It may not: those who are asked are too young, and the school has not said otherwise.
    NotAsked,
}

impl OwnWords {
    /// What holds for these years: pupils up to Year 6 are not asked for words, unless the school allows it.
    pub fn of(years: &[Year], allowed: bool) -> Self {
        let oldest = Year::numbered(6);
        let young = years.iter().any(|year| oldest.is_none_or(|oldest| *year <= oldest));
        if young && !allowed { Self::NotAsked } else { Self::Asked }
    }
}

/// Something to put right in a line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The line.
    pub line: usize,
    /// What to do.
    pub says: String,
}

/// Reads questions.
///
/// # Errors
/// Everything to put right.
pub fn parse(text: &str, words: OwnWords) -> Result<Vec<Question>, Vec<Wrong>> {
    let mut questions: Vec<Question> = Vec::new();
    let mut wrongs = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        let line_number = nth + 1;
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match question(line, words) {
            Ok(question) if questions.iter().any(|known| known.key == question.key) => {
                wrongs.push(Wrong { line: line_number, says: "this question stands there twice".to_owned() });
            }
            Ok(question) => questions.push(question),
            Err(says) => wrongs.push(Wrong { line: line_number, says }),
        }
    }
    if questions.len() > MOST {
        let says = format!("a survey has at most {MOST} questions, so that it is answered to its end");
        wrongs.push(Wrong { line: text.lines().count(), says });
    }
    if questions.is_empty() && wrongs.is_empty() {
        wrongs.push(Wrong { line: 1, says: "write at least one question".to_owned() });
    }
    if wrongs.is_empty() { Ok(questions) } else { Err(wrongs) }
}

fn question(line: &str, words: OwnWords) -> Result<Question, String> {
    let (text, kind) = match line.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((text, kind)) => (text.trim(), kind_of(kind.trim())?),
        // A question is answered by yes or no, a sentence by how far one agrees.
        None if line.ends_with('?') => (line, Kind::YesNo),
        None => (line, Kind::Agree),
    };
    if text.is_empty() {
        return Err("write the question before the brackets".to_owned());
    }
    if text.chars().count() > LONGEST {
        return Err(format!("write it in {LONGEST} letters or fewer"));
    }
    if kind == Kind::Words && words == OwnWords::NotAsked {
        return Err(
            "pupils under 11 are not asked for words of their own: give them answers to choose from, or say below \
            that they may"
                .to_owned(),
        );
    }
    let key = blake3::hash(format!("{}\n{}", declare::typed::fold(text), kind.word()).as_bytes());
    let key = key.to_hex().as_str().get(..12).unwrap_or_default().to_owned();
    Ok(Question { key, text: text.to_owned(), kind })
}

fn kind_of(text: &str) -> Result<Kind, String> {
    let folded = text.to_lowercase();
    match folded.as_str() {
        "agree" => return Ok(Kind::Agree),
        "yes/no" | "yes or no" | "yes no" => return Ok(Kind::YesNo),
        "words" | "own words" => return Ok(Kind::Words),
        _ => {}
    }
    let own = folded.strip_prefix("choose:").and_then(|_| text.split_once(':')).map(|(_, options)| options);
    let Some(own) = own else {
        return Err(format!("“[{text}]” is no way to answer: write [agree], [yes/no], [choose: one, two] or [words]"));
    };
    let parts: Vec<&str> = if own.contains('|') { own.split('|').collect() } else { own.split(',').collect() };
    let options: Vec<String> =
        parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let doubled = options.iter().enumerate().any(|(nth, one)| options.iter().skip(nth + 1).any(|two| one == two));
    match options.len() {
        0 | 1 => Err("give at least two answers to choose from, with commas between them".to_owned()),
        2..=8 if doubled => Err("one answer stands there twice".to_owned()),
        2..=8 if options.iter().any(|one| one.chars().count() > 80) => {
            Err("write each answer in 80 letters or fewer".to_owned())
        }
        2..=8 => Ok(Kind::Choose(options)),
        _ => Err("give at most 8 answers to choose from".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn reads(line: &str, text: &str, kind: Kind) {
        let found = parse(line, OwnWords::Asked).unwrap();
        assert_eq!(found.iter().map(|one| (one.text.as_str(), &one.kind)).collect::<Vec<_>>(), [(text, &kind)]);
    }

    #[track_caller]
    fn refuses(line: &str, says: &str) {
        let wrong = parse(line, OwnWords::NotAsked).unwrap_err();
        assert!(wrong.iter().any(|one| one.says.contains(says)), "{wrong:?}");
    }

    #[test]
    fn a_line_is_a_question_with_a_kind() {
        reads("I feel safe online at school. [agree]", "I feel safe online at school.", Kind::Agree);
        reads("I feel safe online at school.", "I feel safe online at school.", Kind::Agree);
        reads("Do you know whom to tell?", "Do you know whom to tell?", Kind::YesNo);
        reads("  Do you know whom to tell? [Yes/No] ", "Do you know whom to tell?", Kind::YesNo);
        reads("What should we change? [words]", "What should we change?", Kind::Words);
        let options = ["A teacher", "A parent", "A friend, or a sister"].map(str::to_owned).to_vec();
        reads(
            "Whom would you tell? [choose: A teacher | A parent | A friend, or a sister]",
            "Whom would you tell?",
            Kind::Choose(options),
        );
        reads("Which? [Choose: One, Two]", "Which?", Kind::Choose(vec!["One".to_owned(), "Two".to_owned()]));
    }

    #[test]
    fn what_is_wrong_says_what_to_write() {
        refuses("", "at least one question");
        refuses("[agree]", "before the brackets");
        refuses("How? [stars]", "[agree], [yes/no]");
        refuses("Which? [choose: One]", "at least two");
        refuses("Which? [choose: One, One]", "twice");
        refuses("Which? [choose: 1, 2, 3, 4, 5, 6, 7, 8, 9]", "at most 8");
        refuses("What? [words]", "under 11");
        refuses("Really?\n\nREALLY?", "twice");
        refuses(&"x".repeat(201), "200 letters");
        refuses(&(0..21).map(|nth| format!("Question {nth}?\n")).collect::<String>(), "at most 20");
        let wrong = parse("Good?\n\nBad? [no]", OwnWords::Asked).unwrap_err();
        assert_eq!(wrong[0].line, 3);
    }

    #[test]
    fn words_of_ones_own_are_off_for_pupils_under_eleven() {
        let year = |number| Year::numbered(number).unwrap();
        for (years, allowed, expected) in [
            (vec![Year::Reception], false, OwnWords::NotAsked),
            (vec![year(6), year(7)], false, OwnWords::NotAsked),
            (vec![year(6)], true, OwnWords::Asked),
            (vec![year(7), year(13)], false, OwnWords::Asked),
            (Vec::new(), false, OwnWords::Asked),
        ] {
            assert_eq!(OwnWords::of(&years, allowed), expected, "{years:?}");
        }
    }

    #[test]
    fn answers_to_other_words_have_another_key() {
        let key = |line: &str| parse(line, OwnWords::Asked).unwrap()[0].key.clone();
        assert_eq!(key("I feel safe."), key("i  feel SAFE. [agree]"));
        assert_ne!(key("I feel safe."), key("I feel safe. [yes/no]"));
        assert_ne!(key("Which? [choose: A, B]"), key("Which? [choose: B, A]"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_has_keys_of_its_own(text in "(\\PC|\n|\\[|\\]|:|,){0,400}") {
            if let Ok(questions) = parse(&text, OwnWords::Asked) {
                prop_assert!((1..=MOST).contains(&questions.len()));
                let mut keys: Vec<&String> = questions.iter().map(|one| &one.key).collect();
                keys.sort();
                keys.dedup();
                prop_assert_eq!(keys.len(), questions.len());
            }
        }
    }
}

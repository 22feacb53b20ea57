//! How old somebody must be to read a text with ease: the grade of Flesch and Kincaid, as an age.

use kernel::{Capacity, Subject, Year};

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Words.
    pub words: u32,
    /// Sentences.
    pub sentences: u32,
    /// Syllables, by a rule of thumb.
    pub syllables: u32,
}

/// Counts the words, sentences and syllables of lines, each of which ends a sentence.
pub fn count<'t>(lines: impl IntoIterator<Item = &'t str>) -> Counted {
    let mut counted = Counted::default();
    for line in lines {
        let mut open = false;
        for word in line.split_whitespace() {
            let letters: String = word.chars().filter(|char| char.is_alphanumeric() || *char == '\'').collect();
            if letters.is_empty() {
                continue;
            }
            counted.words += 1;
            counted.syllables += syllables(&letters);
            let ends = word.trim_end_matches(['"', '”', '’', ')', '*']).ends_with(['.', '!', '?', ':', ';']);
            open = !ends;
            counted.sentences += u32::from(ends);
        }
        counted.sentences += u32::from(open);
    }
    counted
}

/// The syllables of a word: its groups of vowels, without a silent e.
fn syllables(word: &str) -> u32 {
    let word: String = word.to_lowercase().chars().filter(|char| *char != '\'').collect();
    if word.chars().all(|char| char.is_ascii_digit()) {
        // "2026" is read as a few words.
        return u32::try_from(word.len()).unwrap_or(1).min(4);
    }
    let is_vowel = |char: char| "aeiouyàáâäèéêëìíîïòóôöùúûü".contains(char);
    let mut groups = 0;
    let mut before = false;
    for char in word.chars() {
        let vowel = is_vowel(char);
        groups += u32::from(vowel && !before);
        before = vowel;
    }
    let silent = word.len() > 2
        && ((word.ends_with('e') && !word.ends_with("le") && !word.ends_with("ee"))
            || (word.ends_with("es")
                && !["ses", "ces", "xes", "zes", "ches", "shes", "ges", "ies"].iter().any(|end| word.ends_with(end)))
            || (word.ends_with("ed") && !word.ends_with("ted") && !word.ends_with("ded") && !word.ends_with("eed")));
    groups.saturating_sub(u32::from(silent)).max(1)
}

/// The age in years at which a text of so many words, sentences and syllables is read with ease; none of no words.
pub fn age(counted: Counted) -> Option<u8> {
    if counted.words == 0 || counted.sentences == 0 {
        return None;
    }
    let words = f64::from(counted.words);
    let grade = 0.39 * (words / f64::from(counted.sentences)) + 11.8 * (f64::from(counted.syllables) / words) - 15.59;
    // A grade of America is a year later than the age at which school begins: grade 1 is six years old.
    let age = (grade + 5.0).round().clamp(5.0, 25.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between 5 and 25")]
    Some(age as u8)
}

/// The age that pupils of a year reach in it.
pub fn age_of(year: Year) -> u8 {
    let nth = Year::all().position(|one| one == year).unwrap_or_default();
    // Nursery is the year in which children become four.
    u8::try_from(nth + 4).unwrap_or(u8::MAX)
}

/// The youngest age among pupils.
pub fn youngest<'s>(readers: impl IntoIterator<Item = &'s Subject>) -> Option<u8> {
    readers
        .into_iter()
        .filter(|reader| reader.has_capacity(Capacity::Pupil))
        .filter_map(|reader| reader.year)
        .map(age_of)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_by_the_sound() {
        for (word, expected) in [
            ("cat", 1),
            ("school", 1),
            ("password", 2),
            ("picture", 2),
            ("people", 2),
            ("asked", 1),
            ("wanted", 2),
            ("sites", 1),
            ("changes", 2),
            ("safe", 1),
            ("be", 1),
            ("see", 1),
            ("computer", 3),
            ("responsibility", 6),
            ("I", 1),
            ("don't", 1),
            ("2026", 4),
            ("hm", 1),
        ] {
            assert_eq!(syllables(word), expected, "{word}");
        }
    }

    #[test]
    fn the_age_rises_with_long_words_and_long_sentences() {
        #[track_caller]
        fn check(text: &str, least: u8, most: u8) {
            let found = age(count(text.lines())).unwrap();
            assert!((least..=most).contains(&found), "{found}: {text}");
        }
        check("I keep my password to myself.\nI am kind.\nI ask a grown-up first.", 5, 7);
        check(
            "If you see something that worries you, turn the screen over and tell an adult. You are not in trouble.",
            7,
            11,
        );
        check(
            "Users are responsible for the confidentiality of their individual credentials, and any suspected compromise \
             must be reported immediately to the designated safeguarding lead or network manager.",
            18,
            25,
        );
        assert_eq!(age(count([""])), None);
        assert_eq!(age(count(["…", "- –"])), None);
    }

    #[test]
    fn a_line_without_a_stop_is_a_sentence() {
        assert_eq!(count(["One two", "three. Four!"]), Counted { words: 4, sentences: 3, syllables: 4 });
        let ages = Year::all().map(age_of).collect::<Vec<_>>();
        assert_eq!((ages.first(), ages.last()), (Some(&4), Some(&18)));
    }
}

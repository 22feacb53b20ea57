//! What a survey says: answers counted, never shown one by one. While fewer than five have answered nothing is shown.

use std::collections::BTreeMap;

use super::questions::{Kind, Question, WORDS};

/// The fewest answers whose counts are shown.
pub const FEWEST: usize = 5;

/// One answer: to each question, by its key, the number of what was chosen from 0 on, or words. What was left out is not
/// there.
pub type Answer = BTreeMap<String, String>;

/// Reads an answer from what a form sent. What is no answer to the question is left out.
pub fn read(questions: &[Question], sent: impl Fn(&str) -> String) -> Answer {
    let mut answer = Answer::new();
    for question in questions {
        let text = sent(&question.key);
        let text = text.trim();
        let fits = match &question.kind {
            Kind::Agree | Kind::YesNo | Kind::Choose(_) => {
                let options = question.kind.options().len();
                text.parse::<usize>().ok().filter(|nth| *nth < options).map(|nth| nth.to_string())
            }
            Kind::Words => {
                let words: String = text.chars().take(WORDS).collect();
                Some(words).filter(|words| !words.is_empty())
            }
        };
        answer.extend(fits.map(|fits| (question.key.clone(), fits)));
    }
    answer
}

/// What was answered to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The question.
    pub question: Question,
    /// How many chose each option.
    pub counts: Vec<(String, usize)>,
    /// The words, in the order of the alphabet, which says nothing about who wrote them.
    pub words: Vec<String>,
    /// How many left it out.
    pub left_out: usize,
    /// Whether fewer than five answered it: nothing of it is counted here then.
    pub few: bool,
}

/// What a survey says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Results {
    /// Fewer than five have answered.
    TooFew,
    /// How many have answered, and what.
    Shown(usize, Vec<Counted>),
}

/// Counts answers.
pub fn count(questions: &[Question], answers: &[Answer]) -> Results {
    if answers.len() < FEWEST {
        return Results::TooFew;
    }
    let counted = questions.iter().map(|question| {
        let options = question.kind.options();
        let mut counts: Vec<(String, usize)> = options.into_iter().map(|option| (option, 0)).collect();
        let mut words = Vec::new();
        let mut left_out = 0;
        for answer in answers {
            match (answer.get(&question.key), &question.kind) {
                (None, _) => left_out += 1,
                (Some(text), Kind::Words) => words.push(text.clone()),
                (Some(text), Kind::Agree | Kind::YesNo | Kind::Choose(_)) => {
                    match text.parse::<usize>().ok().and_then(|nth| counts.get_mut(nth)) {
                        Some((_, count)) => *count += 1,
                        None => left_out += 1,
                    }
                }
            }
        }
        words.sort_by_key(|text| text.to_lowercase());
        // What one or two people say would stand for them alone.
        let few = answers.len() - left_out < FEWEST;
        if few {
            counts.clear();
            words.clear();
            left_out = 0;
        }
        Counted { question: question.clone(), counts, words, left_out, few }
    });
    Results::Shown(answers.len(), counted.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surveys::questions::{OwnWords, parse};

    fn questions() -> Vec<Question> {
        parse(
            "I feel safe.\nDo you know whom to tell?\nWhat should change? [words]\nWhich? [choose: A, B]",
            OwnWords::Asked,
        )
        .unwrap()
    }

    fn answer(values: [&str; 4]) -> Answer {
        let questions = questions();
        read(&questions, |key| {
            let nth = questions.iter().position(|question| question.key == key).unwrap();
            values[nth].to_owned()
        })
    }

    #[test]
    fn what_is_no_answer_is_left_out() {
        assert_eq!(answer(["5", "-1", "  ", "B"]).len(), 0);
        assert_eq!(
            answer(["4", "1", " More time ", "0"]).values().cloned().collect::<std::collections::BTreeSet<_>>().len(),
            4
        );
        let long = answer(["", "", &"x".repeat(9000), ""]);
        assert_eq!(long.values().next().map(|text| text.chars().count()), Some(WORDS));
    }

    #[test]
    fn four_answers_are_hidden_and_five_are_counted() {
        let all: Vec<Answer> = ["z", "b", "a", "B", "y"].iter().map(|word| answer(["0", "1", word, "1"])).collect();
        assert_eq!(count(&questions(), &all[..4]), Results::TooFew);
        let Results::Shown(5, counted) = count(&questions(), &all) else { panic!("five are shown") };
        assert_eq!(counted[0].counts[0], ("Agree a lot".to_owned(), 5));
        assert_eq!(counted[1].counts, [("Yes".to_owned(), 0), ("No".to_owned(), 5)]);
        assert_eq!(counted[2].words, ["a", "b", "B", "y", "z"]);
        assert_eq!((counted[3].counts[1].1, counted[3].left_out), (5, 0));
    }

    #[test]
    fn what_a_few_say_is_not_shown() {
        let mut all: Vec<Answer> = (0..6).map(|_| answer(["0", "0", "", ""])).collect();
        all[0] = answer(["0", "", "only mine", "1"]);
        let Results::Shown(6, counted) = count(&questions(), &all) else { panic!("six are shown") };
        assert_eq!((counted[0].few, counted[1].few, counted[1].left_out), (false, false, 1));
        for few in &counted[2..] {
            // Nor how many they were.
            assert!(few.few && few.words.is_empty() && few.counts.is_empty() && few.left_out == 0, "{few:?}");
        }
    }
}

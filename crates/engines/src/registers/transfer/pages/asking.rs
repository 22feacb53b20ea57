//! What a dry run asks: what words of the sheet mean, and which day a month or a year is.

use declare::typed::Period;
use jiff::civil::Date;
use kernel::{SchoolTime, time::date_in_words};
use webkit::kit::{Choice, Choices};

use super::{
    super::words::{Assumed, Bare, Days, EACH, Meant, Rule, Word, Words},
    said,
};

/// The answers of an address: `w1-0`, `w1-0-7` for row 7, `d3-month`.
pub(super) fn read(pairs: &[(String, String)]) -> (Meant, Days) {
    let word = |name: &str| {
        let mut parts = name.strip_prefix('w')?.split('-').map(str::parse);
        let (at, nth) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let row = parts.next().transpose().ok()?.unwrap_or(0);
        parts.next().is_none().then_some((at, nth, row))
    };
    let day = |name: &str| {
        let (at, bare) = name.strip_prefix('d')?.split_once('-')?;
        Some((at.parse().ok()?, Bare::parse(bare)?))
    };
    let words = pairs.iter().filter_map(|(name, answer)| Some((word(name)?, answer.clone()))).collect();
    let days = pairs.iter().filter_map(|(name, rule)| Some((day(name)?, Rule::parse(rule)?))).collect();
    (words, days)
}

/// The same as words of an address.
pub(super) fn pairs(words: &Meant, days: &Days) -> Vec<(String, String)> {
    let word = |(at, nth, row): &(usize, usize, usize)| match row {
        0 => format!("w{at}-{nth}"),
        row => format!("w{at}-{nth}-{row}"),
    };
    let words = words.iter().map(|(key, answer)| (word(key), answer.clone()));
    let days = days.iter().map(|((at, bare), rule)| (format!("d{at}-{}", bare.word()), rule.word().to_owned()));
    words.chain(days).collect()
}

/// What is asked about words, in the order of the sheet.
pub(super) fn of_words(words: &Words) -> Vec<Choices> {
    words.all.iter().flat_map(of_word).collect()
}

fn of_word(word: &Word) -> Vec<Choices> {
    let rows = word.rows.len();
    let out = if rows == 1 { "Leave this row out" } else { "Leave these rows out" };
    let mut choices = vec![Choice::new("", out)];
    choices.extend(word.options.iter().map(|(answer, label)| Choice::new(answer.clone(), label.clone())));
    if word.several && rows > 1 {
        choices.push(Choice::new(EACH, "Not the same person in every row"));
    }
    let id = format!("w{}-{}", word.at.0, word.at.1);
    let asks = Choices::select(&id, &format!("{}: “{}”", word.column, word.text), choices);
    let more = match (word.several, word.before) {
        (true, _) => format!(" {} people are called so. Say which of them it is.", word.options.len()),
        (false, Some(at)) => format!(" As it was said on {}.", day(SchoolTime::new(at).date())),
        (false, None) if word.options.is_empty() => {
            " Nobody here is called so, nor much like it. Put the name right in the file.".to_owned()
        }
        (false, None) => String::new(),
    };
    let asks = asks.hint(format!("In {}.{more}", said::rows(rows)));
    let mut all = vec![word.means.iter().fold(asks, |asks, answer| asks.chosen(answer.clone()))];
    all.extend(word.each.iter().map(|(row, beside, means)| {
        let mut choices = vec![Choice::new("", "Leave this row out")];
        choices.extend(word.options.iter().map(|(answer, label)| Choice::new(answer.clone(), label.clone())));
        let label = format!("Row {row}: “{}”", word.text);
        let asks = Choices::select(&format!("{id}-{row}"), &label, choices);
        let asks = if beside.is_empty() { asks } else { asks.hint(format!("Beside {beside}.")) };
        means.iter().fold(asks, |asks, answer| asks.chosen(answer.clone()))
    }));
    all
}

/// What is asked about days that name a month or a year alone.
pub(super) fn of_days(words: &Words) -> Vec<Choices> {
    let question = |one: &Assumed| {
        let what = match one.bare {
            Bare::Month => "a month alone",
            Bare::Year => "a year alone",
        };
        let label = format!("{}: “{}” names {what}", one.column, one.sample);
        let choice = |rule: Rule| {
            let label = match (rule, one.bare) {
                (Rule::First, Bare::Month) => format!("The first of the month: {}", day(one.period.first())),
                (Rule::Last, Bare::Month) => format!("The last of the month: {}", day(one.period.last())),
                (Rule::First, Bare::Year) => format!("The first of the year: {}", day(one.period.first())),
                (Rule::Last, Bare::Year) => format!("The last of the year: {}", day(one.period.last())),
                (Rule::Out, _) => "Leave these rows out".to_owned(),
            };
            Choice::new(rule.word(), label)
        };
        let id = format!("d{}-{}", one.at, one.bare.word());
        let asks = Choices::select(&id, &label, Rule::ALL.into_iter().map(choice).collect());
        asks.hint(format!("In {}.", said::rows(one.rows))).chosen(one.rule.word())
    };
    words.days.iter().map(question).collect()
}

/// What was taken to be so about days, in sentences: whoever brings the file in accepts it.
pub(crate) fn assumed(words: &Words) -> Vec<String> {
    let sentence = |one: &Assumed| {
        let (which, meant) = match one.rule {
            Rule::First => ("first", one.period.first()),
            Rule::Last => ("last", one.period.last()),
            Rule::Out => return None,
        };
        let (names, takes) = if one.rows == 1 { ("1 day names", "is taken to be") } else { ("", "are taken to be") };
        let names = if names.is_empty() { format!("{} days name", one.rows) } else { names.to_owned() };
        let what = match one.period {
            Period::Month(_) => "a month alone",
            Period::Year(_) => "a year alone",
        };
        let (column, sample, meant) = (&one.column, &one.sample, day(meant));
        Some(format!("{column}: {names} {what} and {takes} its {which}: “{sample}” is {meant}."))
    };
    words.days.iter().filter_map(sentence).collect()
}

fn day(date: Date) -> String {
    date_in_words(date)
}

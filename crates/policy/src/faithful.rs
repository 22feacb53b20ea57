//! Terms that the words of their clause do not have: a number, time, role or site that only the system would know.
//!
//! What people approve is the text; a term that is not in it was approved by nobody. It is a warning, since words have
//! many forms: it is said only where no usual form of the term stands in the clause, its heading or the items above.

use kernel::{AudienceAtom, Place, Role, When, Year};

use crate::{
    binding::Binding,
    common::Common,
    diagnostic::{Code, Reporter},
    front::Front,
    model::{Clause, Policy},
    source::Span,
    terms::{Term, Value},
};

/// Looks at every binding of a policy.
pub(crate) fn check(policy: &Policy, report: &mut Reporter<'_>) {
    for clause in &policy.clauses {
        if clause.bindings.is_empty() {
            continue;
        }
        let text = Text::of(clause);
        for binding in &clause.bindings {
            for (span, what) in missing(&text, binding, &policy.front) {
                // What a table gives all its rows is not said again for each.
                if clause.span.start <= span.start && span.end <= clause.span.end {
                    report
                        .warning(
                            Code::NOT_IN_TEXT,
                            span,
                            format!("the text of clause {} does not say {what}", clause.number),
                            "only here",
                        )
                        .help("what is approved is the text: say it there, or take it away here");
                }
            }
        }
    }
}

fn missing(text: &Text, binding: &Binding, front: &Front) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    let common = &binding.common;
    for term in &binding.given.terms {
        let what = match Common::parse(&term.key) {
            Some(Common::Who) => people(text, common.who.as_ref().map(|it| it.atoms()), front),
            Some(Common::By) => people(text, common.by.as_ref().map(|it| it.atoms()), front),
            Some(Common::Inform) => people(text, common.inform.as_ref().map(|it| it.atoms()), front),
            Some(Common::Attest) => people(text, common.attest.as_ref().map(|it| it.by.atoms()), front),
            Some(Common::Except) => {
                let except = common.except.as_ref();
                let who = except.and_then(|it| it.who.as_ref()).map(|who| who.atoms());
                let sites = except.map(|it| it.sites.0.iter().map(ToString::to_string).collect::<Vec<_>>());
                people(text, who, front).or_else(|| {
                    sites.into_iter().flatten().find_map(|site| (!text.site(&site)).then(|| format!("`{site}`")))
                })
            }
            Some(Common::When) => common
                .when
                .iter()
                .flat_map(|when| when.parts())
                .find(|when| !text.time(when))
                .map(|when| format!("`{when}`")),
            Some(Common::Where) => common
                .place
                .iter()
                .flat_map(|place| place.parts())
                .find(|place| !text.place(place))
                .map(|place| format!("`{place}`")),
            Some(Common::Every | Common::Within) => own(text, &term.key, &term.value, front),
            Some(
                Common::System
                | Common::Unless
                | Common::After
                | Common::On
                | Common::May
                | Common::From
                | Common::Observe,
            ) => None,
            None => own(text, &term.key, &term.value, front),
        };
        if let Some(what) = what {
            let Term { span, .. } = term;
            found.push((*span, what));
        }
    }
    found
}

fn people(text: &Text, atoms: Option<&[AudienceAtom]>, front: &Front) -> Option<String> {
    atoms.into_iter().flatten().find_map(|atom| match atom {
        AudienceAtom::Role(role) => (!text.role(*role, front)).then(|| format!("`{}`", front.title_of(*role))),
        AudienceAtom::Years(from, to) => {
            (!(text.year(*from) && text.year(*to) || text.has("key stage"))).then(|| format!("`{atom}`"))
        }
        AudienceAtom::Everyone
        | AudienceAtom::All(_)
        | AudienceAtom::Stage(_)
        | AudienceAtom::Class(_)
        | AudienceAtom::Group(_)
        | AudienceAtom::Joiners
        | AudienceAtom::Relation(_) => None,
    })
}

/// What of a control's own value the text does not say.
fn own(text: &Text, key: &str, value: &Value, front: &Front) -> Option<String> {
    match value {
        Value::Whole(number) => {
            let count = number.unsigned_abs();
            // `every-months = 12` is "each year", `percent = 100` is "all".
            let unit =
                ["minute", "hour", "day", "week", "month", "term", "year"].into_iter().find(|unit| key.contains(unit));
            let said = text.number(count)
                || unit.is_some_and(|unit| text.period(count, unit))
                || key.contains("percent")
                    && count == 100
                    && ["all", "every", "everyone", "each"].iter().any(|it| text.word(it))
                || key.contains("stage") && text.word(&format!("ks{count}"));
            (!said).then(|| format!("{number}"))
        }
        Value::Number(number) => (!text.has(&number.to_string())).then(|| format!("{number}")),
        Value::Text(given) => {
            let words: Vec<_> = given.split(' ').collect();
            if let [count, unit] = words.as_slice()
                && let Ok(count) = count.parse::<u64>()
            {
                return (!text.period(count, unit)).then(|| format!("`{given}`"));
            }
            if let Some(unit) = adverb(given) {
                return (!text.period(1, unit)).then(|| format!("`{given}`"));
            }
            if let (Ok(role), false) = (Role::parse(given), is_general(given)) {
                return (!text.role(role, front)).then(|| format!("`{}`", front.title_of(role)));
            }
            if let Ok(year) = Year::parse(given) {
                return (!(text.year(year) || text.has("key stage"))).then(|| format!("`{given}`"));
            }
            if let Some((hour, minute)) = given.split_once(':')
                && hour.len() == 2
                && minute.len() == 2
                && given.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
            {
                return (!text.clock(given)).then(|| format!("`{given}`"));
            }
            (kernel::sites::is_domain(given) && !text.site(given)).then(|| format!("`{given}`"))
        }
        Value::List(values) => values.iter().find_map(|(value, _)| own(text, key, value, front)),
        Value::Table(table) => table.terms.iter().find_map(|term| own(text, &term.key, &term.value, front)),
        Value::Flag(_) | Value::Date(_) => None,
    }
}

fn adverb(text: &str) -> Option<&'static str> {
    Some(match text {
        "daily" => "day",
        "weekly" => "week",
        "monthly" => "month",
        "termly" => "term",
        "yearly" => "year",
        _ => return None,
    })
}

/// Words that are roles and audiences at once.
fn is_general(text: &str) -> bool {
    matches!(
        text,
        "staff" | "pupil" | "parent" | "governor" | "guest" | "volunteer" | "contractor" | "office" | "teacher"
    )
}

/// The words of a clause and of what stands around it.
struct Text {
    lower: String,
    words: Vec<String>,
}

const SMALL: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
const TENS: [(u64, &str); 8] = [
    (30, "thirty"),
    (40, "forty"),
    (50, "fifty"),
    (60, "sixty"),
    (70, "seventy"),
    (80, "eighty"),
    (90, "ninety"),
    (100, "hundred"),
];

impl Text {
    fn of(clause: &Clause) -> Self {
        let lower = format!("{}\n{}", clause.text, clause.around).to_lowercase();
        let words = lower
            .split(|char: char| !char.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        Self { lower, words }
    }

    fn has(&self, part: &str) -> bool {
        self.lower.contains(part)
    }

    fn word(&self, word: &str) -> bool {
        self.words.iter().any(|it| it == word)
    }

    /// Whether a word begins like this one: "governors" for "governor", "filtering" for "filter".
    fn stem(&self, word: &str) -> bool {
        let stem: String = word.to_lowercase().chars().take(5).collect();
        self.words.iter().any(|it| it.starts_with(&stem))
    }

    fn number(&self, number: u64) -> bool {
        let digits = number.to_string();
        let as_word = usize::try_from(number).ok().and_then(|at| SMALL.get(at)).copied();
        let tens = TENS.iter().find(|(ten, _)| *ten == number).map(|(_, word)| *word);
        let adverb = match number {
            0 => Some("no"),
            1 => Some("once"),
            2 => Some("twice"),
            _ => None,
        };
        // "1,000" was split into two words.
        self.word(&digits)
            || self.lower.replace(',', "").contains(&digits) && digits.len() > 3
            || [as_word, tens, adverb].into_iter().flatten().any(|word| self.word(word))
            || number == 1 && ["a", "an", "single", "each", "every"].iter().any(|word| self.word(word))
    }

    fn period(&self, count: u64, unit: &str) -> bool {
        // "The same holds for the MIS."
        if self.has("the same") {
            return true;
        }
        let unit = unit.trim_end_matches('s');
        let named = match unit {
            "year" => self.stem("year") || self.stem("annual"),
            "day" => self.stem("day") || self.stem("daily"),
            "month" => self.stem("month"),
            "week" => self.stem("week"),
            "term" => self.stem("term"),
            other => self.stem(other),
        };
        if count == 1 {
            return named;
        }
        let equal = match (count, unit) {
            (12, "month") => self.period(1, "year"),
            (7, "day") => self.period(1, "week"),
            (14, "day") | (2, "week") => self.stem("fortnight") || self.number(2) && self.stem("week"),
            (60, "minute") => self.period(1, "hour"),
            (24, "hour") => self.period(1, "day"),
            (3, "term") => self.period(1, "year"),
            (6, "month") => self.has("half-year") || self.has("half year") || self.has("twice a year"),
            _ => false,
        };
        self.number(count) || equal
    }

    fn year(&self, year: Year) -> bool {
        let title = year.title().to_lowercase();
        match title.strip_prefix("year ") {
            Some(number) => self.word(number) || number.parse().is_ok_and(|number| self.number(number)),
            None => self.stem(&title) || self.has("early years") || self.has("foundation"),
        }
    }

    fn role(&self, role: Role, front: &Front) -> bool {
        let id = role.id();
        if is_general(id) {
            return self.stem(id);
        }
        let forms = [front.title_of(role), role.default_title().to_owned(), id.replace('-', " ")];
        let initials = forms.iter().map(|form| {
            form.split([' ', '-']).filter_map(|word| word.chars().next()).collect::<String>().to_lowercase()
        });
        let other: &[&str] = match id {
            "headteacher" => &["head", "heads", "principal"],
            "slt" => &["slt", "smt", "leadership"],
            "safeguarding-lead" => &["dsl", "dcpl", "dsp"],
            _ => &[],
        };
        forms.iter().any(|form| form.split([' ', '-', '/']).filter(|word| word.len() > 2).all(|word| self.stem(word)))
            || initials.into_iter().any(|initials| initials.len() > 2 && self.word(&initials))
            || other.iter().any(|word| self.word(word))
    }

    fn time(&self, when: &When) -> bool {
        match when {
            When::Named(name) => name.split('-').filter(|word| word.len() > 2).all(|word| self.stem(word)),
            When::Hours(hours) => {
                let text = hours.to_string();
                text.split([' ', ',', '-', ';'])
                    .filter(|part| part.contains(':') && !matches!(*part, "00:00" | "24:00"))
                    .all(|clock| self.clock(clock))
            }
        }
    }

    /// "15:30", "3.30", "3:30 pm"; "18:00", "6 pm", "noon".
    fn clock(&self, clock: &str) -> bool {
        let Some((hour, minute)) = clock.split_once(':') else { return false };
        let Ok(hour) = hour.parse::<u64>() else { return false };
        let twelve = if hour > 12 { hour - 12 } else { hour };
        let forms = [
            format!("{hour}:{minute}"),
            format!("{hour}.{minute}"),
            format!("{twelve}:{minute}"),
            format!("{twelve}.{minute}"),
        ];
        let full = minute == "00"
            && [
                format!("{twelve}am"),
                format!("{twelve} am"),
                format!("{twelve}pm"),
                format!("{twelve} pm"),
                format!("{twelve} o'clock"),
            ]
            .iter()
            .any(|form| self.has(form));
        let named = match clock {
            "12:00" => self.has("noon") || self.has("midday"),
            "00:00" | "24:00" => self.has("midnight"),
            _ => false,
        };
        self.has(clock) || forms.iter().any(|form| self.has(form)) || full || named
    }

    fn place(&self, place: &Place) -> bool {
        match place {
            Place::School => self.stem("school") || self.stem("premises") || self.stem("site") || self.stem("class"),
            Place::Home => self.stem("home") || self.has("off-site") || self.has("off site"),
            Place::Trip => self.stem("trip") || self.stem("visit") || self.stem("journe"),
            Place::ExamRoom => self.stem("exam"),
            Place::Network(name) => {
                name.split('-').any(|word| self.stem(word)) || self.stem("network") || self.has("wi-fi")
            }
        }
    }

    fn site(&self, site: &str) -> bool {
        let site = site.to_lowercase();
        let plain = site.strip_prefix("list:").or_else(|| site.strip_prefix("register:")).unwrap_or(&site);
        let parts: Vec<_> = plain.split(['.', '-', '*', '/']).filter(|part| part.len() > 2).collect();
        self.has(plain)
            || parts.first().is_none_or(|first| self.stem(first))
            || parts.iter().any(|part| part.len() > 3 && self.stem(part))
    }
}

//! "Did you mean …?": the nearest of several words, as a compiler offers it.

/// The candidate that is near enough to `given` to be what was meant.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_ascii_lowercase();
    let squeezed = squeeze(&given);
    // Long texts are nobody's slip of a word, and comparing them costs.
    if given.len() > 80 {
        return None;
    }
    let limit = (given.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_ascii_lowercase();
            if squeeze(&lower) == squeezed {
                return Some((0, candidate));
            }
            if lower.len().abs_diff(given.len()) > limit {
                return None;
            }
            Some((strsim::damerau_levenshtein(&given, &lower), candidate))
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|it| it.is_alphanumeric()).collect()
}

/// "did you mean `x`?", or else what there is to choose from.
pub(crate) fn one_of<S: AsRef<str>>(given: &str, candidates: &[S]) -> String {
    match nearest(given, candidates.iter().map(AsRef::as_ref)) {
        Some(found) => format!("did you mean `{found}`?"),
        None if candidates.is_empty() => "there is nothing to choose from".to_owned(),
        None => format!("write one of {}", quoted(candidates)),
    }
}

/// "`a`, `b` or `c`".
pub(crate) fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

//! Ways to write words into Markdown: as they were typed; on one line with what would break out escaped; with every
//! mark escaped.

/// How many ways there are.
pub(super) const WAYS: usize = 6;

/// The ways, in the order in which they are tried. `lead` is what begins a line that goes on.
pub(super) fn ways(words: &str, newline: &str, lead: &str, cell: bool) -> [String; WAYS] {
    let typed = words.trim();
    let led = typed.replace("\r\n", "\n").replace('\n', &format!("{newline}{lead}"));
    let line = one_line(words);
    [typed.to_owned(), led, line.clone(), cells(&line, cell), some(&line, cell), all(&line)]
}

/// On one line, without control characters.
pub(super) fn one_line(words: &str) -> String {
    let plain: String = words.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With only the marks between cells escaped.
fn cells(line: &str, cell: bool) -> String {
    if cell { line.replace('|', "\\|") } else { line.to_owned() }
}

/// What would break out most easily: code, HTML, cells, and what at the head of a line makes a block.
fn some(line: &str, cell: bool) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let digits = line.len() - line.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    for (at, char) in line.char_indices() {
        let head = at == 0 && "#>-+*=~_".contains(char) || digits > 0 && at == digits && ".)".contains(char);
        if head || "\\`<[".contains(char) || cell && char == '|' {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

fn all(line: &str) -> String {
    let mut out = String::with_capacity(line.len() * 2);
    for char in line.chars() {
        if char.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

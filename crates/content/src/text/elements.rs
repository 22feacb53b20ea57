//! Which elements and attributes of HTML matter to a reader.

/// Elements within a line of text, which separate no words.
pub(super) fn is_inline(element: &str) -> bool {
    matches!(
        element,
        "a" | "abbr"
            | "acronym"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "mark"
            | "nobr"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tspan"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

pub(super) fn is_wanted(element: &str, attribute: &str) -> bool {
    match attribute {
        "alt" | "title" | "placeholder" | "aria-label" => true,
        "content" | "name" | "property" => element == "meta",
        _ => false,
    }
}

/// Whether a `<meta>` of this name describes the page to people.
pub(super) fn is_described(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix(b"og:").or_else(|| name.strip_prefix(b"twitter:")).unwrap_or(&name);
    matches!(name, b"description" | b"keywords" | b"title" | b"site_name" | b"abstract" | b"subject")
}

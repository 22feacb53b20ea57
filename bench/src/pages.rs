//! A page as a news site sends it: 50 kB of HTML with scripts, styles, menus and paragraphs.

/// Sentences of no interest to a filter.
const SENTENCES: &[&str] = &[
    "The council said on Monday that the bridge over the river would stay closed until the end of the month.",
    "Children from three schools planted two hundred trees along the old railway line, and the mayor brought the tea.",
    "It is the first time in eleven years that the team has won away from home, and nobody in the village slept.",
    "Scientists at the university have measured how fast the ice is melting, with a balloon, a rope and some patience.",
    "You can read more about the history of the market hall in our series, which begins on Saturday.",
    "Prices rose by two per cent in the year to May; bread, milk and eggs cost more, while petrol was cheaper.",
    "The museum&rsquo;s new wing opens in spring, with a caf&eacute;, a library &amp; a garden on the roof.",
    "Weather: rain in the west at first, then brighter, with temperatures of up to 17 degrees near the coast.",
];

/// Such a page of at least `size` bytes.
#[must_use]
pub fn page(size: usize) -> String {
    let mut html = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>The Harbour News</title>\n\
         <meta name=\"description\" content=\"News from the coast, every morning\">\n\
         <meta property=\"og:title\" content=\"The Harbour News\"><link rel=\"stylesheet\" href=\"/a/style.css\">\n<style>\n",
    );
    for nth in 0..size / 1000 {
        html.push_str(&format!(".card-{nth} {{ margin: 0 auto; padding: {nth}px; color: #33{:04}; }}\n", nth % 9999));
    }
    html.push_str("</style>\n<script>\n");
    for nth in 0..size / 500 {
        html.push_str(&format!(
            "window.q=window.q||[];if(q.length<{nth}){{q.push([\"track\",\"page-{nth}\",{{a:1}}]);}}\n"
        ));
    }
    html.push_str("</script></head><body class=\"front\">\n<nav><ul>\n");
    for nth in 0..size / 2000 {
        html.push_str(&format!(
            "<li class=\"menu__item\"><a class=\"menu__link\" href=\"/section/{nth}\" data-id=\"{nth}\">Section {nth}</a></li>\n"
        ));
    }
    html.push_str("</ul></nav><main>\n");
    let mut nth = 0;
    while html.len() < size {
        let sentence = |add: usize| SENTENCES.get((nth * 3 + add) % SENTENCES.len()).copied().unwrap_or_default();
        html.push_str(&format!(
            "<article class=\"card card-{nth} card--wide\" id=\"story-{nth}\">\n\
             <a href=\"/stories/{nth}.html\"><img src=\"/pictures/{nth}-640.jpg\" width=\"640\" height=\"360\" \
             loading=\"lazy\" alt=\"Picture {nth} of the harbour\"></a>\n<h2 class=\"card__title\">Story number {nth}</h2>\n\
             <p class=\"card__text\">{} {}</p>\n<p class=\"card__text\">{} <a href=\"/more/{nth}\">Read <em>more</em></a>. \
             {}</p>\n<!-- advertisement slot {nth} -->\n</article>\n",
            sentence(0),
            sentence(1),
            sentence(2),
            sentence(4),
        ));
        nth += 1;
    }
    html.push_str("</main></body></html>\n");
    html
}

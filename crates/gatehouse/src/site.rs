//! The demonstration's own web site: what its gateway may open, so that there is something to see without the internet.

use axum::{Router, http::HeaderMap, response::Html};

/// Hosts of the demonstration's site, each with the heading of its page.
pub const HOSTS: &[(&str, &str)] = &[
    ("maths.willow-lane.test", "Times tables"),
    ("games.willow-lane.test", "Games"),
    ("casino.willow-lane.test", "Casino"),
    ("chat.willow-lane.test", "Chat"),
    ("video.willow-lane.test", "Videos"),
    ("shop.willow-lane.test", "Shop"),
    ("news.willow-lane.test", "News"),
    ("help.willow-lane.test", "Help for children"),
];

/// The pages.
pub fn router() -> Router {
    Router::new().fallback(page)
}

async fn page(headers: HeaderMap) -> Html<String> {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let heading = HOSTS.iter().find(|row| row.0 == host).map_or("A page", |row| row.1);
    Html(format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>{heading}</title></head>\
         <body><h1>{heading}</h1><p>You have reached a page of the demonstration's own site, through the gateway.</p></body></html>\n"
    ))
}

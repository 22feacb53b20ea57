//! Style sheet and pictures, in the program, served under their digest so that browsers may keep them.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use crate::{PageError, Routes, Who};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

struct Asset {
    path: &'static str,
    bytes: Vec<u8>,
    kind: &'static str,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let asset = |name: &str| {
        let bytes = Files::get(name)?.data.into_owned();
        let digest: String = blake3::hash(&bytes).to_hex().chars().take(16).collect();
        // Made once for each file and kept as long as the program runs.
        let path: &'static str = Box::leak(format!("/assets/{digest}/{name}").into_boxed_str());
        Some((name.to_owned(), Asset { path, bytes, kind: kind(name) }))
    };
    Files::iter().filter_map(|name| asset(&name)).collect()
});

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("js") => "text/javascript; charset=utf-8",
        Some("png") => "image/png",
        Some(_) | None => "application/octet-stream",
    }
}

/// Where an asset is served: `/assets/<digest>/<name>`.
pub fn path(name: &str) -> Option<&'static str> {
    ASSETS.get(name).map(|asset| asset.path)
}

/// Where the style sheet is served.
pub fn css() -> &'static str {
    path("gatehouse.css").unwrap_or("/assets/missing.css")
}

async fn serve(Path((digest, name)): Path<(String, String)>) -> Result<Response, PageError> {
    let asset = ASSETS.get(&name).ok_or(PageError::NotFound)?;
    if asset.path != format!("/assets/{digest}/{name}") {
        return Err(PageError::NotFound);
    }
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.bytes.clone()).into_response())
}

async fn icon() -> Result<Response, PageError> {
    let asset = ASSETS.get("mark.svg").ok_or(PageError::NotFound)?;
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=86400")];
    Ok((headers, asset.bytes.clone()).into_response())
}

pub(crate) fn routes() -> Routes {
    Routes::new().get("/assets/{digest}/{name}", Who::Public, serve).get("/favicon.ico", Who::Public, icon)
}

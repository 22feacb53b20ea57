//! `/proxy.pac` and `/wpad.dat`: the file by which browsers find the gateway. Open to everybody, because browsers ask for
//! it before anybody has signed in; it names the proxy and the desk, and nothing else.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use webkit::PageError;

use crate::Traffic;

pub(super) async fn file(State(state): State<Traffic>) -> Result<Response, PageError> {
    let text = state.gate().pac().ok_or(PageError::NotFound)?;
    let headers =
        [(header::CONTENT_TYPE, "application/x-ns-proxy-autoconfig"), (header::CACHE_CONTROL, "max-age=3600")];
    Ok((headers, text).into_response())
}

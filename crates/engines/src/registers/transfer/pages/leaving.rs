//! The register as a file: the list that somebody looks at, as text or as a workbook.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Query,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt as _;
use webkit::{PageError, PageResult};

use super::{
    super::export::{self, Export},
    super::xlsx,
};
use crate::registers::{
    Book,
    pages::{
        narrowing::{Narrowing, is_private},
        opened::Opened,
    },
    words::figure,
};

/// What the address of an export asks for: as the list that links to it.
fn asked(book: &Book, pairs: Vec<(String, String)>) -> crate::registers::Asked {
    let mut asked = Narrowing::of(pairs).asked(book);
    if is_private(book.register()) {
        asked.find = String::new();
    }
    (asked.offset, asked.limit) = (0, None);
    asked
}

fn attachment(book: &Book, ending: &str, media: &'static str, body: Body) -> Response {
    let declared = book.declaration();
    let name = format!("attachment; filename=\"{}-{}-{}.{ending}\"", declared.module, declared.name, book.today());
    let mut answer = ([(header::CONTENT_TYPE, media)], body).into_response();
    if let Ok(value) = HeaderValue::from_str(&name) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    answer
}

/// The list as text, sent piece by piece.
pub(super) async fn export_csv(opened: Opened, Query(pairs): Query<Vec<(String, String)>>) -> PageResult {
    let book = &opened.book;
    let export = Export::of(book, &asked(book, pairs)).await?;
    let head = export::csv_head(&export).map_err(PageError::internal)?;
    // The first piece is made before the answer begins, so that what fails at once is told as a page.
    let first = match export.pieces() {
        0 => Vec::new(),
        _ => export::csv_piece(&export, &export.piece(0).await?).map_err(PageError::internal)?,
    };
    let begun = futures_util::stream::iter([Ok([head, first].concat())]);
    let export = Arc::new(export);
    let rest = futures_util::stream::unfold((export, 1), |(export, nth)| async move {
        if nth >= export.pieces() {
            return None;
        }
        let piece = match export.piece(nth).await {
            Ok(piece) => export::csv_piece(&export, &piece).map_err(std::io::Error::other),
            Err(error) => Err(std::io::Error::other(error)),
        };
        Some((piece, (export, nth + 1)))
    });
    // Whoever compresses the answer asks once more after its end.
    let body = Body::from_stream(begun.chain(rest).fuse());
    Ok(attachment(book, "csv", "text/csv; charset=utf-8", body))
}

/// The list as a workbook.
pub(super) async fn export_xlsx(opened: Opened, Query(pairs): Query<Vec<(String, String)>>) -> PageResult {
    const MEDIA: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let book = &opened.book;
    let export = Arc::new(Export::of(book, &asked(book, pairs)).await?);
    if export.len() > xlsx::MOST {
        return Err(PageError::bad(format!(
            "Narrow the list, or take it as CSV: a workbook holds up to {} {}, and these are {}",
            figure(xlsx::MOST as u64),
            book.register().items,
            figure(export.len() as u64),
        )));
    }
    let _turn = book.engines.workbooks().acquire().await.map_err(PageError::internal)?;
    let mut writer = xlsx::Writer::new(&export).map_err(PageError::internal)?;
    for nth in 0..export.pieces() {
        let piece = export.piece(nth).await?;
        let export = Arc::clone(&export);
        let added = tokio::task::spawn_blocking(move || writer.add(&export, &piece).map(|()| writer));
        writer = added.await.map_err(PageError::internal)?.map_err(PageError::internal)?;
    }
    let last = Arc::clone(&export);
    let done = tokio::task::spawn_blocking(move || writer.finish(&last)).await.map_err(PageError::internal)?;
    Ok(attachment(book, "xlsx", MEDIA, Body::from(done.map_err(PageError::internal)?)))
}

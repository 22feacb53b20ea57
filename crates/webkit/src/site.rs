//! The whole desk: all areas behind one gate.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{Desk, NavItem, PageError, RouteRow, Routes, assets, gate};

/// Collects the areas' routes into one router.
pub struct Site {
    desk: Arc<Desk>,
    rows: Vec<RouteRow>,
    nav: Vec<NavItem>,
    router: Router,
}

impl Site {
    /// A desk with its assets and nothing else.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk, rows: Vec::new(), nav: Vec::new(), router: Router::new() }.add(assets::routes())
    }

    /// Adds the routes of an area.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "adds an area; nobody takes it for a sum")]
    pub fn add(mut self, routes: Routes<()>) -> Self {
        let (rows, nav, router) = routes.into_parts();
        self.rows.extend(rows);
        self.nav.extend(nav);
        self.router = self.router.merge(router);
        self
    }

    /// The table of all routes.
    pub fn rows(&self) -> &[RouteRow] {
        &self.rows
    }

    /// The router. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that addresses
    /// are known.
    pub fn into_router(mut self) -> Router {
        self.nav.sort_by_key(|item| item.order);
        let gate = gate::Gate { desk: self.desk, nav: Arc::new(self.nav) };
        self.router
            .fallback(|| async { PageError::NotFound })
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(gate, gate::gate))
            .layer(CompressionLayer::new())
    }
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    PageError::internal("a handler panicked").into_response()
}

//! Routes, each with who may use it.

use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, on},
};

use crate::{Action, NavItem, guard};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody, signed in or not.
    Public,
    /// Anybody who is signed in.
    SignedIn,
    /// Those who may do this.
    May(Action),
    /// Those whom the thing in the path names: a register its readers, an attestation who is asked. The row lets in
    /// whoever is signed in; the extractor that finds the thing asks for [`crate::permit::Named`].
    Named,
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::SignedIn => f.write_str("signed in"),
            Self::May(action) => f.write_str(action.id()),
            Self::Named => f.write_str("named"),
        }
    }
}

/// A line of the table of routes: a test walks all roles over all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRow {
    /// The method.
    pub method: Method,
    /// The path, in the form of the router: `/people/{id}`.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
    /// The most bytes of its body, where that is not the limit of ordinary forms.
    pub limit: Option<usize>,
    /// Whether a form of it needs the token. Only what no browser form sends may go without.
    pub token: bool,
}

impl RouteRow {
    /// A page.
    pub const fn get(path: &'static str, who: Who) -> Self {
        Self { method: Method::GET, path, who, limit: None, token: true }
    }

    /// What a form does.
    pub const fn post(path: &'static str, who: Who) -> Self {
        Self { method: Method::POST, path, who, limit: None, token: true }
    }

    /// What a program does that changes a thing by its address.
    pub const fn put(path: &'static str, who: Who) -> Self {
        Self { method: Method::PUT, path, who, limit: None, token: true }
    }

    /// Takes bodies up to `bytes`, for files.
    #[must_use]
    pub const fn up_to(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }
}

/// The routes of an area. There is no way to add a handler without its row.
pub struct Routes<S = ()> {
    rows: Vec<RouteRow>,
    nav: Vec<NavItem>,
    router: Router<S>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None yet.
    pub fn new() -> Self {
        Self { rows: Vec::new(), nav: Vec::new(), router: Router::new() }
    }

    /// Adds a page: `.get("/people", Who::May(Action::SeePeople), list)`.
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, who: Who, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.row(RouteRow::get(path, who), handler)
    }

    /// Adds what a form does.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, who: Who, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.row(RouteRow::post(path, who), handler)
    }

    /// Adds a handler under a row.
    #[must_use]
    pub fn row<H, T>(mut self, row: RouteRow, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let filter = match row.method {
            Method::POST => MethodFilter::POST,
            Method::PUT => MethodFilter::PUT,
            _ => MethodFilter::GET,
        };
        let guarded = on(filter, handler).layer(from_fn_with_state(row.clone(), guard::guard));
        self.router = self.router.route(row.path, guarded);
        self.rows.push(row);
        self
    }

    /// Adds a section to the navigation of those who may see it.
    #[must_use]
    pub fn section(mut self, label: &'static str, href: &'static str, who: Who, order: u16) -> Self {
        self.nav.push(NavItem { label, href, who, order });
        self
    }

    /// Adds the routes of a part of the area.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.nav.extend(other.nav);
        self.router = self.router.merge(other.router);
        self
    }

    /// Gives the handlers their state.
    pub fn with_state(self, state: S) -> Routes<()> {
        Routes { rows: self.rows, nav: self.nav, router: self.router.with_state(state) }
    }

    /// The table.
    pub fn rows(&self) -> &[RouteRow] {
        &self.rows
    }

    pub(crate) fn into_parts(self) -> (Vec<RouteRow>, Vec<NavItem>, Router<S>) {
        (self.rows, self.nav, self.router)
    }
}

/// The table as text, for a snapshot: a change of who may use what is then a line of a diff.
pub fn table(rows: &[RouteRow]) -> String {
    let mut lines: Vec<String> =
        rows.iter().map(|row| format!("{:<5} {:<44} {}", row.method.as_str(), row.path, row.who)).collect();
    lines.sort_by(|one, two| one.get(6..).cmp(&two.get(6..)));
    lines.join("\n")
}

//! What every page of the desk stands on: session, permission, errors, layout, components, assets.
//!
//! An area writes its pages as structs with a `page: Page`, extends `layout.html`, and hands its routes
//! to [`Site`] as [`Routes`]. No route exists without its [`RouteRow`]: who may use it is written beside
//! the path, and the guard of this crate asks it before the handler runs. This crate knows no database:
//! sessions and what the policy says come through the ports of [`desk`].

pub mod assets;
pub mod cookie;
pub mod csrf;
pub mod csv_file;
pub mod desk;
pub mod error;
mod gate;
mod guard;
pub mod headers;
pub mod kit;
pub mod page;
pub mod permit;
pub mod routes;
pub mod session;
pub mod site;
pub mod throttle;
pub mod token;
pub mod upload;
pub mod visit;

pub use csv_file::CsvFile;
pub use desk::{Desk, Found, InForce, PortError, Sessions, Settings};
pub use error::{PageError, PageResult, html, see_other};
pub use page::{NavItem, Notice, Page};
pub use permit::{Action, Denied, Permit, Rights};
pub use routes::{RouteRow, Routes, Who};
pub use session::{Reader, Session};
pub use site::Site;
pub use token::Token;
pub use visit::Visit;

//! What tests share: stores on both databases, a small school, a clock that is set, a site to visit, pages and
//! whoever opens them.

#![expect(clippy::panic, reason = "a test that cannot be set up has failed")]

mod address;
mod clock;
mod databases;
mod pages;
mod postgres;
mod school;
mod site;

pub use address::free_address;
pub use clock::TestClock;
pub use databases::{Kind, TestStore, on_postgres, on_sqlite, postgres, sqlite};
pub use pages::{Page, Pages};
pub use school::SmallSchool;
pub use site::{Answer, Site, Visit};

/// Makes of each story a test on SQLite and a test on PostgreSQL. A story is
/// `async fn name(kit: &testkit::TestStore)`.
#[macro_export]
macro_rules! store_test {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[test]
            fn sqlite() {
                $crate::on_sqlite(async |kit| super::$story(kit).await);
            }
            #[test]
            fn postgres() {
                $crate::on_postgres(async |kit| super::$story(kit).await);
            }
        }
    )+};
}

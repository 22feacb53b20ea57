//! The declarations that are shipped.

use crate::Declarations;

#[test]
fn what_is_shipped_loads_without_a_problem() {
    let problems = Declarations::load(Declarations::files().iter().copied()).err().unwrap_or_default();
    let said: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    assert!(problems.is_empty(), "{} problems:\n\n{said}", problems.len());
    assert!(Declarations::shipped().iter().len() > 0);
}

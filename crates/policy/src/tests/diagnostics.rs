//! Every error and warning as a person sees it.

use super::*;

#[test]
fn the_example_has_warnings_only() {
    insta::assert_snapshot!(said(&example()), @"");
}

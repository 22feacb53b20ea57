//! The example of the documentation loads, and its facts hold.

use super::facts::check;
use crate::{Declarations, facts};

#[test]
fn the_example_of_the_documentation_is_right() {
    let text = include_str!("../../../../docs/declarations.md");
    let blocks: Vec<(&str, &str)> = text
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .filter_map(|(block, _)| Some((block.lines().next()?.strip_prefix("# declarations/")?, block)))
        .collect();
    let of = |path: &str| blocks.iter().find(|block| block.0 == path).unwrap().1;
    let path = "assets/trolleys.toml";
    let declarations = Declarations::load([(path, of(path))]);
    let declarations =
        declarations.unwrap_or_else(|all| panic!("{}", all.iter().map(ToString::to_string).collect::<String>()));
    let declaration = declarations.get("assets.trolleys").unwrap();
    let text = of("assets/trolleys.facts.toml");
    let all = facts::read("docs/declarations.md", text).unwrap();
    assert_eq!(all.len(), 2);
    for fact in all {
        let said = check(&fact, declaration, &declarations, "record");
        assert_eq!(said, Ok(()), "{}", fact.name);
    }
}

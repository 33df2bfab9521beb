//! What the documentation says holds.

use super::*;

const DOCUMENT: &str = include_str!("../../../../../docs/rules-structured.md");

/// The part of the document under a heading.
fn part(heading: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("# {heading}\n")).unwrap();
    rest.split_once("\n#").map_or(rest, |(part, _)| part)
}

/// The code in the cells of each row of a table.
fn rows(part: &'static str) -> Vec<Vec<Vec<&'static str>>> {
    let codes = |cell: &'static str| cell.split('`').skip(1).step_by(2).collect();
    part.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(codes).collect())
        .collect()
}

#[test]
fn the_examples_are_accepted() {
    let blocks: Vec<&str> = DOCUMENT.split("```").skip(1).step_by(2).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let program = accepted(block.strip_prefix("yaml").unwrap());
        assert!(!program.items.is_empty());
    }
}

#[test]
fn every_term_and_goal_is_accepted() {
    let terms = rows(part("Terms"));
    assert_eq!(terms.len(), 13);
    for term in terms.iter().flat_map(|row| &row[0]) {
        accepted(&format!("rules: [{{head: [p], body: [[q, {term}]]}}]"));
    }
    let goals = rows(part("Goals"));
    assert_eq!(goals.len(), 9);
    for goal in goals.iter().flat_map(|row| &row[0]) {
        if goal.starts_with(['[', '{']) {
            goal_from_json(goal).unwrap();
        }
    }
}

#[test]
fn every_trap_is_an_error_and_its_remedy_is_none() {
    let traps = rows(part("Traps"));
    assert_eq!(traps.len(), 31);
    for trap in traps {
        let (wrong, code, right) = (trap[0][0], trap[1][0], trap[2][0]);
        assert_eq!(refused(wrong)[0].2, code, "{wrong}");
        accepted(right);
    }
    let (_, words) = part("Traps").split_once("`ambiguous-scalar`: ").unwrap();
    let (words, _) = words.split_once(". ").unwrap();
    for word in words.split(", ").map(|word| word.trim_matches('`')) {
        assert_eq!(
            refused(&format!("facts: [[p, {word}]]"))[0].2,
            "ambiguous-scalar"
        );
    }
}

#[test]
fn every_value_of_the_plain_form_is_accepted() {
    let values = rows(part("The plain form"));
    assert_eq!(values.len(), 7);
    for text in values.iter().flat_map(|row| &row[0]) {
        let value = value_from_json(text).unwrap();
        assert_eq!(value_to_json(&value), *text);
    }
}

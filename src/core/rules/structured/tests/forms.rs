//! Each construct once, and both ways.

use super::*;
use crate::rules::ast::{GoalKind, Item, TermKind};

const POLICY: &str = r#"declarations:
  - {input: role/2, comment: who is what}
  - {tabled: reach/2}
facts:
  - [edge, 1, 2]
  - {fact: [person, ann, {name: Ann Smith, tags: {$list: [a, "?T"]}}, [point, 1, -2.5]], comment: [" the first", and only one], id: f-1}
"#;

const RULES: &str = r#"rules:
  - comment: clerks may use the tools of their role
    id: tools-1
    reason: the clerk may
    annotations: {owner: security}
    head: [allow, "?agent", use, "?tool"]
    body:
      - [role, "?agent", "?r"]
      - [not, [suspended, "?agent"]]
      - [lt, {$call: [".", "?tool", risk]}, 0.4]
      - [or, [a, "?"], [exists, [and, [b], [c]]]]
      - [forall, [d, "?x"], [e, "?x"]]
      - [if, [gt, "?s", 5], [eq, "?l", high], [eq, "?l", low]]
      - [aggregate, sum, "?n", "?amount", [order, "?agent", "?amount"], ["?agent"]]
      - [aggregate, count, "?k", null, [order, "?agent", "?"]]
      - {$goal: [not, {$record: {$a: {$string: "?"}}}]}
"#;

#[test]
fn what_was_written_is_written_again() {
    let text = format!("{POLICY}{RULES}");
    assert_eq!(to_yaml(&accepted(&text)), text);
}

#[test]
fn yaml_and_json_say_the_same() {
    let program = accepted(&format!("{POLICY}{RULES}"));
    let json = to_json(&program);
    assert_same(&accepted(&json), &program, &json);
    assert!(json.contains("\n    [\"edge\", 1, 2],\n"), "{json}");
}

#[test]
fn an_order_that_three_lists_can_not_give_is_kept() {
    let text = "items:\n  - rule:\n      head: [p, \"?X\"]\n      body:\n        - [q, \"?X\"]\n  \
                - {fact: [q, 1]}\n  - {declare: {external: q/1}}\n";
    let program = accepted(text);
    assert_eq!(to_yaml(&program), text);
    assert_eq!(program.items.len(), 3);
}

#[test]
fn json_with_tabs_and_surrogates_is_read() {
    let text =
        "{\"facts\":\t[\t[\"p\",\t\"\\ud83d\\ude00\",\t123456789012345678901234567890]\t]\t}\r\n";
    let program = accepted(text);
    let Some(Item::Clause(clause)) = program.items.first() else {
        panic!("it is a fact");
    };
    assert_eq!(
        clause.head.arguments[0].kind,
        TermKind::Constant(Value::string("😀"))
    );
    let TermKind::Constant(Value::BigInteger(_)) = clause.head.arguments[1].kind else {
        panic!("it is a big integer");
    };
    let argument = clause.head.arguments[0].span;
    assert_eq!((argument.start, argument.end), (18, 32));
}

#[test]
fn comments_hold_no_line_breaks() {
    let program = accepted(
        "facts:\n- fact: [p]\n  comment: |\n    one\n    two\n- fact: [q]\n  comment: [\"a\\r\\nb\\rc\", \"\"]\n",
    );
    let comments: Vec<Vec<&str>> = program
        .items
        .iter()
        .map(|item| match item {
            Item::Clause(clause) => clause.comments.iter().map(AsRef::as_ref).collect(),
            Item::Declaration(_) => Vec::new(),
        })
        .collect();
    assert_eq!(comments, [vec!["one", "two"], vec!["a", "b", "c", ""]]);
}

#[test]
fn goals_are_read_alone() {
    for text in ["[\"role\", \"?User\", \"admin\"]", "[role, '?User', admin]"] {
        let goal = goal_from_json(text).unwrap();
        let GoalKind::Call(atom) = goal.kind else {
            panic!("it is a call");
        };
        assert_eq!(atom.name.as_ref(), "role");
        assert_eq!(atom.arguments[0].kind, TermKind::Variable("User".into()));
    }
    assert!(matches!(
        goal_from_json("[\"and\", [\"p\"], [\"not\", [\"q\"]]]")
            .unwrap()
            .kind,
        GoalKind::And(_)
    ));
    for (text, code) in [
        ("", "empty-source"),
        ("\"p\"", "atom-shape"),
        ("[]", "empty-atom"),
        ("[[\"p\"], [\"q\"]]", "predicate-name"),
        ("[\"p\", ?X]", "unquoted-variable"),
        ("[\"p\"", "invalid-syntax"),
    ] {
        let diagnostics = goal_from_json(text).unwrap_err();
        assert_eq!(diagnostics[0].code, code, "{text}");
    }
}

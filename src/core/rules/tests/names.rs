//! Names that there are not, in queries and in their facts.

use super::*;

fn base() -> KnowledgeBase {
    let program = "input role/2. allow(x) if role(x, \"clerk\"). user(\"ann\").";
    KnowledgeBase::from_text("test.rules", program).unwrap()
}

#[test]
fn a_query_with_an_unknown_predicate_says_what_was_meant() {
    for (query, help) in [
        ("alow(x)", "did you mean `allow`?"),
        ("allow(x, y)", "`allow` has 1 argument, not 2"),
        ("usr(x, y)", "did you mean `user`, which has 1 argument?"),
        (
            "user(x) and not string_contans(x, \"a\")",
            "did you mean `string_contains`?",
        ),
    ] {
        let Err(QueryError::Query(error)) = base().ask(query, QueryOptions::default()) else {
            panic!("{query}");
        };
        assert_eq!(error.diagnostics[0].help.as_deref(), Some(help), "{query}");
    }
}

#[test]
fn a_fact_that_can_not_be_added_is_named() {
    let role = |arguments: &[&str]| {
        let values = arguments.iter().copied().map(Value::string);
        ("role".into(), values.collect::<Vec<_>>())
    };
    for (name, fact, message) in [
        (
            "role",
            role(&["ann"]),
            "/facts/1: `role/1` is not declared `input`: `role` has 2 arguments, not 1",
        ),
        (
            "rôle",
            role(&["ann", "clerk"]),
            "/facts/1: `rôle/2` is not declared `input`: did you mean `role`?",
        ),
        (
            "user",
            role(&["ann"]),
            "/facts/1: `user/1` is not declared `input`",
        ),
    ] {
        let facts = vec![role(&["bob", "clerk"]), (name.into(), fact.1)];
        let options = QueryOptions {
            facts,
            ..QueryOptions::default()
        };
        let Err(QueryError::Conflict(said)) = base().ask("allow(x)", options) else {
            panic!("{message}");
        };
        assert_eq!(said, message);
    }
}

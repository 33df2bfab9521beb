//! What bounds a query also where built-ins do the work.

use super::*;

const DOUBLING: &str = "d(0, leaf(1)). d(n, f(t, t)) if n > 0 and d(n - 1, t).";

fn outcome(program: &str, query: &str, limits: Limits) -> Outcome {
    let base = KnowledgeBase::from_text("test.rules", program).unwrap();
    let options = QueryOptions {
        limits,
        ..QueryOptions::default()
    };
    base.ask(query, options).unwrap().outcome
}

fn ended_by(program: &str, query: &str, limits: Limits) -> String {
    let limit = outcome(program, query, limits).truncated_by.unwrap();
    assert!(limit.observed > limit.limit, "{limit:?}");
    limit.name
}

#[test]
fn a_term_of_shared_parts_is_not_copied_for_its_kind() {
    let query = r#"d(60, t) and kind_of(t, k) and k = "compound" and is_compound(t)"#;
    let outcome = outcome(DOUBLING, query, Limits::default());
    assert!(
        outcome
            .truncated_by
            .is_none_or(|limit| limit.name == "max-bytes")
    );
    let program = format!("{DOUBLING} kind(k) if d(60, t) and kind_of(t, k).");
    let base = KnowledgeBase::from_text("test.rules", &program).unwrap();
    let answers = base.ask("kind(k)", QueryOptions::default()).unwrap();
    assert_eq!(answers.answers[0].bindings[0].1, Value::string("compound"));
    for (term, kind) in [
        ("[1, 2]", "list"),
        ("[1 | x]", "partial list"),
        ("{a: 1}", "record"),
        ("1.5", "float"),
        ("null", "null"),
    ] {
        let answers = base.ask(
            &format!("t = {term} and kind_of(t, k)"),
            QueryOptions::default(),
        );
        let answers = answers.unwrap().answers;
        let (_, found) = answers[0].bindings.last().unwrap();
        assert_eq!(*found, Value::string(kind));
    }
}

#[test]
fn what_is_made_for_a_built_in_counts_before_it_is_made() {
    let program = format!("{DOUBLING} text(s) if d(20, t) and s = to_string(t).");
    let limits = Limits {
        max_bytes: 16 << 20,
        ..Limits::default()
    };
    assert_eq!(ended_by(&program, "text(s)", limits), "max-bytes");
}

#[test]
fn whole_numbers_of_many_digits_count() {
    let program = "
        large(k, x) if between(1, k, i) and x = 7 ** 40000 + i.
        all(k, l) if l = collect(x for large(k, x)).
        grow(0, []). grow(k, [x | l]) if k > 0 and x = 7 ** 40000 + k and grow(k - 1, l).
    ";
    let limits = Limits {
        max_bytes: 1 << 20,
        ..Limits::default()
    };
    assert_eq!(ended_by(program, "grow(1000, l)", limits), "max-bytes");
    assert_eq!(ended_by(program, "all(1000, l)", limits), "max-bytes");
}

#[test]
fn a_built_in_costs_steps_by_what_it_looks_at() {
    let program = r#"
        text(0, "abcdefgh"). text(n, t) if n > 0 and text(n - 1, s) and t = concat(s, s).
        long(t) if text(12, t).
        work() if long(t) and between(1, 1000, i) and string_contains(t, "x").
    "#;
    let few = outcome(program, "long(t)", Limits::default()).steps;
    assert!(few > 1024 && few < 4096, "{few}");
    let many = outcome(program, "work()", Limits::default()).steps;
    assert!(many > 500_000, "{many}");
    let limits = Limits {
        max_steps: 100_000,
        ..Limits::default()
    };
    assert_eq!(ended_by(program, "work()", limits), "max-steps");
}

#[test]
fn a_whole_number_that_is_too_large_has_a_bound_of_its_own() {
    for query in [
        "x = 2 ** 200000",
        "x = 2 ** 131071 * 2",
        "x = 3 ** 99999 and y = x * x",
    ] {
        let limit = outcome("p(1).", query, Limits::default())
            .truncated_by
            .unwrap();
        assert_eq!(
            (limit.name.as_str(), limit.limit),
            ("max-integer-bytes", 16 * 1024)
        );
        assert!(
            limit.observed > limit.limit && limit.observed < 50_000,
            "{limit:?}"
        );
    }
    assert!(outcome("p(1).", "x = 2 ** 131071", Limits::default()).complete);
}

#[test]
fn alternatives_that_call_nothing_are_steps() {
    let choices = ["(x > 0 or x = 1)"; 12].join(" and ");
    let base = KnowledgeBase::from_text("a.rules", &format!("p(x) if x = 1 and {choices}."));
    let limits = Limits {
        max_steps: 1_000,
        ..Limits::default()
    };
    let options = QueryOptions {
        limits,
        ..QueryOptions::default()
    };
    let answers = base.unwrap().ask("p(_)", options).unwrap();
    let limit = answers.outcome.truncated_by.unwrap();
    assert_eq!((limit.name.as_str(), limit.limit), ("max-steps", 1_000));
}

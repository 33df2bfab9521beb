//! Programs that grow, and terms of very many parts.

use super::*;

#[test]
fn an_evaluator_takes_a_base_of_more_predicates() {
    let facts = |name: &str| -> String { (0..20).map(|n| format!("{name}({n}, {n}). ")).collect() };
    let small = KnowledgeBase::from_text("a.rules", &facts("p")).unwrap();
    let more = facts("p") + &facts("q") + "r(x) if q(x, x).";
    let large = KnowledgeBase::from_text("b.rules", &more).unwrap();
    let mut evaluator = Evaluator::new(&small, Limits::default());
    evaluator.update(&large);
    let predicate = evaluator.predicate("r", 1).unwrap();
    let known = evaluator.constant(&Value::Integer(3)).unwrap();
    let unknown = evaluator.constant(&Value::Integer(30)).unwrap();
    assert!(evaluator.holds(predicate, &[known], None).unwrap());
    assert!(!evaluator.holds(predicate, &[unknown], None).unwrap());
    evaluator.update(&small);
    assert!(evaluator.holds(predicate, &[known], None).is_err());
}

#[test]
fn records_may_have_more_than_65_536_fields() {
    let fields = (0..70_000).map(|n| (format!("f{n:05}").into(), Value::Integer(n)));
    let record = Value::record(fields.collect::<Vec<_>>());
    let base = KnowledgeBase::from_text("a.rules", "input given/1.").unwrap();
    let options = QueryOptions {
        facts: vec![("given".into(), vec![record.clone()])],
        ..QueryOptions::default()
    };
    let answers = base
        .ask("given(x) and n = x.f69999", options.clone())
        .unwrap();
    assert_eq!(answers.answers[0].bindings[0].1, record);
    assert_eq!(answers.answers[0].bindings[1].1, Value::Integer(69_999));
    let other = base.ask(
        "given(x) and y = record_put(x, \"f\", 1) and y = {f: 1}",
        options,
    );
    assert!(other.unwrap().answers.is_empty());
}

#[test]
fn a_snapshot_keeps_terms_of_very_many_parts() {
    let fields: Vec<String> = (0..70_000).map(|n| format!("f{n}: {n}")).collect();
    let program = format!("p({{{}}}).", fields.join(", "));
    let base = KnowledgeBase::from_text("a.rules", &program).unwrap();
    let restored = KnowledgeBase::restore(&base.snapshot()).unwrap();
    let answers = restored
        .ask("p(x) and n = x.f69999", QueryOptions::default())
        .unwrap();
    assert_eq!(answers.answers[0].bindings[1].1, Value::Integer(69_999));
}

#[test]
fn compounds_may_have_more_than_65_536_arguments() {
    let compound =
        |count: i64| Value::Compound("c".into(), (0..count).map(Value::Integer).collect());
    let base = KnowledgeBase::from_text("a.rules", "input given/1.").unwrap();
    let options = QueryOptions {
        facts: vec![
            ("given".into(), vec![compound(65_537)]),
            ("given".into(), vec![compound(1)]),
        ],
        ..QueryOptions::default()
    };
    let answers = base.ask("given(x)", options.clone()).unwrap().answers;
    assert_eq!(answers[0].bindings[0].1, compound(65_537));
    assert_eq!(base.ask("given(c(0))", options).unwrap().answers.len(), 1);
}

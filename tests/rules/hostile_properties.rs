//! What holds of random programs, texts and changes.

use super::SMALL;
use super::generate::{self, Random};
use super::naive;
use assize_core::rules::explain::{
    ExplainLimits, Explainer, Inquiry, SolveError, Solver, Table, verify,
};
use assize_core::rules::{
    Evaluator, ExternalAnswer, Fact, KnowledgeBase, Limits, QueryError, QueryOptions, Step, Value,
    builtins::Context, syntax,
};
use proptest::prelude::{Strategy, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeSet;
use std::sync::Arc;

fn bindings(base: &KnowledgeBase, goal: &str, pause: u64) -> (Vec<String>, usize) {
    let mut query = base.query_text(goal, QueryOptions::default()).unwrap();
    let mut found = Vec::new();
    let mut pauses = 0;
    loop {
        if pause > 0 {
            query.pause_after(pause);
        }
        match query.next().unwrap() {
            Step::Answer(answer) => found.push(format!("{:?}", answer.bindings)),
            Step::Pause => pauses += 1,
            Step::Done(outcome) => {
                assert!(
                    outcome.complete,
                    "{goal} by {pause}: {outcome:?} after {pauses}"
                );
                return (found, pauses);
            }
            Step::NeedExternal(call) => panic!("{call:?}"),
        }
    }
}

#[test]
fn pauses_change_no_answer() {
    let mut paused = 0;
    for seed in 0..150 {
        let mut random = Random(seed);
        let program = generate::program(&mut random);
        let text = program.to_text();
        let base = KnowledgeBase::from_text("random.rules", &text).unwrap();
        for _ in 0..3 {
            let goal = naive::atom_text(&generate::query(&mut random, &program));
            let (expected, _) = bindings(&base, &goal, 0);
            for pause in [1, 2, 3, 5, 13] {
                let (found, pauses) = bindings(&base, &goal, pause);
                assert_eq!(found, expected, "seed {seed}: {goal} by {pause}\n{text}");
                paused += pauses;
            }
        }
    }
    assert!(paused > 1_000, "{paused}");
}

/// Asks the engine what a proof's check asks.
struct Asked<'a>(&'a KnowledgeBase);

impl Solver for Asked<'_> {
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
        let texts: Vec<String> = arguments
            .iter()
            .map(|value| match value {
                Value::Variable(number) => format!("v{number}"),
                value => value.to_string(),
            })
            .collect();
        let answers = self.0.ask(
            &format!("{name}({})", texts.join(", ")),
            QueryOptions::default(),
        )?;
        let row = |answer: &assize_core::rules::Answer| {
            let value = |(text, value): (&String, &Value)| {
                let known = answer
                    .bindings
                    .iter()
                    .find(|(name, _)| name.as_ref() == text);
                known.map_or(value.clone(), |(_, value)| value.clone())
            };
            texts.iter().zip(arguments).map(value).collect()
        };
        Ok(answers.answers.iter().map(row).collect())
    }
}

#[test]
fn proofs_of_random_programs_are_proofs() {
    let mut proofs = 0;
    for seed in 0..100 {
        let mut random = Random(seed);
        let program = generate::program(&mut random);
        let text = program.to_text();
        let base = KnowledgeBase::from_text("random.rules", &text).unwrap();
        let explainer = Explainer::new(Arc::new(base.program().unwrap().clone()));
        for _ in 0..2 {
            let goal = naive::atom_text(&generate::query(&mut random, &program));
            let options = QueryOptions {
                explain: true,
                ..QueryOptions::default()
            };
            let parsed = syntax::parse_query(&goal, u16::MAX).unwrap();
            for answer in base.ask(&goal, options).unwrap().answers {
                let proof = answer
                    .proof
                    .unwrap_or_else(|| panic!("seed {seed}: {goal}\n{text}"));
                let table = Table(Context {
                    now_ms: None,
                    room: 1 << 20,
                });
                let mut solver = Asked(&base);
                let mut inquiry = Inquiry {
                    solver: &mut solver,
                    builtins: &table,
                    facts: &[],
                    limits: ExplainLimits::default(),
                };
                let checked = verify(&proof, &parsed, &answer.bindings, &explainer, &mut inquiry);
                assert_eq!(checked, Ok(()), "seed {seed}: {goal}\n{text}");
                proofs += 1;
            }
        }
    }
    assert!(proofs > 200, "{proofs}");
}

fn fact(from: i64, to: i64) -> Fact {
    ("e".into(), vec![Value::Integer(from), Value::Integer(to)])
}

#[test]
fn externals_are_answered_repeatedly_and_in_any_order_of_rows() {
    let base = KnowledgeBase::from_text(
        "external.rules",
        "external x/2. r(a, b) if x(a, b). r(a, c) if r(a, b) and x(b, c).",
    )
    .unwrap();
    for order in 0..6_usize {
        let mut query = base.query_text("r(1, n)", QueryOptions::default()).unwrap();
        let mut found = BTreeSet::new();
        loop {
            match query.next().unwrap() {
                Step::Answer(answer) => assert!(found.insert(answer.bindings[0].1.to_string())),
                Step::NeedExternal(call) => {
                    assert_eq!(query.next().unwrap(), Step::NeedExternal(call.clone()));
                    let wrong = ExternalAnswer::Solutions(vec![]);
                    assert!(query.provide(call.id + 1, wrong).is_err());
                    let short = ExternalAnswer::Solutions(vec![vec![Value::Null]]);
                    assert!(query.provide(call.id, short).is_err());
                    let Value::Integer(from) = call.arguments[0] else {
                        panic!("{call:?}");
                    };
                    let mut rows: Vec<Vec<Value>> = [1, 2, 3, 2]
                        .map(|step| vec![Value::Integer(from), Value::Integer((from * step) % 7)])
                        .to_vec();
                    // Rows that do not fit the call are no solutions.
                    rows.push(vec![Value::Integer(99), Value::Integer(99)]);
                    rows.rotate_left(order % 5);
                    query
                        .provide(call.id, ExternalAnswer::Solutions(rows))
                        .unwrap();
                    assert!(
                        query
                            .provide(call.id, ExternalAnswer::Solutions(vec![]))
                            .is_err()
                    );
                }
                Step::Pause => panic!("nobody asked for a pause"),
                Step::Done(outcome) => {
                    assert!(outcome.complete);
                    break;
                }
            }
        }
        assert_eq!(found.len(), 6, "{found:?}");
    }
}

const TOKENS: &[&str] = &[
    "p",
    "q",
    "x",
    "y",
    "_",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    ". ",
    ":",
    "|",
    "if",
    "then",
    "else",
    "and",
    "or",
    "not",
    "exists",
    "forall",
    "for",
    "by",
    "=",
    "!=",
    "<",
    "<=",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "1",
    "0",
    "2.5",
    "\"a\"",
    "\"",
    "`",
    "`odd name`",
    "#",
    "\n",
    "@id",
    "@id(\"a\")",
    "input",
    "external",
    "tabled",
    "untabled",
    "/2",
    "/0",
    "count",
    "sum",
    "min",
    "collect",
    "count(for ",
    "true",
    "null",
    "9223372036854775808",
    "1e999",
    "\\",
    "é",
    "\u{202e}",
    "p(x)",
    "q(x, y)",
    "p(1). ",
    "q(1, 2). ",
    "p(x) if q(x, y). ",
    "list_range",
    "member(x, [1, 2])",
    "is",
];

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(TOKENS), 0..40).prop_map(|tokens| tokens.join(" "))
}

const GOALS: &[&str] = &[
    "p(x)",
    "q(x, y)",
    "q(x, x)",
    "r(x)",
    "not r(1)",
    "exists q(x, _)",
    "x = y",
    "x = f(x, y)",
    "y = [x | z]",
    "z = y[0]",
    "x < y",
    "y = x + 1",
    "y = x ** 9",
    "x != 1",
    "member(x, [y, 1])",
    "between(1, x, y)",
    "y = count(for r(x))",
    "y = collect(x for q(x, z) by z)",
    "y = sum(x for p(x))",
    "forall p(x): q(x, y)",
    "if p(x) then r(y) else y = x",
    "(r(x) or p(y))",
    "f(x, y) = f(g(y), z)",
    "{a: x} = {a: y}",
    "z = to_string(x)",
    "is_ground(y)",
    "z = {a: x}.a",
    "s(x, y)",
    "s(y, [x])",
];

fn body() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(GOALS), 1..5).prop_map(|goals| goals.join(" and "))
}

proptest! {
    #[test]
    fn no_program_panics(first in body(), second in body(), third in body(), query in body()) {
        let options = QueryOptions { limits: Limits { max_steps: 3_000, ..SMALL }, explain: true, why_not: true, ..QueryOptions::default() };
        let program = format!("p(1). p(2). p(x) if {first}. q(1, 2). q(2, [1]). q(x, y) if {second}. r(x) if {third}. r(3). s(1, 2).\ns(x, y) if s(y, x) and q(x, y).");
        if let Ok(base) = KnowledgeBase::from_text("random.rules", &program) {
            for goal in ["p(x)", "q(x, y)", "r(x)", "s(x, y)", &query] {
                if let Ok(answers) = base.ask(goal, options.clone()) {
                    prop_assert_eq!(answers.outcome.complete, answers.outcome.truncated_by.is_none());
                }
            }
        }
    }

    #[test]
    fn no_text_panics(program in words(), query in words()) {
        let options = QueryOptions { limits: SMALL, explain: true, why_not: true, now_ms: Some(0), ..QueryOptions::default() };
        for program in [format!("p(1). q(1, 2). {program}"), format!("p(1). q(1, 2). p(x) if {program}.")] {
            if let Ok(base) = KnowledgeBase::from_text("random.rules", &program) {
                for goal in [&query, "p(x)", "q(x, x)", &format!("p(x) and {query}")] {
                    match base.ask(goal, options.clone()) {
                        Ok(answers) => prop_assert_eq!(answers.outcome.complete, answers.outcome.truncated_by.is_none()),
                        Err(QueryError::Query(error)) => prop_assert!(!error.diagnostics.is_empty()),
                        Err(_) => {}
                    }
                }
            }
        }
    }

    #[test]
    fn changed_facts_are_as_in_a_model(
        changes in prop::collection::vec((prop::collection::vec((0..4_i64, 0..4_i64), 0..4), prop::collection::vec((0..4_i64, 0..4_i64), 0..4)), 1..12),
    ) {
        let text = "input e/2. e(0, 1). e(0, 1). r(x, y) if r(x, z) and e(z, y). r(x, y) if e(x, y).";
        let mut base = KnowledgeBase::from_text("facts.rules", text).unwrap();
        let mut evaluator = Evaluator::new(&base, Limits::default());
        let mut model = BTreeSet::from([(0, 1)]);
        for (remove, add) in changes {
            let facts = |list: &[(i64, i64)]| list.iter().map(|(from, to)| fact(*from, *to)).collect::<Vec<_>>();
            let changed = base.change_facts(&facts(&remove), &facts(&add)).unwrap();
            let removed = remove.iter().filter(|edge| model.remove(*edge)).count();
            let added = add.iter().filter(|edge| model.insert(**edge)).count();
            prop_assert_eq!((changed.removed as usize, changed.added as usize), (removed, added));
            evaluator.update(&base);
            let mut reach = model.clone();
            for _ in 0..4 {
                let more: Vec<_> = reach.iter().flat_map(|(from, over)| model.iter().filter(move |(next, _)| next == over).map(move |(_, to)| (*from, *to))).collect();
                reach.extend(more);
            }
            for predicate in ["e", "r"] {
                let expected = if predicate == "e" { &model } else { &reach };
                let answers = base.ask(&format!("{predicate}(x, y)"), QueryOptions::default()).unwrap();
                prop_assert_eq!(answers.answers.len(), expected.len());
                let same = base.ask(&format!("{predicate}(x, x)"), QueryOptions::default()).unwrap();
                prop_assert_eq!(same.answers.len(), expected.iter().filter(|(from, to)| from == to).count());
                let handle = evaluator.predicate(predicate, 2).unwrap();
                for from in 0..4 {
                    for to in 0..4 {
                        let pair = [from, to].map(|number| evaluator.constant(&Value::Integer(number)).unwrap());
                        prop_assert_eq!(evaluator.holds(handle, &pair, None).unwrap(), expected.contains(&(from, to)));
                    }
                }
            }
        }
    }
}

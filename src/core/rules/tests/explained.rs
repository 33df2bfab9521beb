//! Proofs of many answers within the bounds of one query.

use super::*;

fn base(program: &str) -> KnowledgeBase {
    KnowledgeBase::from_text("test.rules", program).unwrap_or_else(|error| panic!("{error:?}"))
}

fn explained() -> QueryOptions {
    QueryOptions {
        explain: true,
        why_not: true,
        ..QueryOptions::default()
    }
}

fn begun(program: &str, query: &str, options: QueryOptions) -> Query {
    base(program).query_text(query, options).unwrap()
}

/// All answers, with a host that knows some solutions of each predicate.
fn answered(
    program: &str,
    query: &str,
    options: QueryOptions,
    host: &[(&str, Vec<Value>)],
) -> Vec<Answer> {
    let mut query = begun(program, query, options);
    let mut answers = Vec::new();
    loop {
        match query.next().unwrap() {
            Step::Answer(answer) => answers.push(answer),
            Step::NeedExternal(call) => {
                let rows = host.iter().filter(|(name, _)| *name == call.name.as_ref());
                let rows = rows.map(|(_, row)| row.clone()).filter(|row| {
                    let mut both = row.iter().zip(&call.arguments);
                    both.all(|(value, given)| matches!(given, Value::Variable(_)) || value == given)
                });
                let answer = ExternalAnswer::Solutions(rows.collect());
                query.provide(call.id, answer).unwrap();
            }
            Step::Pause => {}
            Step::Done(_) => return answers,
        }
    }
}

fn chain(length: usize) -> String {
    let mut program =
        "path(x, y) if path(x, z) and edge(z, y). path(x, y) if edge(x, y).".to_owned();
    for node in 0..length {
        program.push_str(&format!(" edge(\"n{node}\", \"n{}\").", node + 1));
    }
    program
}

#[test]
fn every_answer_along_a_chain_is_explained_without_much_work() {
    let limits = Limits {
        max_steps: 200_000,
        ..Limits::default()
    };
    let options = QueryOptions {
        limits,
        ..explained()
    };
    let answers = base(&chain(150)).ask(r#"path("n0", y)"#, options).unwrap();
    assert_eq!(answers.answers.len(), 150);
    for (number, answer) in answers.answers.iter().enumerate() {
        let proof = answer.proof.as_ref().unwrap();
        assert!(proof.minimal);
        assert_eq!(proof.steps.last().unwrap().height as usize, number + 1);
    }
}

#[test]
fn when_the_bounds_are_used_up_answers_come_without_proofs() {
    let limits = Limits {
        max_steps: 5_000,
        ..Limits::default()
    };
    let options = QueryOptions {
        limits,
        ..explained()
    };
    let answers = base(&chain(100)).ask(r#"path("n0", y)"#, options).unwrap();
    assert!(answers.outcome.complete);
    let proofs: Vec<_> = answers
        .answers
        .iter()
        .map(|answer| answer.proof.is_some())
        .collect();
    assert_eq!(proofs.len(), 100);
    assert!(proofs[0]);
    assert!(!proofs[99]);
}

#[test]
fn a_long_recursion_over_numbers_is_explained_in_proportion() {
    let program = "down(0). down(n) if n > 0 and down(n - 1).";
    let answers = base(program).ask("down(5000)", explained()).unwrap();
    let proof = answers.answers[0].proof.as_ref().unwrap();
    assert_eq!(proof.steps.last().unwrap().height, 5000);
}

#[test]
fn a_bound_on_answers_takes_no_proof_away() {
    let program = r#"
        allow(x) if n(x) and n(y) and y > 11.
        n(1). n(2). n(3). n(4). n(5). n(6). n(7). n(8). n(9). n(10). n(11). n(12).
    "#;
    let limits = Limits {
        max_answers: 1,
        ..Limits::default()
    };
    let options = QueryOptions {
        limits,
        ..explained()
    };
    let answers = base(program).ask("allow(x)", options).unwrap();
    assert!(answers.answers[0].proof.is_some());
}

#[test]
fn what_the_host_was_not_asked_takes_no_proof_away() {
    let program = r#"
        external asked/1.
        ok(x) if known(x).
        ok(x) if asked(x).
        both(x) if ok(x) and known(x).
        known(1).
    "#;
    for query in ["ok(1)", "both(x)", "ok(x)"] {
        let mut asking = begun(program, query, explained());
        let Step::Answer(answer) = asking.next().unwrap() else {
            panic!("{query}: an answer before any question");
        };
        assert!(answer.proof.is_some(), "{query}");
    }
}

#[test]
fn nothing_is_taken_for_absent_that_the_host_was_not_asked() {
    let program = r#"
        external asked/1.
        ok(x) if known(x).
        ok(x) if bad(x).
        bad(x) if not asked(x).
        known(1).
    "#;
    let mut asking = begun(program, "ok(1)", explained());
    let Step::Answer(answer) = asking.next().unwrap() else {
        panic!("an answer");
    };
    let text = answer.proof.unwrap().to_text(&[]);
    assert!(
        text.contains("known(1)") && !text.contains("asked"),
        "{text}"
    );
}

#[test]
fn answers_of_the_host_are_part_of_proofs() {
    let program = r#"
        external link/2.
        reach(x, y) if reach(x, z) and link(z, y).
        reach(x, y) if link(x, y).
        likes(u, v) if user(u) and link(u, v) and not link(v, u).
        user("a"). user("b").
    "#;
    let link = |from: &str, to: &str| ("link", vec![Value::string(from), Value::string(to)]);
    let host = [link("a", "b"), link("b", "c"), link("c", "d")];
    for (query, count) in [
        (r#"reach("a", y)"#, 3),
        ("likes(u, v)", 2),
        (r#"link("a", y)"#, 1),
    ] {
        let answers = answered(program, query, explained(), &host);
        assert_eq!(answers.len(), count, "{query}");
        for answer in answers {
            let proof = answer.proof.unwrap_or_else(|| panic!("{query}"));
            assert!(proof.to_text(&[]).contains("answered by the host"));
        }
    }
}

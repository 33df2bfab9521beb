use super::{BUILTINS, find, reader, run};
use crate::rules::check::{CODES, Code, check_with, sarif};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::{Format, Source, Span};
use proptest::prelude::*;
use std::fmt::Write as _;

#[test]
fn every_code_is_documented_and_fires_there() {
    let page = include_str!("../../../../../docs/rules-checks.md");
    for Code { name, .. } in CODES {
        let (_, section) = page
            .split_once(&format!("### `{name}`\n"))
            .unwrap_or_else(|| panic!("{name}"));
        let example = section
            .split("```rules\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        let example = example.unwrap_or_else(|| panic!("{name} has no example"));
        let found = run(example).diagnostics;
        assert!(
            found.iter().all(|found| found.code == *name),
            "{name}: {found:#?}"
        );
        assert_eq!(found.len(), 1, "{name}");
        let mended = section
            .split("```rules\n")
            .nth(2)
            .and_then(|rest| rest.split("```").next());
        let mended = mended.unwrap_or_else(|| panic!("{name} has no mended example"));
        assert_eq!(run(mended).diagnostics, [], "{name}");
    }
    let headings = page
        .lines()
        .filter(|line| line.starts_with("### `"))
        .count();
    assert_eq!(headings, CODES.len());
}

fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.into(),
        text: text.into(),
        format: Format::Text,
    }
}

#[test]
fn sarif_is_json_with_places_and_fixes() {
    let first = "# größe\ninput role/2.\n";
    let second = "p(x) if rolle(x, \"é\\\"\")\n and 1 < 2.\nq() if role(_, kind).";
    let mut program = reader::read(first);
    program.items.append(&mut reader::read_as(second, 1).items);
    let mut found = check_with(&program, &find, &BUILTINS).diagnostics;
    let foreign = Diagnostic::error(
        "foreign-code",
        Span {
            source: 0,
            start: 2,
            end: 9,
        },
        "tab\tand\u{1}",
    );
    found.push(foreign);
    let sources = [
        source("a b.rules", first),
        source("policies/p.rules", second),
    ];
    let log: serde_json::Value = serde_json::from_str(&sarif(&found, &sources)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let results = run["results"].as_array().unwrap();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let number = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[number]["id"], result["ruleId"]);
    }
    let codes: Vec<_> = results
        .iter()
        .map(|result| result["ruleId"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "unknown-predicate",
            "always-true",
            "singleton-variable",
            "foreign-code"
        ]
    );
    let physical = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "policies/p.rules");
    let region =
        serde_json::json!({"startLine": 1, "startColumn": 9, "endLine": 1, "endColumn": 24});
    assert_eq!(physical["region"], region);
    let replacement = &results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "role");
    assert_eq!(replacement["deletedRegion"]["endColumn"], 14);
    assert_eq!(results[1]["level"], "warning");
    assert_eq!(
        results[1]["locations"][0]["physicalLocation"]["region"]["startLine"],
        2
    );
    assert_eq!(results[3]["message"]["text"], "tab\tand\u{1}");
    let physical = &results[3]["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "a%20b.rules");
    let region =
        serde_json::json!({"startLine": 1, "startColumn": 3, "endLine": 1, "endColumn": 8});
    assert_eq!(physical["region"], region);
    for rule in rules {
        assert!(rule["help"]["text"].is_string(), "{rule}");
        assert!(rule["shortDescription"]["text"].is_string(), "{rule}");
        let page = rule["helpUri"].as_str().unwrap();
        assert!(page.starts_with("docs/rules-checks.md#"), "{page}");
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn places_in_sarif_are_relative_where_names_are() {
    for (name, uri) in [
        ("./policies/a.rules", "policies/a.rules"),
        ("policies/a.rules", "policies/a.rules"),
        ("/srv/a b.rules", "file:///srv/a%20b.rules"),
    ] {
        let found = [Diagnostic::error("missing-stop", Span::default(), "x")];
        let log = sarif(&found, &[source(name, "a()")]);
        let log: serde_json::Value = serde_json::from_str(&log).unwrap();
        let run = &log["runs"][0];
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], uri);
        let rule = &run["tool"]["driver"]["rules"][0];
        assert_eq!(rule["helpUri"], "docs/rules-checks.md#errors-of-reading");
        let summary = "a statement does not end with `.`";
        assert_eq!(rule["shortDescription"]["text"], summary);
    }
}

#[test]
fn a_sound_policy_is_clean() {
    let policy = r#"
        role("ann", "clerk"). role("bob", "auditor").
        risk("invoice", 0.2). risk("payout", 0.9).
        grants("clerk", "invoice"). grants("clerk", "payout").
        input suspended/1. input delegated/2. input document/1. input owner/2. input agent/1.
        input active/1. input order/1. input item/2. input checked/1. input user/1.
        input order/3. input member/3. input score/2. input task/2. external credit_limit/2.
        allow(agent, "use", tool) if
            role(agent, r) and grants(r, tool) and risk(tool, n) and n < 0.4 and not suspended(agent).
        acts_for(agent, principal) if delegated(principal, agent).
        acts_for(agent, principal) if acts_for(agent, other) and delegated(principal, other).
        orphan(document) if document(document) and not exists owner(_, document).
        blocked(agent) if agent(agent) and not (role(agent, r) and active(r)).
        complete(order) if order(order) and forall item(order, i): checked(i).
        spent(user, total) if user(user) and total = sum(amount for order(user, _, amount)).
        per_team(team, n) if n = count(for member(team, _, _) by team).
        over_budget(user) if spent(user, total) and credit_limit(user, most) and total > most.
        level(x, l) if score(x, s) and if s > 5 then l = "high" else l = "low".
        reviewer(user) if role(user, "auditor") or role(user, "clerk") and active(user).
        escalate(agent, "use", tool) if role(agent, _) and risk(tool, n) and n >= 0.4.
        deny(agent, _, _) if suspended(agent).
        oblige(agent, "use", tool, "log") if role(agent, _) and risk(tool, n) and n > 0.1.
        known(name) if lower(name) = "bob".
        city(user, c) if c = user.address.city.
        busy(user) if user(user) and n = count(for task(user, _)) and n > 10.
    "#;
    let checked = run(policy);
    assert_eq!(checked.diagnostics, []);
    assert!(checked.analysis.predicate("acts_for", 2).unwrap().tabled);
}

#[test]
fn wide_and_deep_programs_are_checked() {
    let mut text = String::from("input a/1. input b/2. p(_, 7). ");
    for number in 0..3_000 {
        write!(text, "f(\"s{number}\", {number}). ").unwrap();
        write!(
            text,
            "p(x, y) if a(x) and b(x, \"r{number}\") and y = {number}. "
        )
        .unwrap();
        write!(text, "q{number}(x) if q{}(x) and a(x). ", number + 1).unwrap();
    }
    text.push_str("q3000(x) if a(x). wide() if a(0)");
    for number in 0..3_000 {
        write!(
            text,
            " and (b({number}, x{number}) or b(x{number}, 1)) and not a(x{number})"
        )
        .unwrap();
    }
    text.push_str(". deep() if ");
    text.push_str(&"not (a(1) and ".repeat(90));
    text.push_str("a(2)");
    text.push_str(&")".repeat(90));
    text.push('.');
    assert_eq!(run(&text).diagnostics, []);
}

fn term() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "x", "y", "z", "_", "1", "2", "\"a\"", "[x | y]", "[1]", "x + 1", "f(z)",
    ])
    .prop_map(str::to_owned)
}

fn goal() -> impl Strategy<Value = String> {
    let call = (prop::sample::select(vec!["p", "q", "r"]), term(), term())
        .prop_map(|(name, left, right)| format!("{name}({left}, {right})"));
    let compare = (
        term(),
        prop::sample::select(vec!["=", "!=", "<", ">="]),
        term(),
    )
        .prop_map(|(left, symbol, right)| format!("{left} {symbol} {right}"));
    prop_oneof![3 => call, 1 => compare].prop_recursive(3, 12, 3, |goal| {
        prop_oneof![
            (goal.clone(), goal.clone()).prop_map(|(left, right)| format!("({left} and {right})")),
            (goal.clone(), goal.clone()).prop_map(|(left, right)| format!("({left} or {right})")),
            goal.clone().prop_map(|goal| format!("not ({goal})")),
            (goal.clone(), goal.clone())
                .prop_map(|(left, right)| format!("(forall {left}: {right})")),
            (goal.clone(), goal.clone(), goal.clone())
                .prop_map(|(one, two, three)| format!("(if {one} then {two} else {three})")),
            goal.prop_map(|goal| format!("z = sum(x for {goal} by y)")),
        ]
    })
}

fn program() -> impl Strategy<Value = String> {
    let head = (prop::sample::select(vec!["p", "q"]), term(), term());
    let clause = (head, prop::option::of(goal())).prop_map(|((name, left, right), body)| {
        let body = body.map_or_else(String::new, |body| format!(" if {body}"));
        format!("{name}({left}, {right}){body}.\n")
    });
    prop::collection::vec(clause, 1..6).prop_map(|clauses| clauses.concat())
}

proptest! {
    #[test]
    fn what_is_found_lies_in_the_text_and_is_documented(text in program()) {
        let checked = run(&text);
        for found in &checked.diagnostics {
            prop_assert!((found.span.end as usize) <= text.len() && found.span.start < found.span.end);
            prop_assert!(CODES.iter().any(|code| code.name == found.code && code.severity == found.severity));
            prop_assert!(found.help.is_some());
            prop_assert!(!found.message.ends_with('.'));
        }
        let again = run(&text);
        prop_assert_eq!(&checked, &again);
        for predicate in &checked.analysis.predicates {
            prop_assert!(!predicate.clauses.is_empty());
        }
    }

    #[test]
    fn a_clause_written_twice_is_found(text in program()) {
        let first = text.lines().next().unwrap_or_default().to_owned();
        // A group that its goal does not hold is an error, and not followed.
        if run(&text).diagnostics.iter().any(|found| found.message.contains("grouped")) {
            return Ok(());
        }
        let found = run(&format!("{text}{first}\n")).diagnostics;
        let last = u32::try_from(text.len()).unwrap();
        let codes = ["shadowed-rule", "duplicate-fact"];
        prop_assert!(found.iter().any(|found| found.span.start >= last && codes.contains(&found.code)));
    }
}

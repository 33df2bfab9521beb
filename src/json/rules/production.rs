//! The recorded behaviour of the validator and of the limits of the production guide, against requests.
//!
//! Deviations, described in `docs/deviations.md`: `any-name-is-a-variable`, `ceilings-hold`, `limits-are-numbers`.

#[path = "../../../tests/production_cases.rs"]
mod production_cases;

use super::QueryRequest;
use assize_core::rules::{KnowledgeBase, Limits};
use production_cases::cases;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

type Deviations = BTreeMap<&'static str, usize>;

/// A knowledge base that has the permitted predicates, with as many arguments as are permitted.
fn base(config: &Json) -> KnowledgeBase {
    let most = config["max_args"].as_u64().unwrap();
    let names = config["allowed_predicates"].as_array().unwrap();
    let mut text = String::new();
    for name in names {
        for arity in 0..most {
            text.push_str(&format!("input {}/{arity}. ", name.as_str().unwrap()));
        }
    }
    KnowledgeBase::from_text("allowed.rules", &text).unwrap()
}

#[test]
fn validator() {
    let Some(cases) = cases("validator") else {
        return;
    };
    let mut deviations = Deviations::new();
    for case in &cases {
        let name = &case["case"];
        let body = json!({ "query": case["args"] }).to_string();
        let request = QueryRequest::read(body.as_bytes(), Limits::default());
        let goal = request.as_ref().map(|request| request.goal.as_str()).ok();
        let base = base(&case["config"]);
        let asked = goal.map(|goal| base.ask(goal, Default::default()));
        let accepted = asked.as_ref().is_some_and(Result::is_ok);
        if accepted == case["expected"].as_bool().unwrap() {
            continue;
        }
        // It is a name and nothing else, however it looks: it is asked as that variable.
        assert!(accepted, "{name}: {asked:?}");
        let variables = case["args"].as_array().unwrap().iter();
        let odd: Vec<&str> = variables
            .filter_map(|argument| argument.as_str()?.strip_prefix('?'))
            .collect();
        assert!(!odd.is_empty(), "{name}");
        let parsed = assize_core::rules::syntax::parse_query(goal.unwrap(), 0).unwrap();
        let text = format!("{parsed:?}");
        for variable in odd {
            assert!(text.contains(&format!("Variable({variable:?})")), "{text}");
        }
        *deviations.entry("any-name-is-a-variable").or_default() += 1;
    }
    println!("{deviations:?}");
    let names: Vec<&str> = deviations.into_keys().collect();
    assert_eq!(names, ["any-name-is-a-variable"]);
}

fn number(text: &Json, otherwise: u32) -> Option<u32> {
    text.as_str()
        .map_or(Some(otherwise), |text| text.parse().ok())
}

#[test]
fn limits() {
    let Some(cases) = cases("limits") else {
        return;
    };
    let mut deviations = Deviations::new();
    for case in &cases {
        let name = &case["case"];
        let (env, expected) = (&case["env"], &case["expected"]);
        let depth = number(&env["SIAMESE_MAX_DEPTH"], 25);
        let answers = number(&env["SIAMESE_MAX_SOLUTIONS"], 100);
        let (Some(max_depth), Some(max_answers)) = (depth, answers) else {
            limit_is_refused(name, env);
            if expected["error"].is_null() {
                *deviations.entry("limits-are-numbers").or_default() += 1;
            }
            continue;
        };
        let ceilings = Limits {
            max_depth,
            max_answers,
            ..Limits::default()
        };
        let mut body = case["kwargs"].clone();
        body["query"] = "p(x)".into();
        let request = QueryRequest::read(body.to_string().as_bytes(), ceilings).unwrap();
        let found = request.options.limits;
        let wanted = &expected["kwargs"];
        let is_same =
            wanted["max_depth"] == found.max_depth && wanted["max_solutions"] == found.max_answers;
        if !is_same {
            // A caller asked for more than the host permits, or for no bound.
            assert_eq!(found, ceilings, "{name}");
            *deviations.entry("ceilings-hold").or_default() += 1;
        }
    }
    println!("{deviations:?}");
    let names: Vec<&str> = deviations.into_keys().collect();
    assert_eq!(names, ["ceilings-hold", "limits-are-numbers"]);
}

/// What is no number is refused, and the field is named.
fn limit_is_refused(name: &Json, env: &Json) {
    let body = json!({ "query": "p(x)", "max_depth": env["SIAMESE_MAX_DEPTH"] }).to_string();
    let refused = QueryRequest::read(body.as_bytes(), Limits::default());
    let problem = format!("{:?}", refused.unwrap_err());
    assert!(problem.contains("/max_depth"), "{name}: {problem}");
}

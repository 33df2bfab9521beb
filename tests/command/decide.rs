//! `assize decide`, as a pipeline meets it.

use super::policies::{Folder, code};
use super::{assize, lines, text};
use serde_json::{Value, json};
use std::process::Output;

const SHOP: &str = r#"
input role/2.
@id("shop-1") @reason("clerks buy")
allow(who, "buy", _) if role(who, "clerk").
@id("shop-2") @reason("a person decides about wine")
escalate(_, "buy", "wine").
@id("shop-3") @reason("nobody buys poison")
deny(_, "buy", "poison").
oblige(_, "buy", "knife", {log: "full"}).
"#;

fn decide(policy: &str, parts: [&str; 3], more: &[&str]) -> Output {
    let folder = Folder::with(&[("shop.rules", policy)]);
    let file = folder.path("shop.rules");
    let [subject, action, resource] = parts;
    let mut arguments = vec!["decide", "--subject", subject, "--action", action];
    arguments.extend(["--resource", resource]);
    arguments.extend(more);
    arguments.push(&file);
    assize(&arguments, b"")
}

fn verdict(output: &Output) -> &str {
    text(&output.stdout).lines().next().unwrap_or_default()
}

const CLERK: [&str; 2] = ["--fact", "[\"role\",\"ann\",\"clerk\"]"];

#[test]
fn each_verdict_has_its_exit_code() {
    for (resource, more, expected, exit) in [
        ("bread", &CLERK[..], "allow", 0),
        ("knife", &CLERK, "transform", 0),
        ("bread", &[], "deny", 1),
        ("poison", &CLERK, "deny", 1),
        ("wine", &CLERK, "escalate", 4),
    ] {
        let output = decide(SHOP, ["ann", "buy", resource], more);
        assert_eq!(verdict(&output), expected, "{resource}");
        assert_eq!(code(&output), exit, "{resource}");
        assert_eq!(text(&output.stderr), "", "{resource}");
    }
}

#[test]
fn deny_beats_what_a_query_for_allow_finds() {
    let policy = "allow(_, _, _). deny(\"eve\", _, _).";
    let output = decide(policy, ["eve", "buy", "bread"], &[]);
    assert_eq!((verdict(&output), code(&output)), ("deny", 1));
    let output = decide(policy, ["ann", "buy", "bread"], &[]);
    assert_eq!((verdict(&output), code(&output)), ("allow", 0));
}

#[test]
fn deciding_rules_are_named_without_colours() {
    let output = decide(SHOP, ["ann", "buy", "knife"], &CLERK);
    let shown = text(&output.stdout);
    assert!(shown.contains("  clerks buy, by rule shop-1 ("), "{shown}");
    assert!(shown.contains("shop.rules:3)"), "{shown}");
    assert!(shown.contains("obligation: {log: \"full\"}"), "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn proofs_and_reasons_are_told_on_demand() {
    let plain = decide(SHOP, ["ann", "buy", "bread"], &CLERK);
    assert!(!text(&plain.stdout).contains("was given"));
    let mut more = vec!["--explain"];
    more.extend(CLERK);
    let output = decide(SHOP, ["ann", "buy", "bread"], &more);
    let given = "role(\"ann\", \"clerk\") was given";
    assert!(text(&output.stdout).contains(given));

    let output = decide(SHOP, ["bob", "buy", "bread"], &["--why-not"]);
    let shown = text(&output.stdout);
    assert!(
        shown.contains("needed: role(\"bob\", \"clerk\")"),
        "{shown}"
    );
}

#[test]
fn json_is_what_the_http_api_answers() {
    let output = decide(SHOP, ["ann", "buy", "wine"], &["--json", "--explain"]);
    assert_eq!(code(&output), 4);
    let answer = &lines(&output.stdout)[0];
    assert_eq!(answer["verdict"], "escalate");
    assert_eq!(answer["reasons"][0]["code"], "rules:escalated");
    assert_eq!(answer["reasons"][0]["rule"], "shop-2");
    assert!(answer["proof"].is_array() && answer["steps"].is_u64());
}

#[test]
fn records_context_and_time_reach_the_rules() {
    let policy = r#"
allow(who, {name: "buy"}, {id: "wine"}, context) if
    who.age >= 18
    and context.country = "fr"
    and now() = 1772877600000.
"#;
    let at = ["--now", "2026-03-07T10:00:00Z", "--context"];
    let ask = |subject: &str, context: &str| {
        let more: Vec<_> = at.into_iter().chain([context]).collect();
        code(&decide(policy, [subject, "buy", "wine"], &more))
    };
    assert_eq!(
        ask("{\"id\":\"ann\",\"age\":18}", "{\"country\":\"fr\"}"),
        0
    );
    assert_eq!(
        ask("{\"id\":\"ann\",\"age\":17}", "{\"country\":\"fr\"}"),
        1
    );
    assert_eq!(
        ask("{\"id\":\"ann\",\"age\":18}", "{\"country\":\"us\"}"),
        1
    );
}

#[test]
fn what_is_not_decided_is_no_permission() {
    let output = decide(SHOP, ["ann", "buy", "bread"], &["--max-steps", "0"]);
    assert_eq!((verdict(&output), code(&output)), ("deny", 3));

    let policy = "external owns/2. allow(who, _, what) if owns(who, what).";
    let output = decide(policy, ["ann", "buy", "bread"], &[]);
    assert_eq!((verdict(&output), code(&output)), ("refine", 4));

    let policy = "allow(who, _, _) if upper(5) = who.";
    let output = decide(policy, ["ann", "buy", "bread"], &[]);
    assert_eq!(code(&output), 2, "{output:?}");
}

#[test]
fn rules_that_decide_nothing_are_refused() {
    let output = decide("role(\"ann\", \"clerk\").", ["ann", "buy", "bread"], &[]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stdout).is_empty());
    assert!(text(&output.stderr).contains("neither `allow/3` nor `allow/4`"));

    let output = decide("allow(", ["ann", "buy", "bread"], &["--json"]);
    assert_eq!(code(&output), 2);
    let problem = &lines(&output.stderr)[0];
    assert_eq!(problem["type"], "urn:assize:problem:invalid-rules");
    assert_eq!(problem["errors"][0]["line"], 1);
}

#[test]
fn every_value_that_is_wrong_is_named() {
    let wrong = ["--context", "[1]", "--fact", "[1]"];
    let output = decide(SHOP, ["{\"id\":7}", "{x", "bread"], &wrong[..2]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).starts_with("error: `--action` is not JSON: "));

    let output = decide(SHOP, ["{\"id\":7}", "buy", "bread"], &wrong[..2]);
    let shown = text(&output.stderr);
    assert!(shown.contains("error: `--subject` must have"), "{shown}");
    assert!(
        shown.contains("error: `--context` must be an object"),
        "{shown}"
    );

    let output = decide(SHOP, ["ann", "buy", "bread"], &wrong[2..]);
    assert!(text(&output.stderr).starts_with("error: `--fact` 1 must begin"));
    // A text can't end the request that it is a part of.
    let output = decide(SHOP, ["{\"id\":\"a\"},\"now\":{}", "buy", "bread"], &[]);
    assert_eq!(code(&output), 2);

    let json = ["--json", "--context", "[1]"];
    let output = decide(SHOP, ["ann", "buy", "bread"], &json);
    let problems: Vec<Value> = lines(&output.stderr);
    assert_eq!(problems[0]["errors"][0]["pointer"], json!("/context"));
}

#[test]
fn help_lists_the_exit_codes() {
    let help = assize(&["decide", "--help"], b"");
    for part in ["Examples:", "Exit codes:", "escalate", "--fact"] {
        assert!(text(&help.stdout).contains(part), "{part}");
    }
}

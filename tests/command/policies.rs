//! `assize query` and `assize rules`, as the shell meets them.

use super::{assize, lines, text};
use serde_json::json;
use std::process::Output;

/// A folder with files.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, content) in files {
            std::fs::write(folder.path(name), content).unwrap();
        }
        folder
    }

    pub(super) fn path(&self, name: &str) -> String {
        let path = self.0.path().join(name);
        path.to_str().unwrap().to_owned()
    }
}

pub(super) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn query(policy: &str, goal: &str, more: &[&str]) -> Output {
    let folder = Folder::with(&[("policy.rules", policy)]);
    let file = folder.path("policy.rules");
    let mut arguments = vec!["query", goal, &file];
    arguments.extend(more);
    assize(&arguments, b"")
}

#[test]
fn query_takes_dates_times_and_facts() {
    let policy = "input role/2. time(t) if t = now().";
    for (now, expected) in [
        ("1000", "t = 1000\n"),
        ("-5", "t = -5\n"),
        ("1970-01-02", "t = 86400000\n"),
        ("2026-03-07T10:00:00Z", "t = 1772877600000\n"),
        ("2026-03-07T11:00:00+01:00", "t = 1772877600000\n"),
    ] {
        let output = query(policy, "time(t)", &["--now", now]);
        assert_eq!(text(&output.stdout), expected, "{now}");
    }
    let output = query(policy, "time(t)", &["--now", "yesterday"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("--now"));

    let fact = ["--fact", "[\"role\",\"ann\",\"clerk\"]"];
    let output = query(policy, "role(who, _)", &fact);
    assert_eq!(text(&output.stdout), "who = \"ann\"\n");
}

#[test]
fn query_warns_before_it_answers() {
    let policy = "allow(who, \"read\") if user(who) and unused = 1. user(\"ann\"). other(1).";
    let output = query(policy, "allow(who, \"read\")", &[]);
    assert_eq!(code(&output), 0);
    assert_eq!(text(&output.stdout), "who = \"ann\"\n");
    let shown = text(&output.stderr);
    assert!(shown.contains("warning[singleton-variable]"), "{shown}");
    assert!(!shown.contains("unused-predicate"), "{shown}");

    let output = query(policy, "allow(who, \"read\")", &["--json"]);
    assert_eq!(lines(&output.stdout)[0]["complete"], true);
    let warnings = lines(&output.stderr);
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0]["code"], "singleton-variable");
    assert_eq!(warnings[0]["severity"], "warning");
}

#[test]
fn errors_are_json_where_answers_are() {
    let policy = "@query(\"all\") role(\"ann\", \"clerk\").";
    let output = query(policy, "role(who", &["--json"]);
    assert_eq!(code(&output), 2);
    assert!(output.stdout.is_empty());
    let problem = &lines(&output.stderr)[0];
    assert_eq!(problem["type"], "urn:assize:problem:invalid-rules");
    assert_eq!(problem["errors"][0]["source"], "query");

    let output = query("role(", "role(who, _)", &["--json"]);
    assert_eq!((code(&output), lines(&output.stderr).len()), (2, 1));

    let output = assize(&["query", "a(x)", "/nonexistent/file", "--json"], b"");
    assert_eq!(code(&output), 2);
    let problem = &lines(&output.stderr)[0];
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("can't be read"), "{message}");

    let output = query(policy, "upper(5) = x", &["--json"]);
    assert_eq!((code(&output), lines(&output.stderr).len()), (2, 1));

    let output = query(policy, "role(who, _)", &["--json", "--max-steps", "0"]);
    assert_eq!(code(&output), 3);
    assert_eq!(
        lines(&output.stdout)[0]["truncated_by"]["name"],
        "max-steps"
    );
    assert!(output.stderr.is_empty());
}

#[test]
fn convert_counts_the_comments_that_it_loses() {
    let convert = |input: &str, from: &str, to: &str| {
        let arguments = ["rules", "convert", "-", "--from", from, "--to", to];
        let output = assize(&arguments, input.as_bytes());
        assert_eq!(code(&output), 0, "{output:?}");
        let shown = |bytes| text(bytes).to_owned();
        (shown(&output.stdout), shown(&output.stderr))
    };
    let rules = "# why\na(1).\n";
    for form in ["yaml", "json"] {
        let (converted, said) = convert(rules, "text", form);
        assert_eq!(said, "");
        let (again, said) = convert(&converted, form, "text");
        assert_eq!((again.as_str(), said.as_str()), (rules, ""));
    }
    let (_, said) = convert("# one\n# two\n", "text", "yaml");
    assert!(said.starts_with("-: 2 comments are not kept"), "{said}");
    let (converted, said) = convert("# one\nfacts: [[a, 1]] # two\n", "yaml", "text");
    assert_eq!(converted, "a(1).\n");
    assert!(said.starts_with("-: 2 comments are not kept"), "{said}");
    let (converted, said) = convert("{\"facts\": [[\"a\", \"# b\"]]}", "json", "text");
    assert_eq!((converted.as_str(), said.as_str()), ("a(\"# b\").\n", ""));
}

#[test]
fn convert_reads_a_file_as_its_name_or_the_flag_says() {
    let folder = Folder::with(&[("a.yaml", "facts: [[a, 1]]\n"), ("b", "facts: [[b, 1]]\n")]);
    let output = assize(
        &["rules", "convert", &folder.path("a.yaml"), "--to", "text"],
        b"",
    );
    assert_eq!(text(&output.stdout), "a(1).\n");
    let file = folder.path("b");
    let arguments = ["rules", "convert", &file, "--to", "text"];
    assert_eq!(code(&assize(&arguments, b"")), 1);
    let arguments = ["rules", "convert", &file, "--from", "yaml", "--to", "text"];
    assert_eq!(text(&assize(&arguments, b"").stdout), "b(1).\n");
}

#[test]
fn fmt_is_for_the_language_and_changes_nothing_else() {
    let folder = Folder::with(&[("a.rules", "a( 1 ).\n"), ("b.yaml", "facts: [[b,   1]]\n")]);
    let (rules, yaml) = (folder.path("a.rules"), folder.path("b.yaml"));
    let output = assize(&["rules", "fmt", &rules, &yaml], b"");
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("rules convert"));
    assert_eq!(std::fs::read_to_string(&rules).unwrap(), "a( 1 ).\n");

    assert_eq!(code(&assize(&["rules", "fmt", "--check", &rules], b"")), 1);
    assert_eq!(code(&assize(&["rules", "fmt", &rules], b"")), 0);
    assert_eq!(std::fs::read_to_string(&rules).unwrap(), "a(1).\n");
}

#[test]
fn sarif_of_a_missing_file_is_a_run_that_failed() {
    let folder = Folder::with(&[("a.rules", "@query(\"all\") a(1).\n")]);
    let file = folder.path("a.rules");
    let arguments = ["rules", "check", "--format", "sarif", &file];
    let output = assize(&arguments, b"");
    assert_eq!(code(&output), 0);
    let run = &lines(&output.stdout)[0]["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);

    let missing = folder.path("missing.rules");
    let arguments = ["rules", "check", "--format", "sarif", &file, &missing];
    let output = assize(&arguments, b"");
    assert_eq!(code(&output), 2);
    let log = &lines(&output.stdout)[0];
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["results"], json!([]));
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 2);
    let said = invocation["toolExecutionNotifications"][0]["message"]["text"].as_str();
    assert!(said.unwrap().contains("missing.rules can't be read"));
    assert!(text(&output.stderr).starts_with("error: "));
}

#[test]
fn help_shows_how_policies_are_asked() {
    for (arguments, parts) in [
        (
            &["--help"][..],
            &["Start with:", "assize decide", "assize query"][..],
        ),
        (&["rules", "--help"], &["Examples:", "assize decide"]),
        (
            &["rules", "convert", "--help"],
            &["Examples:", "--from", "Exit codes:"],
        ),
        (
            &["query", "--help"],
            &["Examples:", "2026-03-07", "assize decide"],
        ),
    ] {
        let help = assize(arguments, b"");
        for part in parts {
            assert!(text(&help.stdout).contains(part), "{arguments:?}: {part}");
        }
    }
}

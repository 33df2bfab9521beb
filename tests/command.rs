//! The command line, as the shell meets it.

#[path = "command/decide.rs"]
mod decide;
#[path = "command/memory.rs"]
mod memory;
#[path = "command/policies.rs"]
mod policies;

use assize_tests::server::program;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// One folder for all tests of this process: the component is compiled once.
fn cache() -> &'static Path {
    static CACHE: OnceLock<tempfile::TempDir> = OnceLock::new();
    CACHE.get_or_init(|| tempfile::tempdir().unwrap()).path()
}

fn assize(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program())
        .args(arguments)
        .env("ASSIZE_CACHE", cache())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that has read enough closes its end.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    text(bytes)
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn pair(left: &str, right: &str) -> String {
    let side = |output| json!({"output": output, "confidence": 0.95});
    json!({"left": side(left), "right": side(right)}).to_string()
}

#[test]
fn one_object_is_judged_even_over_many_lines() {
    let value: Value = serde_json::from_str(&pair("yes", "yes")).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    for input in [
        pair("yes", "yes"),
        pretty,
        format!("\u{feff}{}\r\n", pair("yes", "yes")),
    ] {
        let output = assize(&["evaluate"], input.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(lines(&output.stdout)[0]["verdict"], "allow");
        assert_eq!(lines(&output.stdout).len(), 1);
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn both_engines_print_the_same_bytes_whatever_the_jobs() {
    let mut input = String::new();
    for index in 0..3000 {
        let left = format!("word{} same", index % 7);
        input += &pair(&left, &"same ".repeat(index % 40 + 1));
        input.push('\n');
    }
    let expected = assize(
        &["evaluate", "--engine", "native", "--jobs", "1"],
        input.as_bytes(),
    );
    assert_eq!(expected.status.code(), Some(0));
    assert_eq!(lines(&expected.stdout).len(), 3000);
    for jobs in ["1", "2", "8"] {
        let output = assize(&["evaluate", "--jobs", jobs], input.as_bytes());
        assert!(output.stdout == expected.stdout, "jobs {jobs}");
    }
}

#[test]
fn bad_lines_are_reported_with_their_numbers_and_the_rest_goes_on() {
    let good = pair("a", "a");
    let input = format!(
        "{good}\n{{\"left\":\n\n{}\n{good}\n{{\"lft\":1}}\n",
        pair(" ", "a")
    );
    let output = assize(&["evaluate"], input.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output.stdout).len(), 2);
    insta::assert_snapshot!("bad_lines", text(&output.stderr));

    let output = assize(&["evaluate", "--json"], input.as_bytes());
    let problems = lines(&output.stderr);
    let numbers: Vec<_> = problems
        .iter()
        .map(|problem| &problem["input_line"])
        .collect();
    assert_eq!(numbers, [2, 4, 6]);

    let output = assize(&["evaluate", "--inline-errors"], input.as_bytes());
    let places: Vec<_> = lines(&output.stdout)
        .iter()
        .map(|line| line.get("status").cloned())
        .collect();
    assert_eq!(
        places,
        [
            None,
            Some(json!(400)),
            Some(json!(400)),
            None,
            Some(json!(400))
        ]
    );
    assert!(output.stderr.is_empty());
}

#[test]
fn line_that_is_too_long_is_passed_over() {
    let input = format!(
        "{}\n{}\n{}\n",
        pair("a", "a"),
        "x".repeat(5000),
        pair("b", "b")
    );
    let output = assize(&["evaluate", "--max-line-bytes", "1000"], input.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output.stdout).len(), 2);
    assert_eq!(text(&output.stderr), "line 2: more than 1000 bytes\n");
}

#[test]
fn exit_code_says_whether_to_act() {
    let both = |input: &str| {
        assize(&["evaluate", "--require-allow"], input.as_bytes())
            .status
            .code()
    };
    assert_eq!(both(&pair("a", "a")), Some(0));
    assert_eq!(
        both(&format!("{}\n{}", pair("a", "a"), pair("a", "b"))),
        Some(3)
    );
    assert_eq!(both(""), Some(3));
    assert_eq!(assize(&["evaluate"], b"").status.code(), Some(0));
    assert_eq!(
        assize(&["evaluate", "/nonexistent/file"], b"")
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        assize(&["evaluate", "--jobs", "0"], b"").status.code(),
        Some(2)
    );
}

#[test]
fn answers_come_before_the_input_ends() {
    use std::io::BufRead;
    let mut child = Command::new(program())
        .arg("evaluate")
        .env("ASSIZE_CACHE", cache())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        writeln!(stdin, "{}", pair("a", "a")).unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains("\"verdict\":\"allow\""));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn reader_that_goes_away_ends_it_quietly() {
    let mut child = Command::new(program())
        .arg("evaluate")
        .env("ASSIZE_CACHE", cache())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let line = format!("{}\n", pair("a", "a"));
    while stdin.write_all(line.repeat(100).as_bytes()).is_ok() {}
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(141));
}

#[test]
fn output_that_fails_ends_it_though_input_is_open() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut child = Command::new(program())
        .arg("evaluate")
        .env("ASSIZE_CACHE", cache())
        .stdin(Stdio::piped())
        .stdout(full.unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", pair("a", "a")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stderr).contains("can't be written"));
    assert_eq!(output.status.code(), Some(2));
    drop(stdin);
}

#[test]
fn gate_is_shut_where_nothing_is_judged() {
    for input in ["", "\n\n"] {
        let output = assize(&["evaluate", "--require-allow"], input.as_bytes());
        assert_eq!(output.status.code(), Some(3), "{input:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn core_module_is_not_shown_as_a_component() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("module.wasm");
    std::fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
    let output = assize(&["inspect", "--component", file.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn names_cannot_write_to_the_terminal() {
    let output = assize(&["evaluate"], b"{\"a\\u001b[2Jb\\nline 7\": 1}\n");
    let shown = text(&output.stderr);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains("\nline 7"),
        "{shown:?}"
    );
}

#[test]
fn component_is_shown_with_its_interface() {
    let output = assize(&["inspect", "--json"], b"");
    let shown = &lines(&output.stdout)[0];
    assert_eq!(shown["imports"], 0);
    assert!(shown["bytes"].as_u64().unwrap() < 2_600_000);
    let hash = shown["hash"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    let version = assize(&["--version"], b"");
    assert!(text(&version.stdout).contains(hash));
    let wit = text(&assize(&["inspect"], b"").stdout).to_owned();
    for part in [
        "package assize:core@0.1.0",
        "resource cycle-governor",
        "evaluate-cycle: func(",
    ] {
        assert!(wit.contains(part), "{part}\n{wit}");
    }
    let output = assize(&["inspect", "--component", "Cargo.toml"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: "));
}

#[test]
fn help_teaches_and_completions_complete() {
    let help = assize(&["evaluate", "--help"], b"");
    for part in ["Examples:", "Exit codes:", "--require-allow", "NDJSON"] {
        assert!(text(&help.stdout).contains(part), "{part}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = assize(&["completions", shell], b"");
        assert!(text(&script.stdout).contains("inline-errors"), "{shell}");
    }
}

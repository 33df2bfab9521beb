//! What the reference systems answered, against what the component answers.
//!
//! Runs every file of vectors in `ASSIZE_VECTORS` (default: `shared/vectors` beside the clone), and
//! ends with a line per file on standard error. Differences are allowed by rule, never by case;
//! `docs/deviations.md` explains the rules.

mod ask;
mod case;
mod cycle;
mod cycle_session;
mod measures;
mod plateau;
mod refusal;
mod report;
mod rules;
mod step;
mod step_audit;
mod subject;
mod trail;
mod unicode;

use case::Case;
use report::{Findings, Outcome, Tally};
use rules::Rule;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use subject::Subject;

const VARIABLE: &str = "ASSIZE_VECTORS";

type Check = fn(&dyn Subject, &Case, &mut Findings) -> Result<(), String>;

/// The check for an operation; `Ok(None)` where Assize has no counterpart of its group.
fn check_for(case: &Case) -> Result<Option<Check>, String> {
    let check: Check = match (case.group(), case.op.as_str()) {
        ("g1", "evaluate_cycle") => cycle::evaluate,
        ("g1", "session") => cycle_session::session,
        ("g1", "similarity") => measures::word_overlap,
        ("g1", "risk") => measures::risk,
        ("g1", "quality") => measures::quality,
        ("g1", "contradiction_spent") => measures::spend,
        ("g2", "validated_evaluate") => cycle::validated,
        ("g4", "similarity") => measures::cosine_similarity,
        ("g4", "score") => measures::score,
        ("g4", "step" | "session") => step::session,
        ("g1" | "g2" | "g4", op) => return Err(format!("unknown operation {op}")),
        _ => return Ok(None),
    };
    Ok(Some(check))
}

fn run_case(subject: &dyn Subject, case: &Case) -> Outcome {
    let mut findings = Findings::default();
    let result = match check_for(case) {
        Ok(Some(check)) => check(subject, case, &mut findings),
        Ok(None) => return Outcome::NotProvided(case.group().to_owned()),
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        findings.require(false, || error);
    }
    findings.into_outcome()
}

/// Runs a file. Only the governor's is known so far; the engines of the others are not built yet.
fn run_file(subject: &dyn Subject, path: &Path) -> Result<Tally, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let in_file = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(|error| in_file(&error))?;
    let mut tally = Tally::new(&name);
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| in_file(&error))?;
        if line.trim().is_empty() {
            continue;
        }
        if name != "governor.jsonl" {
            let engine = name.trim_end_matches(".jsonl").to_owned();
            tally.count("", Outcome::NotProvided(engine));
            continue;
        }
        match Case::parse(&line) {
            Ok(case) => tally.count(&case.name, run_case(subject, &case)),
            Err(error) => tally.count(&format!("line {number}"), Outcome::Failed(vec![error])),
        }
    }
    Ok(tally)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let in_folder = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(in_folder)? {
        let path = entry.map_err(in_folder)?.path();
        if path.extension().is_some_and(|it| it == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn default_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors")
}

/// Past the harness, which keeps the output of tests that pass.
fn tell(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[test]
fn component_answers_as_the_reference_does() {
    let folder = match std::env::var_os(VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        None if default_folder().is_dir() => default_folder(),
        None => {
            tell(&format!(
                "vectors: skipped, there is no folder {}; set {VARIABLE} to one\n",
                default_folder().display()
            ));
            return;
        }
    };
    let subject = assize_tests::component();
    let files = files_of(&folder).unwrap_or_else(|error| panic!("{VARIABLE}: {error}"));
    assert!(!files.is_empty(), "{} has no *.jsonl", folder.display());

    let mut summary = String::from("\n");
    let mut failures = Vec::new();
    for file in files {
        let tally = run_file(subject.as_ref(), &file).unwrap_or_else(|error| panic!("{error}"));
        let _ = writeln!(summary, "{tally}");
        failures.extend(tally.failures());
    }
    tell(&summary);
    assert!(
        failures.is_empty(),
        "{} cases failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

const OVERLAP: &str = r#"{"case":"g1.similarity.0.check","op":"similarity","config":{},
    "input":{"a":"a b c","b":"a b d"},"expected":{"similarity":0.5}}"#;

fn outcome_of(line: &str) -> Outcome {
    let case = Case::parse(line).unwrap_or_else(|error| panic!("{error}"));
    run_case(assize_tests::component().as_ref(), &case)
}

#[test]
fn wrong_expectation_fails() {
    assert_eq!(outcome_of(OVERLAP), Outcome::Matched);
    let tampered = OVERLAP.replace("0.5", "0.5000000000000001");
    assert!(matches!(outcome_of(&tampered), Outcome::Failed(_)));
}

#[test]
fn unknown_operation_of_a_known_group_fails() {
    let renamed = OVERLAP.replace(r#""op":"similarity""#, r#""op":"likeness""#);
    assert!(matches!(outcome_of(&renamed), Outcome::Failed(_)));
    let elsewhere = OVERLAP.replace("g1.", "dc.");
    assert_eq!(
        outcome_of(&elsewhere),
        Outcome::NotProvided("dc".to_owned())
    );
}

#[test]
fn each_rule_is_explained() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/deviations.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
    for rule in Rule::ALL {
        let heading = format!("`{}`", rule.as_str());
        assert!(
            text.contains(&heading),
            "docs/deviations.md lacks {heading}"
        );
    }
    let distinct: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(distinct.len(), Rule::ALL.len());
}

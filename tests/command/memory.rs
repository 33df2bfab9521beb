//! `assize memory`, as the shell meets it.

use super::policies::{Folder, code};
use super::{assize, lines, text};
use serde_json::{Value, json};
use std::process::Output;

/// A store with small memories, in a folder of its own.
struct Place(Folder);

const SETTINGS: &str = "[memory]\ndimension = 4\ncapacity = 5000\n";

impl Place {
    fn new() -> Self {
        Self(Folder::with(&[("assize.toml", SETTINGS)]))
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let (config, data) = (self.0.path("assize.toml"), self.0.path("data"));
        let mut all = vec!["memory"];
        all.extend(arguments);
        all.extend(["--config", &config, "--data", &data, "--session", "s"]);
        assize(&all, input)
    }

    fn import(&self, input: &[u8]) -> Output {
        self.run(&["import", "-", "--json"], input)
    }

    fn export(&self) -> Vec<Value> {
        lines(&self.run(&["export"], b"").stdout)
    }
}

fn report(output: &Output) -> Value {
    lines(&output.stdout).remove(0)
}

fn binary(vectors: &[[f32; 4]]) -> Vec<u8> {
    let mut bytes = b"ASZVEC\x01\x00\x04\x00\x00\x00".to_vec();
    bytes.extend((vectors.len() as u32).to_le_bytes());
    bytes.extend(vectors.iter().flatten().flat_map(|it| it.to_le_bytes()));
    bytes
}

#[test]
fn what_is_imported_is_found_and_exported_and_imported_again() {
    let place = Place::new();
    let input = "{\"vector\":[1,0,0,0.1],\"text\":\"refunds take five days\",\"source_name\":\"handbook\"}\n\n\
        {\"vector\":[0,1,0,0],\"confidence\":0.75,\"source\":\"retrieved\",\"timestamp\":5}\n\
        {\"vector\":[0,1,0,0],\"confidence\":0.2}\n{\"text\":\"a text alone\",\"phase\":0.9}\n";
    let output = place.import(input.as_bytes());
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let expected =
        json!({"session":"s","complete":true,"stored":3,"refused":1,"evicted":0,"read_to":5});
    assert_eq!(report(&output), expected);

    let output = place.run(&["search", "--vector", "[1,0,0,0]"], b"");
    assert_eq!(code(&output), 0);
    let shown = text(&output.stdout);
    let first = shown.lines().nth(1).unwrap();
    assert!(first.starts_with("0.99"), "{shown}");
    assert!(
        first.contains("handbook") && first.ends_with("refunds take five days"),
        "{shown}"
    );
    let output = place.run(&["search", "a text alone", "--phase", "0.9", "--json"], b"");
    let found = report(&output);
    assert_eq!(found["entries"][0]["entry"]["text"], "a text alone");
    assert_eq!(code(&place.run(&["search", "x", "--phase", "0.5"], b"")), 1);

    let exported = place.run(&["export"], b"");
    let written = lines(&exported.stdout);
    assert_eq!(written.len(), 3);
    assert_eq!(written[0]["vector"], json!([1.0, 0.0, 0.0, 0.1]));
    assert_eq!(written[1]["timestamp"], 5);
    assert_eq!(written[1]["confidence"], 0.75);
    let other = Place::new();
    assert_eq!(report(&other.import(&exported.stdout))["stored"], 3);
    assert_eq!(other.export(), written);
}

#[test]
fn vectors_alone_are_read_and_written() {
    let place = Place::new();
    let vectors = [[0.1, -0.0, 1e-30, 1e18], [1.0, 2.0, 3.0, 4.0]];
    let bytes = binary(&vectors);
    let output = place.run(&["import", "-", "--source-name", "wiki"], &bytes);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "stored 2 entries in session `s`\n");
    assert_eq!(place.export()[1]["source_name"], "wiki");
    let exported = place.run(&["export", "--format", "binary"], b"");
    assert_eq!(exported.stdout, bytes);

    let output = place.run(&["import"], &bytes[..bytes.len() - 1]);
    assert_eq!(code(&output), 2);
    let told = text(&output.stderr);
    assert!(told.contains("vector 2 ends too early"), "{told}");
    assert!(text(&output.stdout).contains("nothing of the input is stored"));
    assert_eq!(place.export().len(), 2);
}

#[test]
fn errors_name_the_line_and_how_far_it_came() {
    let place = Place::new();
    let mut input = "{\"vector\":[1,0,0,0]}\n".repeat(1500);
    input.push_str("\n{\"vector\":[1,0,0]}\n");
    let output = place.import(input.as_bytes());
    assert_eq!(code(&output), 2);
    let problem = lines(&output.stderr).remove(0);
    assert_eq!(problem["input_line"], 1502, "{problem}");
    assert_eq!(problem["errors"][0]["pointer"], "/vector");
    let report = report(&output);
    assert_eq!(
        (&report["stored"], &report["read_to"]),
        (&json!(1000), &json!(1000))
    );
    assert_eq!(report["complete"], false);
    assert_eq!(place.export().len(), 1000);

    for (line, expected) in [
        (
            "{\"vector\":[1,0,0,0],\"phase\":2}",
            "error: line 1: /phase ",
        ),
        ("{\"vector\":", "error: line 1: "),
        (
            "{\"vector\":[1,0,0,0],\"nonsense\":1}",
            "error: line 1: /nonsense ",
        ),
    ] {
        let output = place.run(&["import"], line.as_bytes());
        assert_eq!(code(&output), 2);
        let told = text(&output.stderr);
        assert!(told.starts_with(expected), "{told}");
        assert_eq!(
            text(&output.stdout),
            "stored 0 entries in session `s`\nnothing of the input is stored\n"
        );
    }
}

#[test]
fn tenants_and_missing_stores_are_kept_apart() {
    let place = Place::new();
    let output = place.run(&["export"], b"");
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("there is no journal at"));
    assert_eq!(
        report(&place.import(b"{\"vector\":[1,0,0,0]}"))["stored"],
        1
    );
    let output = place.run(&["export", "--tenant", "other"], b"");
    assert_eq!((code(&output), text(&output.stdout)), (0, ""));
    assert!(text(&output.stderr).contains("remembers nothing"));
    let output = place.run(&["export", "--store", "memory:"], b"");
    assert!(text(&output.stderr).contains("a store in memory keeps no sessions"));
    let verified = assize(&["audit", "verify", "--data", &place.0.path("data")], b"");
    assert_eq!(code(&verified), 0, "{}", text(&verified.stderr));
}

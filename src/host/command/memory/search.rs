//! What a session remembers that is like a text or a vector.

use super::super::policy::check_json;
use super::super::{DONE, complain, print};
use super::SessionOptions;
use anyhow::{Context, Result};
use assize_service::Plain;
use serde_json::{Map, Value};
use std::fmt::Write;

/// Nothing was found.
const NOTHING: u8 = 1;
/// Characters of a text that a table shows.
const SHOWN: usize = 60;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Like what; the built-in embedder finds its vector.
    #[arg(
        value_name = "TEXT",
        required_unless_present = "vector",
        conflicts_with = "vector"
    )]
    text: Option<String>,
    /// Like which vector, as a JSON array.
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    vector: Option<String>,
    /// In which phase, 0 to 1; 0.1 is being awake [default: 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    phase: Option<f64>,
    /// How far an entry's phase may be from it [default: 0.15]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// Most entries, 1 to 10,000 [default: 5]
    #[arg(long, value_name = "N")]
    top_k: Option<u64>,
    /// Least confidence, 0 to 1 [default: 0]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    min_confidence: Option<f64>,
    /// Print one JSON document, as POST /v1/memory/search answers.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    session: SessionOptions,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    let request = request(options)?;
    let session = options.session.open_existing()?;
    let searching = session.operator();
    let searching = searching.search(&request);
    let answer = match session.runtime.block_on(searching) {
        Ok(answer) => answer,
        Err(problem) if options.json => {
            complain(&String::from_utf8_lossy(&problem.to_json()));
            return Ok(super::super::FAILED);
        }
        Err(problem) => anyhow::bail!("{problem}"),
    };
    let found: Value = serde_json::from_str(&answer)?;
    let entries = found.get("entries").and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    let code = if entries.is_empty() { NOTHING } else { DONE };
    if options.json {
        print(format!("{answer}\n").as_bytes())?;
    } else if entries.is_empty() {
        let session = &options.session.session;
        complain(&format!(
            "session `{}` remembers nothing like it in this phase",
            Plain(session)
        ));
    } else {
        print(table(entries)?.as_bytes())?;
    }
    Ok(code)
}

/// The body of the request.
fn request(options: &Options) -> Result<String> {
    let mut members = Map::new();
    if let Some(text) = &options.text {
        members.insert("text".to_owned(), text.as_str().into());
    }
    if let Some(vector) = &options.vector {
        check_json(vector, "/vector").context("--vector")?;
        let vector: Value = serde_json::from_str(vector).context("--vector")?;
        members.insert("vector".to_owned(), vector);
    }
    for (name, number) in [
        ("phase", options.phase),
        ("tolerance", options.tolerance),
        ("min_confidence", options.min_confidence),
    ] {
        if let Some(number) = number {
            anyhow::ensure!(
                number.is_finite(),
                "--{} must be a finite number",
                name.replace('_', "-")
            );
            members.insert(name.to_owned(), number.into());
        }
    }
    if let Some(top_k) = options.top_k {
        members.insert("top_k".to_owned(), top_k.into());
    }
    Ok(Value::Object(members).to_string())
}

fn table(entries: &[Value]) -> Result<String> {
    let mut text = String::new();
    writeln!(
        text,
        "{:<11}{:<10}{:<8}{:<12}{:<16}{:<18}TEXT",
        "RESONANCE", "ID", "PHASE", "CONFIDENCE", "SOURCE", "FROM"
    )?;
    for found in entries {
        let entry = found.get("entry").unwrap_or(&Value::Null);
        let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or_default();
        let words = |name: &str, most: usize| {
            let text = entry.get(name).and_then(Value::as_str);
            shortened(text.unwrap_or("-"), most)
        };
        writeln!(
            text,
            "{:<11.4}{:<10}{:<8.2}{:<12.2}{:<16}{:<18}{}",
            number(found.get("resonance")),
            entry.get("id").and_then(Value::as_u64).unwrap_or_default(),
            number(entry.get("phase")),
            number(entry.get("confidence")),
            words("source", 15),
            words("source_name", 17),
            words("text", SHOWN)
        )?;
    }
    Ok(text)
}

/// On one line, with so many characters at most.
fn shortened(text: &str, most: usize) -> String {
    let line = Plain(&text.split_whitespace().collect::<Vec<_>>().join(" ")).to_string();
    if line.chars().count() <= most {
        return line;
    }
    let begun: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", begun.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_on_their_line() {
        assert_eq!(shortened("a\n b\u{1b}[2J", 60), "a b\\u{1b}[2J");
        assert_eq!(shortened("one two three", 8), "one two…");
        assert_eq!(shortened("éééé", 4), "éééé");
    }
}

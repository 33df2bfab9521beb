//! `assize audit show`: one decision, for a person.

use super::super::print;
use super::super::settings::ConfigOptions;
use super::DONE;
use anyhow::{Context, Result};
use assize_journal::{Content, Event};
use assize_service::Plain;
use serde_json::Value;
use std::fmt::Write;

/// Show one decision: who asked for it, what was asked, what was answered, and why.
///
/// The header `x-decision-id` of an answer names it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  assize audit show 1f0c…e2.7")]
pub(in super::super) struct Options {
    /// The decision, as `<chain>.<sequence>`.
    decision: String,
    /// Print the event as it is stored: a line of JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOptions,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    let (chain, sequence) = Event::parse_id(&options.decision).with_context(|| {
        format!(
            "`{}` names no decision: it has the form <chain>.<sequence>",
            options.decision
        )
    })?;
    let (runtime, store) = options.config.open_store()?;
    let rows = runtime.block_on(store.events(chain, sequence, 1))?;
    let row = rows.into_iter().find(|row| row.sequence == sequence);
    let row = match row {
        Some(row) => row,
        None => {
            let tombstone = runtime.block_on(store.tombstone(chain))?;
            return Err(match tombstone {
                Some(last) if last.sequence >= sequence => {
                    anyhow::anyhow!("decision {} was old and is removed", options.decision)
                }
                _ => anyhow::anyhow!("there is no decision {}", options.decision),
            });
        }
    };
    if options.json {
        print(format!("{}\n", row.line).as_bytes())?;
        return Ok(DONE);
    }
    let event =
        Event::from_line(&row.line).context("it is damaged; `assize audit verify` says more")?;
    print(describe(&event)?.as_bytes())
}

fn describe(event: &Event) -> Result<String> {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| writeln!(text, "{name:<14}{}", Plain(value));
    line("decision", &event.id())?;
    line("time", &time(event.time_ms))?;
    line("tenant", &event.tenant)?;
    line("asked by", &event.actor)?;
    line("request", &event.request)?;
    line("engine", &event.engine)?;
    line("operation", &event.operation)?;
    line("component", &event.component)?;
    line("configuration", &event.configuration)?;
    let whole = if event.computed_hash() == event.hash {
        "fits"
    } else {
        "DOES NOT FIT: it was changed"
    };
    line("hash", &format!("{} ({whole})", event.hash))?;
    writeln!(text, "\nasked")?;
    content(&mut text, &event.input)?;
    writeln!(text, "\nanswered")?;
    why(&mut text, &event.answer)?;
    content(&mut text, &event.answer)?;
    Ok(text)
}

/// A moment for people.
pub(in super::super) fn time(unix_ms: u64) -> String {
    let time = i64::try_from(unix_ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| format!("{unix_ms} ms"), |time| time.to_string())
}

/// The verdict and its reasons, before everything else that was answered.
fn why(text: &mut String, answer: &Content) -> Result<()> {
    let Some(Ok(answer)) = answer.text().map(serde_json::from_str::<Value>) else {
        return Ok(());
    };
    let part = |name: &str| answer.get(name).and_then(Value::as_str);
    if let Some(verdict) = part("verdict") {
        writeln!(text, "  verdict: {}", Plain(verdict))?;
    }
    let reasons = answer.get("reasons").and_then(Value::as_array);
    for reason in reasons.into_iter().flatten() {
        let part = |name: &str| reason.get(name).and_then(Value::as_str).unwrap_or_default();
        writeln!(
            text,
            "  because: {} ({})",
            Plain(part("message")),
            Plain(part("code"))
        )?;
    }
    Ok(())
}

fn content(text: &mut String, content: &Content) -> Result<()> {
    match content {
        Content::Omitted(hash) => writeln!(text, "  not kept; its hash is {hash}")?,
        Content::Whole(kept) | Content::Redacted(kept, _) => {
            if let Content::Redacted(_, hash) = content {
                writeln!(
                    text,
                    "  kept without its texts; the hash of all of it is {hash}"
                )?;
            }
            if kept.is_empty() {
                writeln!(text, "  nothing")?;
                return Ok(());
            }
            let pretty = serde_json::from_str::<Value>(kept);
            let pretty = pretty.and_then(|value| serde_json::to_string_pretty(&value));
            for line in pretty.unwrap_or_else(|_| kept.clone()).lines() {
                writeln!(text, "  {}", Plain(line))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_for_what_they_are() {
        assert_eq!(Plain("a\u{1b}[2Jb\nc😀").to_string(), "a\\u{1b}[2Jb\\nc😀");
    }

    #[test]
    fn times_are_for_people() {
        assert_eq!(time(1_800_000_000_000), "2027-01-15T08:00:00Z");
        assert_eq!(time(u64::MAX), "18446744073709551615 ms");
    }
}

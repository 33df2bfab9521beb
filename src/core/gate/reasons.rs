//! What each rule says when it holds: its numbers, and what would have changed it.

use super::emergency::{Emergency, EmergencyCause};
use super::quality::{Mode, QualitySettings, Signal};
use super::text_score::TextScore;
use crate::decimal::Decimal;
use crate::decision::Reason;
use std::fmt::Write as _;

pub(super) fn accepted(score: f64, threshold: f64) -> Reason {
    let message = format!(
        "score {} reaches the threshold {}; a lower score than that would have been refused",
        Decimal(score),
        Decimal(threshold)
    );
    Reason::new("gate:accepted", message).measured(score, threshold)
}

/// `text`: how the score came about, where it is that of the text.
pub(super) fn below_threshold(score: f64, threshold: f64, text: Option<&TextScore>) -> Reason {
    let message = format!(
        "score {}{} is below the threshold {threshold}; a score of {threshold} or more would have passed",
        Decimal(score),
        text.map(words).unwrap_or_default(),
        threshold = Decimal(threshold),
    );
    Reason::new("gate:below-threshold", message).measured(score, threshold)
}

fn words(text: &TextScore) -> String {
    let mut words = String::new();
    for (name, count) in text.occurrences.iter().filter(|(_, count)| *count > 0) {
        let comma = if words.is_empty() { " (" } else { ", " };
        let noun = if *count == 1 { "word" } else { "words" };
        let _ = write!(words, "{comma}{count} {noun} of `{name}`");
    }
    if !words.is_empty() {
        words.push(')');
    }
    words
}

/// `steps_left`: the requests that are refused until it wakes, this one included.
pub(super) fn asleep(steps_left: u32) -> Reason {
    let more = steps_left.saturating_sub(1);
    let message = match more {
        0 => "asleep: it wakes with this request, ask again".to_owned(),
        1 => "asleep: it wakes with the next request, ask again after it".to_owned(),
        _ => format!("asleep: it wakes with {more} more requests, ask again after them"),
    };
    Reason::new("gate:asleep", message).measured(f64::from(more), 0.0)
}

pub(super) fn stops(cause: EmergencyCause, observed: u64, limit: u64) -> Reason {
    let (code, what) = match cause {
        EmergencyCause::ProcessMemory => ("gate:process-memory", "the process"),
        EmergencyCause::OwnMemory => ("gate:own-memory", "the session's memory"),
    };
    let message = format!(
        "{what} uses {observed} bytes, more than {limit}, and everything stops; up to {limit} would have passed"
    );
    Reason::new(code, message).measured(observed as f64, limit as f64)
}

pub(super) fn stopped(emergency: &Emergency, recovery_steps: u32) -> Reason {
    let message = format!(
        "stopped since an emergency ({}), {} requests refused; enough free memory, after a while or {recovery_steps} refused requests, starts it again",
        emergency.cause.as_str(),
        emergency.refused
    );
    Reason::new("gate:emergency", message)
        .measured(emergency.refused as f64, f64::from(recovery_steps))
}

pub(super) fn pre_check(text: &TextScore, bar: f64) -> Reason {
    text_check("gate:pre-check", "the prompt", text, bar)
}

pub(super) fn post_check(text: &TextScore, bar: f64) -> Reason {
    text_check("gate:post-check", "the answer", text, bar)
}

fn text_check(code: &'static str, what: &str, text: &TextScore, bar: f64) -> Reason {
    let score = text.score.get();
    let message = format!(
        "the text score {} of {what}{} is below {bar}; {bar} or more would have passed",
        Decimal(score),
        words(text),
        bar = Decimal(bar),
    );
    Reason::new(code, message).measured(score, bar)
}

pub(super) fn embedding_unavailable(wait_ms: u64) -> Reason {
    let message =
        format!("embeddings failed too often and are not asked for now; ask again in {wait_ms} ms");
    Reason::new("gate:embedding-unavailable", message).measured(wait_ms as f64, 0.0)
}

pub(super) fn embedding_failed(why: &str) -> Reason {
    let message = format!("the prompt has no embedding: {why}");
    Reason::new("gate:embedding-failed", message)
}

pub(super) fn generation_failed(why: &str) -> Reason {
    let message = format!("the model gave no answer: {why}");
    Reason::new("gate:generation-failed", message)
}

pub(super) fn processing_time(took_ms: u64, limit_ms: u64) -> Reason {
    let message = format!(
        "the answer came after {took_ms} ms, later than {limit_ms} ms, and nothing of it is kept; an answer within that time would have passed"
    );
    Reason::new("gate:processing-time", message).measured(took_ms as f64, limit_ms as f64)
}

pub(super) fn empty_answer() -> Reason {
    let message = "the answer is blank; an answer with words would have been judged".to_owned();
    Reason::new("gate:empty-answer", message)
}

pub(super) fn context_added(texts: u32, recalled: u32) -> Reason {
    let message = format!("{texts} remembered texts, of {recalled} recalled, go before the prompt");
    Reason::new("gate:context-added", message).measured(f64::from(texts), f64::from(recalled))
}

pub(super) fn memory_failed(why: &str) -> Reason {
    let message = format!("the memory failed: {why}");
    Reason::new("gate:memory-failed", message)
}

pub(super) fn stateless(wait_ms: u64) -> Reason {
    let message = format!(
        "the memory failed too often and is left out, nothing is recalled or kept; it is tried again in {wait_ms} ms"
    );
    Reason::new("gate:stateless", message).measured(wait_ms as f64, 0.0)
}

/// Why an answer's form counts against it.
pub(super) fn quality(signal: &Signal, settings: &QualitySettings) -> Reason {
    let seen = |name: &str| {
        let found = signal.evidence.iter().find(|(known, _)| *known == name);
        found.map_or(0.0, |(_, value)| *value)
    };
    match signal.mode {
        Mode::Collapse => Reason::new(
            "gate:collapse",
            "the answer has no word; one word would have been judged".to_owned(),
        )
        .measured(0.0, 1.0),
        Mode::Looping => looping(seen, settings),
        Mode::Incoherence => {
            let (share, least) = (seen("alpha_ratio"), settings.min_letter_share);
            below(
                "gate:incoherence",
                "the share of words with a letter",
                share,
                least,
            )
        }
        Mode::Telegraphing => {
            let (length, least) = (seen("avg_sentence_len"), settings.min_sentence_tokens);
            let message = format!(
                "sentences have {} words on average, fewer than {}, and {} of the words are function words, less than {}; longer sentences would have passed",
                Decimal(length),
                Decimal(least),
                Decimal(seen("function_word_ratio")),
                Decimal(settings.min_function_word_share)
            );
            Reason::new("gate:telegraphing", message).measured(length, least)
        }
        Mode::Drift => {
            let (share, least) = (seen("overlap_ratio"), settings.min_prompt_overlap);
            below(
                "gate:drift",
                "the share of words that occur in the prompt",
                share,
                least,
            )
        }
        Mode::Hallucination => {
            let (share, least) = (seen("confidence"), settings.min_confidence);
            below(
                "gate:hallucination",
                "the confidence of the wording",
                share,
                least,
            )
        }
    }
}

fn looping(seen: impl Fn(&str) -> f64, settings: &QualitySettings) -> Reason {
    let measures = [
        (
            "the share of repeated words",
            "repetition_ratio",
            settings.max_repetition,
        ),
        (
            "the number of equal words on end",
            "max_consecutive_run",
            f64::from(settings.max_run),
        ),
        (
            "the share of the commonest line",
            "line_repeat_ratio",
            settings.max_line_share,
        ),
    ];
    let reached = measures
        .into_iter()
        .find(|(_, name, limit)| seen(name) >= *limit);
    let (what, name, limit) = reached.unwrap_or(measures[0]);
    let value = seen(name);
    let message = format!(
        "the answer loops: {what} is {}; less than {} would have passed",
        Decimal(value),
        Decimal(limit)
    );
    Reason::new("gate:looping", message).measured(value, limit)
}

fn below(code: &'static str, what: &str, value: f64, least: f64) -> Reason {
    let message = format!(
        "{what} is {}; {} or more would have passed",
        Decimal(value),
        Decimal(least)
    );
    Reason::new(code, message).measured(value, least)
}

pub(super) fn answer_accepted() -> Reason {
    let message = "no rule counts against the answer".to_owned();
    Reason::new("gate:answer-accepted", message)
}

//! What of an input and its answer is kept.

use crate::event::Content;
use crate::hash::Hash;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is kept of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputPolicy {
    /// All of them: they can be replayed.
    #[default]
    Whole,
    /// Their shape and numbers; of each text only how long it was.
    Redacted,
    /// A hash.
    Hash,
}

/// Members of answers whose texts are ours and never a caller's.
const OURS: [&str; 6] = [
    "code",
    "decision",
    "governor",
    "posture",
    "stop_reason",
    "verdict",
];

/// What of an input and its answer goes into an event. Where the input is not kept whole, no text of it stands in
/// the answer either.
#[must_use]
pub fn keep(policy: InputPolicy, input: &str, answer: &str) -> (Content, Content) {
    if policy == InputPolicy::Whole {
        return (
            Content::Whole(input.to_owned()),
            Content::Whole(answer.to_owned()),
        );
    }
    let (input_hash, answer_hash) = (Hash::of(input.as_bytes()), Hash::of(answer.as_bytes()));
    if input.is_empty() {
        return (
            Content::Whole(String::new()),
            Content::Whole(answer.to_owned()),
        );
    }
    let Ok(mut value) = serde_json::from_str::<Value>(input) else {
        return (Content::Omitted(input_hash), Content::Omitted(answer_hash));
    };
    let mut texts = BTreeSet::new();
    take_texts(&mut value, &mut texts);
    let input = match policy {
        InputPolicy::Redacted => Content::Redacted(value.to_string(), input_hash),
        _ => Content::Omitted(input_hash),
    };
    let answer = match serde_json::from_str::<Value>(answer) {
        Ok(mut value) => {
            hide(&mut value, &texts);
            Content::Redacted(value.to_string(), answer_hash)
        }
        Err(_) if answer.is_empty() => Content::Whole(String::new()),
        Err(_) => Content::Omitted(answer_hash),
    };
    (input, answer)
}

/// Replaces each text by how long it was, and collects it.
fn take_texts(value: &mut Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let shown = length(text);
            texts.insert(std::mem::replace(text, shown));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| take_texts(item, texts)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| take_texts(member, texts)),
        _ => {}
    }
}

fn hide(value: &mut Value, texts: &BTreeSet<String>) {
    match value {
        Value::String(text) if texts.contains(text) => *text = length(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, texts)),
        Value::Object(members) => {
            for (name, member) in members {
                if !(OURS.contains(&name.as_str()) && member.is_string()) {
                    hide(member, texts);
                }
            }
        }
        _ => {}
    }
}

fn length(text: &str) -> String {
    format!("[{} bytes]", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: &str = r#"{"left":{"answer":"the secret","risk":0.5},"right":["allow"]}"#;
    const ANSWER: &str = r#"{"verdict":"allow","chosen_answer":"the secret","score":1.5}"#;

    #[test]
    fn texts_of_callers_are_not_kept() {
        let (input, answer) = keep(InputPolicy::Redacted, INPUT, ANSWER);
        assert_eq!(
            input.text().unwrap(),
            r#"{"left":{"answer":"[10 bytes]","risk":0.5},"right":["[5 bytes]"]}"#
        );
        assert_eq!(
            answer.text().unwrap(),
            r#"{"chosen_answer":"[10 bytes]","score":1.5,"verdict":"allow"}"#
        );
        assert_eq!(input.hash(), Hash::of(INPUT.as_bytes()));
        assert_eq!(answer.hash(), Hash::of(ANSWER.as_bytes()));
        let (input, answer) = keep(InputPolicy::Hash, INPUT, ANSWER);
        assert_eq!(input, Content::Omitted(Hash::of(INPUT.as_bytes())));
        assert!(!answer.text().unwrap().contains("secret"));
    }

    #[test]
    fn what_says_nothing_and_what_is_no_json_is_kept_or_not() {
        let (input, answer) = keep(InputPolicy::Hash, "", ANSWER);
        assert_eq!((input.whole(), answer.whole()), (Some(""), Some(ANSWER)));
        let (input, answer) = keep(InputPolicy::Redacted, "a secret", ANSWER);
        assert_eq!((input.text(), answer.text()), (None, None));
        let (input, answer) = keep(InputPolicy::Whole, INPUT, "");
        assert_eq!((input.whole(), answer.whole()), (Some(INPUT), Some("")));
    }
}

//! What is read from an answer of HTTP: JSON text, checked.

use crate::error::OutboundError;
use crate::target::Origin;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::sync::Arc;

/// What is expected of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Any JSON.
    Document,
    /// `{"solutions": [[…]]}`, each as long as the arity.
    Solutions(usize),
}

impl Expected {
    /// The JSON text, as it was written but for space around it; an empty body is null.
    pub(crate) fn read(
        self,
        response: &Response<Bytes>,
        origin: &Origin,
    ) -> Result<Arc<str>, OutboundError> {
        let body = response.body();
        let is_absent = response.status() == StatusCode::NO_CONTENT && body.is_empty();
        if !is_absent {
            check_type(response.headers(), origin)?;
        }
        let unusable = |problem: String| OutboundError::Answer {
            origin: origin.to_string(),
            problem,
        };
        let text = match std::str::from_utf8(body) {
            Ok("") => "null",
            Ok(text) => text.trim_ascii(),
            Err(_) => return Err(unusable("it is not UTF-8".to_owned())),
        };
        // Reads all of it, so that depth and numbers are within what readers stand.
        serde_json::from_str::<Value>(text)
            .map_err(|error| unusable(format!("it is not JSON: {error}")))?;
        if let Self::Solutions(arity) = self {
            check_solutions(text, arity).map_err(unusable)?;
        }
        Ok(text.into())
    }
}

fn check_type(headers: &HeaderMap, origin: &Origin) -> Result<(), OutboundError> {
    const SHOWN_CHARS: usize = 64;
    let value = |name| headers.get(name).map(http::HeaderValue::as_bytes);
    let value = |name| String::from_utf8_lossy(value(name).unwrap_or_default()).into_owned();
    let found = value(CONTENT_TYPE);
    if !is_json(&found) {
        return Err(OutboundError::ContentType {
            origin: origin.to_string(),
            found: found.chars().take(SHOWN_CHARS).collect(),
        });
    }
    let encoding = value(CONTENT_ENCODING);
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return Ok(());
    }
    Err(OutboundError::Answer {
        origin: origin.to_string(),
        problem: "it is compressed".to_owned(),
    })
}

/// Whether a content type is `application/json` or `application/*+json`, with or without parameters.
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let Some(subtype) = essence.strip_prefix("application/") else {
        return false;
    };
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
    let suffixed = subtype.strip_suffix("+json");
    subtype == "json" || suffixed.is_some_and(|name| !name.is_empty() && name.chars().all(is_token))
}

#[derive(Deserialize)]
struct Answer {
    solutions: Vec<Vec<IgnoredAny>>,
}

fn check_solutions(text: &str, arity: usize) -> Result<(), String> {
    let answer: Answer = serde_json::from_str(text)
        .map_err(|error| format!("it has no `solutions`, a list of lists: {error}"))?;
    let wrong = |values: &Vec<IgnoredAny>| values.len() != arity;
    match answer.solutions.iter().position(wrong) {
        None => Ok(()),
        Some(index) => Err(format!(
            "`solutions[{index}]` has not one value for each of {arity} arguments"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Target;

    fn read(
        expected: Expected,
        status: u16,
        content_type: &str,
        body: &str,
    ) -> Result<String, OutboundError> {
        let origin = Target::parse("https://a.example").unwrap().origin().clone();
        let response = Response::builder()
            .status(status)
            .header(CONTENT_TYPE, content_type)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        let text = expected.read(&response, &origin)?;
        Ok(text.to_string())
    }

    #[test]
    fn documents_are_kept_as_they_are_written() {
        let read = |body| read(Expected::Document, 200, "application/json", body);
        assert_eq!(read(" {\"n\": 1.0} \n").unwrap(), "{\"n\": 1.0}");
        let large = "123456789012345678901234567890";
        assert_eq!(read(large).unwrap(), large);
        assert_eq!(read("").unwrap(), "null");
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        for wrong in [
            "{not json",
            "1 2",
            "NaN",
            "1e999",
            "\u{feff}1",
            deep.as_str(),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(matches!(error, OutboundError::Answer { .. }), "{wrong}");
        }
    }

    #[test]
    fn only_json_is_read() {
        let document = |content_type| read(Expected::Document, 200, content_type, "1");
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.api+json",
            "application/problem+json;x=y",
        ] {
            assert!(document(json).is_ok(), "{json}");
        }
        for other in [
            "",
            "text/plain",
            "text/json",
            "application/jsonp",
            "application/+json",
            "application/x-ndjson",
            "text/html; application/json",
            "application/a/b+json",
        ] {
            let error = document(other).unwrap_err();
            assert!(
                matches!(error, OutboundError::ContentType { .. }),
                "{other}"
            );
        }
        assert_eq!(read(Expected::Document, 204, "", "").unwrap(), "null");
        assert!(read(Expected::Document, 204, "", "1").is_err());
    }

    #[test]
    fn solutions_have_a_value_for_each_argument() {
        let read = |body| read(Expected::Solutions(2), 200, "application/json", body);
        let none = r#"{"solutions": []}"#;
        assert_eq!(read(none).unwrap(), none);
        let body = r#"{"took": 1, "solutions": [["a", null], [1, [2]]]}"#;
        assert_eq!(read(body).unwrap(), body);
        for wrong in [
            "",
            "[]",
            "{}",
            r#"{"solutions": null}"#,
            r#"{"solutions": {}}"#,
            r#"{"solutions": [1]}"#,
            r#"{"solutions": [["a"]]}"#,
            r#"{"solutions": [[1, 2], [1, 2, 3]]}"#,
            r#"{"solutions": [], "solutions": []}"#,
        ] {
            let error = read(wrong).unwrap_err();
            assert!(matches!(error, OutboundError::Answer { .. }), "{wrong}");
        }
    }
}

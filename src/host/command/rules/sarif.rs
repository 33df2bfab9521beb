//! A SARIF log of a run that could not check anything.

use assize_core::rules::check;
use serde_json::{Value as Json, json};

/// The log of a run that ended with an error, so that nobody takes it for one that found nothing.
pub(super) fn failed(error: &anyhow::Error, code: u8) -> String {
    let log = check::sarif(&[], &[]);
    let mut log: Json = serde_json::from_str(&log).unwrap_or_default();
    if let Some(invocations) = log.pointer_mut("/runs/0/invocations") {
        *invocations = json!([{
            "executionSuccessful": false,
            "exitCode": code,
            "toolExecutionNotifications": [
                {"level": "error", "message": {"text": format!("{error:#}")}},
            ],
        }]);
    }
    log.to_string()
}

//! Requests in JSON: what is read, what is refused, and that whatever is read can be judged.

use super::{Outcomes, checks};
use assize_core::InvalidInput;
use assize_core::governor::{
    CycleConfig, CycleGovernor, CycleInput, EngineOutput, SessionConfig, SessionGovernor,
};
use assize_service::json::{
    BatchRequest, Document, EvaluateRequest, OpenRequest, OutputsRequest, StepRequest, SyntaxError,
    read_wisdom,
};
use assize_service::{Engines, NativeEngines};
use serde_json::Value;
use std::fmt::Debug;

/// Reads `data` as each kind of request, and judges what is accepted.
///
/// # Panics
///
/// Where a property does not hold.
pub fn json_input(data: &[u8]) -> Outcomes {
    let value = serde_json::from_slice::<Value>(data);
    let document = match Document::parse(data) {
        Ok(document) => document,
        Err(error) => {
            assert!(value.is_err(), "only the document is refused: {error}");
            syntax_error(&error, data);
            return vec![("document", false)];
        }
    };
    let value = value.expect("what is a document is JSON");
    cut_short_is_unfinished(data);

    // The same values, differently written: keys in order and once, no escapes but needed ones.
    let rewritten = serde_json::to_vec(&value).expect("a value can be written");
    let rewritten = Document::parse(&rewritten).expect("what was written can be read");
    let (first, again) = (&document, &rewritten);
    let both = Both { value: &value };
    vec![
        ("document", true),
        both.outcome(
            "evaluate",
            EvaluateRequest::read(first, &CycleConfig::default()),
            EvaluateRequest::read(again, &CycleConfig::default()),
            |request| evaluate(request, &value),
        ),
        both.outcome(
            "batch",
            BatchRequest::read(first, &CycleConfig::default()),
            BatchRequest::read(again, &CycleConfig::default()),
            |request| batch(request, &value),
        ),
        both.outcome(
            "open",
            OpenRequest::read(first, &CycleConfig::default()),
            OpenRequest::read(again, &CycleConfig::default()),
            open,
        ),
        both.outcome(
            "outputs",
            OutputsRequest::read(first),
            OutputsRequest::read(again),
            outputs,
        ),
        both.outcome(
            "step",
            StepRequest::read(first),
            StepRequest::read(again),
            step,
        ),
        both.outcome("wisdom", read_wisdom(first), read_wisdom(again), |wisdom| {
            let mut governor = CycleGovernor::new(CycleConfig::default());
            governor
                .add_wisdom(wisdom.clone())
                .expect("what was read is kept");
            assert_eq!(governor.audit().wisdom, [wisdom]);
        }),
    ]
}

fn syntax_error(error: &SyntaxError, data: &[u8]) {
    let lines = 1 + data.iter().filter(|byte| **byte == b'\n').count();
    assert!((1..=lines).contains(&error.line), "{error}");
    assert!(error.column <= data.len(), "{error}");
    assert!(!error.message.is_empty());
}

/// Every beginning of an array, an object or a text is refused as unfinished.
fn cut_short_is_unfinished(data: &[u8]) {
    let text = data.trim_ascii_end();
    if !text.trim_ascii_start().starts_with(b"{")
        && !text.trim_ascii_start().starts_with(b"[")
        && !text.trim_ascii_start().starts_with(b"\"")
    {
        return;
    }
    // A place that differs from input to input.
    let sum: usize = text.iter().map(|byte| usize::from(*byte)).sum();
    for end in [sum % text.len(), text.len() - 1] {
        let error = Document::parse(&text[..end]).expect_err("cut short");
        assert!(error.is_unfinished(), "{error} in the first {end} bytes");
    }
}

pub(crate) struct Both<'a> {
    pub(crate) value: &'a Value,
}

impl Both<'_> {
    /// How a document is written makes no difference to what is read, but for repeated names.
    pub(crate) fn outcome<T: Debug + PartialEq>(
        &self,
        name: &'static str,
        first: Result<T, InvalidInput>,
        again: Result<T, InvalidInput>,
        judge: impl FnOnce(T),
    ) -> (&'static str, bool) {
        let request = match first {
            Ok(request) => request,
            Err(error) => {
                checks::refusal(&error, self.value);
                if !checks::has_repeated_names(&error) {
                    let again = again.expect_err("it is refused however it is written");
                    assert_eq!(sorted(&again), sorted(&error), "{name}");
                }
                return (name, false);
            }
        };
        assert_eq!(again.as_ref(), Ok(&request), "{name}");
        judge(request);
        (name, true)
    }
}

fn sorted(error: &InvalidInput) -> Vec<(&str, &str)> {
    let mut errors: Vec<_> = error
        .errors()
        .iter()
        .map(|error| (error.pointer.as_str(), error.message.as_str()))
        .collect();
    errors.sort_unstable();
    errors
}

fn evaluate(request: EvaluateRequest<'_>, value: &Value) {
    is_what_was_sent(&request.config, &request.input, value, value);
    let evaluation = NativeEngines
        .evaluate_cycle(&request.config, &request.input)
        .expect("what was read is judged");
    checks::evaluation(&evaluation);
    assert_eq!(evaluation.cycle, request.input.cycle);
    assert!(evaluation.budget_remaining <= request.input.budget);
}

fn batch(request: BatchRequest<'_>, value: &Value) {
    let evaluations = NativeEngines
        .evaluate_cycles(&request.config, &request.inputs)
        .expect("what was read is judged");
    assert_eq!(
        value["items"].as_array().map(Vec::len),
        Some(evaluations.len())
    );
    for (index, (input, evaluation)) in request.inputs.iter().zip(evaluations).enumerate() {
        is_what_was_sent(&request.config, input, value, &value["items"][index]);
        checks::evaluation(&evaluation.expect("what was read is judged"));
    }
}

fn is_what_was_sent(config: &CycleConfig, input: &CycleInput<'_>, sent: &Value, cycle: &Value) {
    let settings = config.settings();
    let number = |value: &Value, default: f64| value.as_f64().unwrap_or(default);
    for (side, output) in [("left", &input.left), ("right", &input.right)] {
        assert_eq!(cycle[side]["output"], output.output);
        assert_eq!(cycle[side]["confidence"].as_f64(), Some(output.confidence));
    }
    let budget = settings.initial_contradiction_budget;
    assert_eq!(number(&cycle["budget"], budget), input.budget);
    assert_eq!(number(&cycle["cycle"], 1.0), f64::from(input.cycle));
    assert_eq!(cycle["previous_quality"].as_f64(), input.previous_quality);

    let default = CycleConfig::default();
    let default = default.settings();
    let is_taken = |name: &str, default: f64, taken: f64| {
        assert_eq!(number(&sent["config"][name], default), taken, "{name}");
    };
    is_taken(
        "max_cycles",
        f64::from(default.max_cycles),
        f64::from(settings.max_cycles),
    );
    is_taken(
        "similarity_threshold",
        default.similarity_threshold,
        settings.similarity_threshold,
    );
    is_taken(
        "risk_threshold",
        default.risk_threshold,
        settings.risk_threshold,
    );
    is_taken(
        "contradiction_decay_rate",
        default.contradiction_decay_rate,
        settings.contradiction_decay_rate,
    );
    is_taken(
        "quality_improvement_threshold",
        default.quality_improvement_threshold,
        settings.quality_improvement_threshold,
    );
    assert_eq!(sent["config"]["risk_first"] == true, settings.risk_first);
}

fn open(request: OpenRequest) {
    match request {
        OpenRequest::Cycle(config) => {
            let governor = CycleGovernor::new(config);
            let restored = CycleGovernor::restore(&governor.snapshot());
            assert_eq!(restored, Ok(governor));
        }
        OpenRequest::Session(config) => {
            let governor = SessionGovernor::new(config);
            let restored = SessionGovernor::restore(&governor.snapshot());
            assert_eq!(restored, Ok(governor));
        }
    }
}

fn outputs(request: OutputsRequest<'_>) {
    let mut governor = CycleGovernor::new(CycleConfig::default());
    let mut judge = |left: &EngineOutput<'_>, right: &EngineOutput<'_>| {
        let evaluation = governor.evaluate(left, right).expect("it is judged");
        checks::evaluation(&evaluation);
        governor.reopen();
    };
    judge(&request.left, &request.right);
    judge(&request.right, &request.left);
}

fn step(request: StepRequest<'_>) {
    let mut governor = SessionGovernor::new(SessionConfig::default());
    let decision = governor
        .step(&request.left, &request.right)
        .expect("what was read is weighed");
    checks::step(&decision);
    let sides = [&request.left, &request.right];
    assert!(sides.iter().any(|side| (side.engine_id, side.answer)
        == (
            decision.chosen_engine.as_str(),
            decision.chosen_answer.as_str()
        )));
    let restored = SessionGovernor::restore(&governor.snapshot());
    assert_eq!(restored, Ok(governor));
}

//! What callers send, read from JSON into the core's types.

use super::node::{Node, SyntaxError};
use super::reader::{MOST_ERRORS, Object, STAND_IN};
use assize_core::governor::{
    Candidate, Consequence, CycleConfig, CycleInput, CycleSettings, EngineOutput, SessionConfig,
    SessionSettings, Wisdom,
};
use assize_core::{FieldError, InvalidInput};

/// Why a text is not an acceptable request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It is JSON, with fields that are not acceptable: all of them.
    #[error(transparent)]
    Input(#[from] InvalidInput),
}

/// Which governor a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GovernorKind {
    /// The cycle governor.
    #[default]
    Cycle,
    /// The session governor.
    Session,
}

impl GovernorKind {
    /// Both, in the order of their definition.
    pub const ALL: [Self; 2] = [Self::Cycle, Self::Session];

    /// `cycle` or `session`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cycle => "cycle",
            Self::Session => "session",
        }
    }
}

/// A JSON text that was parsed and not looked into yet; requests borrow from it.
#[derive(Debug)]
pub struct Document<'a>(pub(crate) Node<'a>);

impl<'a> Document<'a> {
    /// Parses one JSON text.
    ///
    /// # Errors
    ///
    /// Where and why the text is not JSON.
    pub fn parse(text: &'a [u8]) -> Result<Self, SyntaxError> {
        Ok(Self(Node::parse(text)?))
    }
}

/// What did not come as text, as the values of JavaScript.
impl<'a> From<Node<'a>> for Document<'a> {
    fn from(node: Node<'a>) -> Self {
        Self(node)
    }
}

/// One cycle to judge, as in the body of `POST /evaluate`.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateRequest<'a> {
    /// How to decide.
    pub config: CycleConfig,
    /// What to judge.
    pub input: CycleInput<'a>,
}

impl<'n> EvaluateRequest<'n> {
    /// Reads `{left, right, config?, budget?, cycle?, previous_quality?}`. What `config` does not say is as in `default`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>, default: &CycleConfig) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let config = cycle_config(&mut object, default, errors);
            let input = cycle_input(&mut object, &config, errors);
            input.check("", errors);
            object.finish(errors);
            Some(Self { config, input })
        })
    }
}

/// Many cycles to judge under one configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchRequest<'a> {
    /// How to decide.
    pub config: CycleConfig,
    /// What to judge; at least one.
    pub inputs: Vec<CycleInput<'a>>,
}

impl<'n> BatchRequest<'n> {
    /// Reads `{items: [{left, right, budget?, cycle?, previous_quality?}], config?}`. What `config` does not say is as in `default`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable, of every item; of a thousand and more, the first thousand.
    pub fn read(document: &'n Document<'_>, default: &CycleConfig) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let config = cycle_config(&mut object, default, errors);
            let items = object.items("items", errors);
            object.finish(errors);
            let mut inputs = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                if errors.len() >= MOST_ERRORS {
                    break;
                }
                let Some(mut object) = Object::open(item, format!("/items/{index}"), errors) else {
                    continue;
                };
                let input = cycle_input(&mut object, &config, errors);
                input.check(object.pointer(), errors);
                inputs.push(input);
                object.finish(errors);
            }
            Some(Self { config, inputs })
        })
    }
}

/// A session to open, as in the body of `POST /v1/governor/sessions`.
#[derive(Debug, Clone, PartialEq)]
pub enum OpenRequest {
    /// A cycle governor; what is meant where nothing is said.
    Cycle(CycleConfig),
    /// A session governor.
    Session(SessionConfig),
}

impl OpenRequest {
    /// Reads `{governor?: "cycle" | "session", config?}`. What `config` does not say is as in `default`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &Document<'_>, default: &CycleConfig) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let choices = GovernorKind::ALL.map(|kind| (kind.as_str(), kind));
            let kind = object
                .optional("governor")
                .and_then(|node| object.choice("governor", node, &choices, errors));
            let request = match kind.unwrap_or_default() {
                GovernorKind::Cycle => Self::Cycle(cycle_config(&mut object, default, errors)),
                GovernorKind::Session => Self::Session(session_config(&mut object, errors)),
            };
            object.finish(errors);
            Some(request)
        })
    }
}

/// Two outputs, for a session that keeps budget and cycle itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputsRequest<'a> {
    /// What one reasoner said.
    pub left: EngineOutput<'a>,
    /// What the other said.
    pub right: EngineOutput<'a>,
}

impl<'n> OutputsRequest<'n> {
    /// Reads `{left, right}`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let left = engine_output(&mut object, "left", errors);
            let right = engine_output(&mut object, "right", errors);
            left.check("/left", errors);
            right.check("/right", errors);
            object.finish(errors);
            Some(Self { left, right })
        })
    }
}

/// Two answers to weigh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRequest<'a> {
    /// One reasoner's answer.
    pub left: Candidate<'a>,
    /// The other's.
    pub right: Candidate<'a>,
}

impl<'n> StepRequest<'n> {
    /// Reads `{left, right}`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let left = candidate(&mut object, "left", errors);
            let right = candidate(&mut object, "right", errors);
            object.finish(errors);
            Some(Self { left, right })
        })
    }
}

/// A lesson to keep.
///
/// # Errors
///
/// Every field that is not acceptable.
pub fn read_wisdom(document: &Document<'_>) -> Result<Wisdom, InvalidInput> {
    collect(|errors| {
        let mut object = Object::open(&document.0, String::new(), errors)?;
        let choices = Consequence::ALL.map(|choice| (choice.as_str(), choice));
        let wisdom = Wisdom {
            domain: object.text("domain", errors).to_owned(),
            lesson: object.text("lesson", errors).to_owned(),
            consequence_type: object
                .required("consequence_type", errors)
                .and_then(|node| object.choice("consequence_type", node, &choices, errors))
                .unwrap_or(Consequence::Benign),
            future_bias: object.text("future_bias", errors).to_owned(),
            timestamp: object.text("timestamp", errors).to_owned(),
        };
        wisdom.check(object.pointer(), errors);
        object.finish(errors);
        Some(wisdom)
    })
}

/// The value that `read` makes, unless it reports errors.
pub(crate) fn collect<T>(
    read: impl FnOnce(&mut Vec<FieldError>) -> Option<T>,
) -> Result<T, InvalidInput> {
    let mut errors = Vec::new();
    let value = read(&mut errors);
    InvalidInput::check(errors)?;
    value.ok_or_else(|| InvalidInput::single(FieldError::new("", "can't be read")))
}

fn cycle_config(
    object: &mut Object<'_, '_>,
    default: &CycleConfig,
    errors: &mut Vec<FieldError>,
) -> CycleConfig {
    let Some(mut config) = object.optional_object("config", errors) else {
        return *default;
    };
    let default = default.settings();
    let mut number = |name, default| config.number_or(name, default, errors);
    let settings = CycleSettings {
        similarity_threshold: number("similarity_threshold", default.similarity_threshold),
        risk_threshold: number("risk_threshold", default.risk_threshold),
        initial_contradiction_budget: number(
            "initial_contradiction_budget",
            default.initial_contradiction_budget,
        ),
        contradiction_decay_rate: number(
            "contradiction_decay_rate",
            default.contradiction_decay_rate,
        ),
        quality_improvement_threshold: number(
            "quality_improvement_threshold",
            default.quality_improvement_threshold,
        ),
        alpha: number("alpha", default.alpha),
        beta: number("beta", default.beta),
        gamma: number("gamma", default.gamma),
        delta: number("delta", default.delta),
        epsilon: number("epsilon", default.epsilon),
        max_cycles: config.count_or("max_cycles", default.max_cycles, errors),
        risk_first: config.boolean_or("risk_first", default.risk_first, errors),
    };
    config.finish(errors);
    CycleConfig::new(settings).unwrap_or_else(|error| {
        errors.extend(error.into_errors());
        CycleConfig::default()
    })
}

fn session_config(object: &mut Object<'_, '_>, errors: &mut Vec<FieldError>) -> SessionConfig {
    let Some(mut config) = object.optional_object("config", errors) else {
        return SessionConfig::default();
    };
    let default = SessionSettings::default();
    let mut number = |name, default| config.number_or(name, default, errors);
    let settings = SessionSettings {
        max_risk: number("max_risk", default.max_risk),
        similarity_converge: number("similarity_converge", default.similarity_converge),
        min_improvement: number("min_improvement", default.min_improvement),
        contradiction_budget: number("contradiction_budget", default.contradiction_budget),
        contradiction_decay: number("contradiction_decay", default.contradiction_decay),
        max_cycles: config.count_or("max_cycles", default.max_cycles, errors),
        plateau_cycles: config.count_or("plateau_cycles", default.plateau_cycles, errors),
    };
    config.finish(errors);
    SessionConfig::new(settings).unwrap_or_else(|error| {
        errors.extend(error.into_errors());
        SessionConfig::default()
    })
}

fn cycle_input<'n>(
    object: &mut Object<'n, '_>,
    config: &CycleConfig,
    errors: &mut Vec<FieldError>,
) -> CycleInput<'n> {
    let budget = config.settings().initial_contradiction_budget;
    CycleInput {
        left: engine_output(object, "left", errors),
        right: engine_output(object, "right", errors),
        budget: object.number_or("budget", budget, errors),
        cycle: object.count_or("cycle", 1, errors),
        previous_quality: object.optional_number("previous_quality", errors),
    }
}

fn engine_output<'n>(
    parent: &mut Object<'n, '_>,
    name: &'static str,
    errors: &mut Vec<FieldError>,
) -> EngineOutput<'n> {
    let stand_in = EngineOutput {
        output: STAND_IN,
        confidence: 0.0,
    };
    let Some(mut object) = parent.required_object(name, errors) else {
        return stand_in;
    };
    let output = EngineOutput {
        output: object.text("output", errors),
        confidence: object.number("confidence", errors),
    };
    // Part of the reference's shape; no formula reads them.
    object.optional_text("reasoning_mode", errors);
    object.optional_text("internal_monologue", errors);
    object.finish(errors);
    output
}

fn candidate<'n>(
    parent: &mut Object<'n, '_>,
    name: &'static str,
    errors: &mut Vec<FieldError>,
) -> Candidate<'n> {
    let Some(mut object) = parent.required_object(name, errors) else {
        return Candidate::new(STAND_IN, 0, STAND_IN);
    };
    let engine_id = object.text("engine_id", errors);
    let cycle_index = object.index("cycle_index", errors);
    let default = Candidate::new(engine_id, cycle_index, object.text("answer", errors));
    let mut number = |name, default| object.number_or(name, default, errors);
    let candidate = Candidate {
        coherence: number("coherence", default.coherence),
        calibration: number("calibration", default.calibration),
        evidence: number("evidence", default.evidence),
        actionability: number("actionability", default.actionability),
        risk: number("risk", default.risk),
        constraint_ok: object.boolean_or("constraint_ok", default.constraint_ok, errors),
        contradiction_claim: object.optional_text("contradiction_claim", errors),
        ..default
    };
    candidate.check(object.pointer(), errors);
    // Part of the reference's shape; no formula reads it.
    object.optional_number("contradiction_value", errors);
    object.finish(errors);
    candidate
}

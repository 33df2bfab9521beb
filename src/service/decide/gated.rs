//! A gate with its memory: each operation is a function of a text, so that a journal runs it again.

use super::{Place, to_text};
use crate::engines::{EngineError, Engines};
use crate::gate_engines::ControllerHandle;
use crate::problem::Problem;
use assize_core::controller::{Action, ControllerConfig, ControllerSettings, Heard};
use assize_core::gate::{Answer, Conditions, Phase};
use assize_core::memory::Query;
use assize_core::{Error, FieldError, InvalidInput, Verdict};
use assize_json::Document;
use assize_json::gate::{
    AdmissionAnswer, AdmitRequest, GenerateAnswer, GenerateRequest, OpenControllerRequest,
    RecordRequest, SettingsAnswer,
};
use assize_json::memory::{ForgetRequest, InsertAnswer, InsertRequest, RemovedAnswer};
use serde::{Deserialize, Serialize};

/// The engine's name in the journal.
pub(crate) const ENGINE: &str = "gate:session";
/// Entries that are recalled where an admission asks for context and does not say how many.
const USUAL_TOP_K: u32 = 5;

/// What changes a session of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateOperation {
    /// The first event: its input is how the session was made.
    Open,
    Admit,
    Record,
    Generate,
    Embedded,
    Generated,
    Cancel,
    Insert,
    Forget,
    Reset,
}

impl GateOperation {
    const ALL: [Self; 10] = [
        Self::Open,
        Self::Admit,
        Self::Record,
        Self::Generate,
        Self::Embedded,
        Self::Generated,
        Self::Cancel,
        Self::Insert,
        Self::Forget,
        Self::Reset,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Admit => "admit",
            Self::Record => "record",
            Self::Generate => "generate",
            Self::Embedded => "embedded",
            Self::Generated => "generated",
            Self::Cancel => "cancel",
            Self::Insert => "insert",
            Self::Forget => "forget",
            Self::Reset => "reset",
        }
    }

    /// Whether it only tells what others did, or is the first of several.
    const fn is_part(self) -> bool {
        matches!(
            self,
            Self::Generate | Self::Embedded | Self::Generated | Self::Cancel
        )
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

/// What somebody else must do before a request can go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    Embed(String),
    Generate { prompt: String, max_tokens: u32 },
}

/// What an operation came to.
#[derive(Debug)]
pub(crate) struct Performed {
    /// As it is sent, or what is asked of others.
    pub(crate) answer: String,
    pub(crate) ask: Option<Ask>,
    /// The request to the language model that it is about.
    pub(crate) flight: Option<u64>,
    /// The verdict, where one was given.
    pub(crate) verdict: Option<Verdict>,
    /// The end of a request to the language model.
    pub(crate) finished: Option<Box<Answer>>,
    /// Whether the memory was searched.
    pub(crate) recalled: bool,
}

impl Performed {
    pub(crate) const fn told(answer: String) -> Self {
        Self {
            answer,
            ask: None,
            flight: None,
            verdict: None,
            finished: None,
            recalled: false,
        }
    }

    /// Whether something has come to its end that counts.
    pub(crate) const fn counts(&self, operation: GateOperation) -> bool {
        !operation.is_part() || self.verdict.is_some()
    }

    fn about(flight: u64, answer: String) -> Self {
        Self {
            flight: Some(flight),
            ..Self::told(answer)
        }
    }
}

/// What came of what others were asked, in the journal's words.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) flight: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vector: Option<Vec<f32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Told {
    pub(crate) const fn of(flight: u64) -> Self {
        Self {
            flight,
            vector: None,
            text: None,
            error: None,
        }
    }

    fn read(input: &str) -> Result<Self, Problem> {
        serde_json::from_str(input).map_err(|error| {
            InvalidInput::single(FieldError::new("", format!("can't be read: {error}"))).into()
        })
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    flight: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    embed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generate: Option<Generation<'a>>,
}

#[derive(Serialize)]
struct Generation<'a> {
    prompt: &'a str,
    max_tokens: u32,
}

fn acted(flight: u64, action: Action) -> Performed {
    let asked = |embed, generate| {
        to_text(&Asked {
            flight,
            embed,
            generate,
        })
    };
    match action {
        Action::Finished(answer) => {
            let text = to_text(&GenerateAnswer::from(answer.as_ref()));
            Performed {
                verdict: Some(answer.verdict),
                finished: Some(answer),
                ..Performed::about(flight, text)
            }
        }
        Action::Embed { text } => {
            let told = asked(Some(&text), None);
            Performed {
                ask: Some(Ask::Embed(text)),
                ..Performed::about(flight, told)
            }
        }
        Action::Generate { prompt, max_tokens } => {
            let generation = Generation {
                prompt: &prompt,
                max_tokens,
            };
            let told = asked(None, Some(generation));
            Performed {
                ask: Some(Ask::Generate { prompt, max_tokens }),
                recalled: true,
                ..Performed::about(flight, told)
            }
        }
    }
}

/// How a session is made, in the journal's words.
pub(crate) fn settings_text(config: &ControllerConfig) -> String {
    to_text(&SettingsAnswer::from(config.settings()))
}

/// A controller made as the first event of its chain says.
pub(crate) fn open(
    engines: &dyn Engines,
    input: &str,
) -> Result<Box<dyn ControllerHandle>, Problem> {
    let document = Document::parse(input.as_bytes())?;
    let request = OpenControllerRequest::read(&document, &ControllerSettings::default())?;
    Ok(engines.open_controller(&request.config)?)
}

/// Does what a controller is asked to. A refusal has changed nothing.
pub(crate) fn perform(
    controller: &mut dyn ControllerHandle,
    operation: GateOperation,
    input: &str,
    place: Place<'_>,
) -> Result<Performed, Problem> {
    let now = place.updated_ms;
    Ok(match operation {
        GateOperation::Open => return Err(Problem::conflict("the session is open")),
        GateOperation::Admit => admit(controller, input, now)?,
        GateOperation::Record => {
            let document = Document::parse(input.as_bytes())?;
            let request = RecordRequest::read(&document)?;
            let answer = controller.record(&Conditions::at(now), &request.outcome())?;
            Performed {
                verdict: Some(answer.verdict),
                ..Performed::told(to_text(&GenerateAnswer::from(&answer)))
            }
        }
        GateOperation::Generate => {
            let document = Document::parse(input.as_bytes())?;
            let request = GenerateRequest::read(&document)?;
            let flight = place.sequence;
            let action = controller.begin(flight, &Conditions::at(now), &request.request())?;
            acted(flight, action)
        }
        GateOperation::Embedded => {
            let told = Told::read(input)?;
            let heard = Heard::Embedded(told.vector.ok_or(told.error.unwrap_or_default()));
            acted(told.flight, controller.resume(told.flight, now, heard)?)
        }
        GateOperation::Generated => {
            let told = Told::read(input)?;
            let heard = Heard::Generated(told.text.ok_or(told.error.unwrap_or_default()));
            acted(told.flight, controller.resume(told.flight, now, heard)?)
        }
        GateOperation::Cancel => {
            let told = Told::read(input)?;
            controller.cancel(told.flight)?;
            Performed::about(told.flight, String::new())
        }
        GateOperation::Insert => insert(controller, input, now)?,
        GateOperation::Forget => {
            let document = Document::parse(input.as_bytes())?;
            let removed = match ForgetRequest::read(&document)? {
                ForgetRequest::Ids(ids) => controller.forget(&ids)?,
                ForgetRequest::SourceName(name) => controller.forget_source(name)?,
            };
            Performed::told(to_text(&RemovedAnswer { removed }))
        }
        GateOperation::Reset => {
            controller.reset()?;
            Performed::told(String::new())
        }
    })
}

fn admit(
    controller: &mut dyn ControllerHandle,
    input: &str,
    now: u64,
) -> Result<Performed, Problem> {
    let document = Document::parse(input.as_bytes())?;
    let request = AdmitRequest::read(&document)?;
    // First what may be refused: an admission moves the threshold.
    let context = match request.wants_context() {
        false => None,
        true => {
            let vector = match &request.vector {
                Some(vector) => vector.clone(),
                None => controller.embed(request.text.unwrap_or_default())?,
            };
            let query = Query {
                top_k: request.context_top_k.unwrap_or(USUAL_TOP_K),
                ..Query::new(&vector, Phase::Wake.code())
            };
            Some(controller.retrieve(&query, now)?)
        }
    };
    let admission = controller.admit(&Conditions::at(now), &request.question())?;
    let answer = AdmissionAnswer::from(&admission);
    let answer = match &context {
        Some(context) if admission.is_admitted() => answer.with_context(context),
        _ => answer,
    };
    Ok(Performed {
        verdict: Some(admission.verdict),
        recalled: context.is_some(),
        ..Performed::told(to_text(&answer))
    })
}

fn insert(
    controller: &mut dyn ControllerHandle,
    input: &str,
    now: u64,
) -> Result<Performed, Problem> {
    let document = Document::parse(input.as_bytes())?;
    let request = InsertRequest::read(&document)?;
    let mut failure = None;
    let insertion = request.embedded(|text| {
        controller.embed(text).map_err(|error| match error {
            EngineError::Refused(error) => error,
            error @ EngineError::Failed(_) => {
                failure = Some(error);
                Error::Conflict("the engine failed".to_owned())
            }
        })
    });
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    let insertion = insertion.map_err(EngineError::Refused)?;
    let inserted = controller.insert(&insertion.entries(), now)?;
    Ok(Performed::told(to_text(&InsertAnswer::from(
        inserted.as_slice(),
    ))))
}

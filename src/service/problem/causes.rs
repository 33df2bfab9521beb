//! What each error of the layers below is to a caller.

use super::{Findings, Kind, Problem};
use crate::engines::EngineError;
use crate::rule_engines::RulesError;
use assize_core::{Error, FieldError, InvalidInput};
use assize_journal::StoreError;
use assize_json::{ReadError, SyntaxError};

impl From<SyntaxError> for Problem {
    fn from(error: SyntaxError) -> Self {
        Self {
            place: Some(Box::new((error.line, error.column))),
            ..Self::new(Kind::InvalidJson, error.to_string())
        }
    }
}

impl From<InvalidInput> for Problem {
    fn from(error: InvalidInput) -> Self {
        let errors = error.into_errors();
        let detail = match errors.len() {
            1 => "1 value is not acceptable; nothing was done".to_owned(),
            count => format!("{count} values are not acceptable; nothing was done"),
        };
        Self {
            errors,
            ..Self::new(Kind::InvalidInput, detail)
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Syntax(error) => error.into(),
            ReadError::Input(error) => error.into(),
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Refused(Error::InvalidInput(error)) => error.into(),
            EngineError::Refused(Error::Limit(limit)) => Self {
                detail: limit.to_string().into(),
                limit: Some(Box::new(limit)),
                ..Self::new(Kind::LimitReached, "")
            },
            EngineError::Refused(Error::Conflict(text)) => Self::conflict(text),
            EngineError::Refused(Error::CorruptSnapshot(error)) => {
                StoreError::Damaged(error).into()
            }
            EngineError::Failed(error) => {
                Self::new(Kind::Internal, "the engine failed; the log says why")
                    .because(format!("the engine failed: {error}"))
            }
        }
    }
}

impl From<RulesError> for Problem {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Invalid(findings) => {
                let errors = findings
                    .iter()
                    .filter(|finding| finding.severity == "error");
                let detail = match errors.count() {
                    1 => "1 error; nothing was done".to_owned(),
                    count => format!("{count} errors; nothing was done"),
                };
                Self {
                    findings: Some(Box::new(Findings(findings))),
                    ..Self::new(Kind::InvalidRules, detail)
                }
            }
            RulesError::Fault(text) | RulesError::Conflict(text) => {
                InvalidInput::single(FieldError::new("", text)).into()
            }
            RulesError::Limit(limit) => EngineError::Refused(limit.into()).into(),
            RulesError::Engine(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Full { .. } => Self::new(
                Kind::StoreFull,
                format!("{error}; delete what is no longer needed"),
            ),
            StoreError::NoRoom(_) => Self::new(
                Kind::StoreFull,
                "the store has no more room; make some, or shorten how long events are kept",
            )
            .because(cause),
            StoreError::Failed(_) => {
                Self::overloaded("the store can't be reached; try again", 1).because(cause)
            }
            StoreError::Damaged(_) => Self::new(
                Kind::Internal,
                "what is stored of it is damaged and can't be used; it can be deleted",
            )
            .because(cause),
            StoreError::Absent(what) => Self::new(Kind::NotImplemented, what),
        }
    }
}

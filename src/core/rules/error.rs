//! Why a source can't be loaded or a query can't be answered.

use super::ast::Name;
use super::builtins::Fault;
use super::diagnostic::Diagnostic;
use super::machine::Stop;
use super::source::Span;
use crate::limits::LimitReached;

/// Why a source was not loaded; nothing of it was.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", first(.diagnostics))]
pub struct LoadError {
    /// Everything that is wrong, errors and warnings, in the order of the sources; at least one error.
    pub diagnostics: Vec<Diagnostic>,
}

fn first(diagnostics: &[Diagnostic]) -> String {
    let rest = diagnostics.len().saturating_sub(1);
    let message = diagnostics
        .first()
        .map_or("it can't be loaded", |diagnostic| &diagnostic.message);
    match rest {
        0 => message.to_owned(),
        rest => format!("{message} (and {rest} more)"),
    }
}

/// Why a query can't go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// The query itself is not acceptable.
    #[error("{0}")]
    Query(#[from] LoadError),
    /// A built-in could not say; what depends on it must not be acted on.
    #[error("{message}")]
    Builtin {
        /// The built-in.
        name: Name,
        /// Its number of arguments.
        arity: usize,
        /// Where it was called; none in the query itself.
        span: Option<Span>,
        /// What was asked, with which values, and where, for people.
        message: Box<str>,
        /// What was wrong.
        fault: Fault,
    },
    /// The host could not answer an external call.
    #[error("external `{name}` failed: {problem}")]
    External {
        /// The predicate.
        name: Name,
        /// What the host said.
        problem: String,
    },
    /// A limit was reached where there are no answers to give with it.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// The call does not fit the query's state: an answer that was not asked for, or of the wrong shape.
    #[error("{0}")]
    Conflict(String),
}

impl From<Stop> for QueryError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Limit(limit) => Self::Limit(limit),
            Stop::Fault(raised) => Self::Builtin {
                message: super::fault::plain(&raised.name, raised.arity, &raised.fault).into(),
                name: raised.name,
                arity: raised.arity,
                // What a query's own text says has no place in the program.
                span: raised.span.filter(|span| span.source != u16::MAX),
                fault: raised.fault,
            },
            Stop::Unanswered => Self::External {
                name: "external".into(),
                problem: "the host can't be asked here".to_owned(),
            },
        }
    }
}

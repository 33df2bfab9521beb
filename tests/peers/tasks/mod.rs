//! The tasks: for each engine the same facts, the same rules and the same question.

mod decisions;
mod search;

pub use decisions::{load_facts, lookups, rbac, rules_of, thresholds};
pub use search::{closures, recursion};

/// One row of the table.
#[derive(Debug, Clone, Default)]
pub struct Task {
    /// A name for files and for `cargo xtask bench rules -- <id>`.
    pub id: &'static str,
    /// What is shown.
    pub title: &'static str,
    /// Our rules.
    pub rules: String,
    /// What our engine is asked.
    pub ask: Ask,
    /// The program for SWI-Prolog.
    pub prolog: String,
    /// What it is asked.
    pub prolog_goal: String,
    /// Two queries that must have equally many answers: ours, and for SWI-Prolog.
    pub counts: Option<(String, String)>,
    /// Whether the question holds.
    pub holds: bool,
    /// For regorus, where the task fits it.
    pub rego: Option<RegoTask>,
    /// For Cedar, where the task fits it.
    pub cedar: Option<CedarTask>,
    /// Inferences of one run, where that is how it is reported.
    pub inferences: Option<u32>,
}

/// How our engine is asked.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A query as text: it is read, compiled and run anew each time.
    Text(String),
    /// A predicate and strings by resident handles.
    Holds(&'static str, Vec<String>),
}

impl Default for Ask {
    fn default() -> Self {
        Self::Holds("run", Vec::new())
    }
}

/// What regorus gets; it is asked `data.task.allow`.
#[derive(Debug, Clone)]
pub struct RegoTask {
    /// Rego.
    pub policy: String,
    /// JSON.
    pub data: String,
    /// JSON.
    pub input: String,
}

/// What Cedar gets.
#[derive(Debug, Clone)]
pub struct CedarTask {
    /// Policies in its language.
    pub policies: String,
    /// JSON.
    pub entities: String,
    /// Principal, action, resource.
    pub request: [String; 3],
    /// JSON.
    pub context: String,
}

//! The rule engine beside its peers: what each is asked, and how.
//!
//! Every task is one question to all of them, over the same facts. `cargo xtask bench rules` measures; before
//! that, [`ours::Subject`] and the peers must agree on the answer.

pub mod cedar;
pub mod ours;
pub mod prolog;
pub mod rego;
pub mod table;
pub mod tasks;
pub mod threads;

/// Why something can't be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Our engine refused.
    #[error(transparent)]
    Rules(#[from] assize_service::RulesError),
    /// Our engine, without the service around it, refused.
    #[error(transparent)]
    Query(#[from] assize_core::rules::QueryError),
    /// Rules that could not be loaded.
    #[error(transparent)]
    Load(#[from] assize_core::rules::LoadError),
    /// The component does not start.
    #[error(transparent)]
    Start(#[from] assize::EngineStartError),
    /// A program or a file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// What was measured could not be read back.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A peer refused.
    #[error("{0}: {1}")]
    Peer(&'static str, String),
    /// Peers do not agree, or what is needed is not there.
    #[error("{0}")]
    Unfit(String),
}

impl Error {
    /// A refusal of a peer, by its name.
    pub fn of(peer: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |error| Self::Peer(peer, error.to_string())
    }
}

//! Who answers what rules ask of the world outside.

use assize_core::rules::ExternalAnswer;
use assize_json::rules::Need;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// An answer on its way; none: nobody answers this here.
pub type ExternalFuture<'a> = Pin<Box<dyn Future<Output = Option<ExternalAnswer>> + Send + 'a>>;

/// Answers calls that rules make. What it says is kept in the journal with the decision.
pub trait Externals: Send + Sync + 'static {
    /// When the calls of a question that begins now must be answered, on a clock of its own.
    fn deadline(&self) -> Duration;

    /// Answers one call.
    fn answer<'a>(&'a self, need: &'a Need, deadline: Duration) -> ExternalFuture<'a>;
}

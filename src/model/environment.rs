//! What a host supplies.

use assize_outbound::{Clock, Transport};
use std::fmt;
use std::sync::Arc;

/// Gives 64 random bits, all equally likely. They spread retries and keep nothing secret.
pub type Random = dyn Fn() -> u64 + Send + Sync;

/// What a host supplies: exchanges of HTTP, time and randomness. Clones share all of it.
#[derive(Clone)]
pub struct Environment {
    /// Makes the exchanges; it should hand bodies over as they come.
    pub transport: Arc<dyn Transport>,
    /// Measures and waits.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub random: Arc<Random>,
}

impl Environment {
    /// These three.
    #[must_use]
    pub fn new(
        transport: impl Transport,
        clock: impl Clock,
        random: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            transport: Arc::new(transport),
            clock: Arc::new(clock),
            random: Arc::new(random),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .finish_non_exhaustive()
    }
}

//! The gate with its memory as a host supplies it: directly or in a component.

use crate::engines::EngineError;
use assize_core::controller::{
    Action, Controller, ControllerConfig, ControllerSettings, ControllerState, Heard,
};
use assize_core::gate::{Admission, Answer, Conditions, Outcome, Phase, Question, Request};
use assize_core::memory::{Entry, Inserted, NewEntry, Query, Recollection};

/// A controller. It is asked by one at a time, and kept for later calls.
///
/// Every call fails with what [`Controller`] says for its name, with a bound that was reached, or with a failure of
/// the engine. After the last two the handle is of no further use; see [`is_fit`](Self::is_fit).
pub trait ControllerHandle: Send {
    /// Whether it is worth keeping: nothing failed in a way that may have left it broken.
    fn is_fit(&self) -> bool {
        true
    }

    /// How it was made.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn settings(&mut self) -> Result<ControllerSettings, EngineError>;

    /// Judges a request of a caller that runs its own model, and adapts the threshold.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn admit(
        &mut self,
        conditions: &Conditions,
        question: &Question<'_>,
    ) -> Result<Admission, EngineError>;

    /// Judges what a caller's own model answered to a request that was admitted.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn record(
        &mut self,
        conditions: &Conditions,
        outcome: &Outcome<'_>,
    ) -> Result<Answer, EngineError>;

    /// Admits a request, or refuses it; says what must be done first.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn begin(
        &mut self,
        flight: u64,
        conditions: &Conditions,
        request: &Request<'_>,
    ) -> Result<Action, EngineError>;

    /// Takes what came of an action, and says what must be done next.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn resume(&mut self, flight: u64, now_ms: u64, heard: Heard) -> Result<Action, EngineError>;

    /// Gives a request up. Gives whether there was one.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn cancel(&mut self, flight: u64) -> Result<bool, EngineError>;

    /// Requests under way, in ascending order.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn flights(&mut self) -> Result<Vec<u64>, EngineError>;

    /// Stores entries, all or none, whatever the gate says.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn insert(
        &mut self,
        entries: &[NewEntry<'_>],
        now_ms: u64,
    ) -> Result<Vec<Inserted>, EngineError>;

    /// The entries most like a vector, the best first.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn retrieve(
        &mut self,
        query: &Query<'_>,
        now_ms: u64,
    ) -> Result<Vec<Recollection>, EngineError>;

    /// The entry with this id, unless it has expired.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn entry(&mut self, id: u64, now_ms: u64) -> Result<Option<Entry>, EngineError>;

    /// The vector of the entry with this id, unless it has expired.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn vector(&mut self, id: u64, now_ms: u64) -> Result<Option<Vec<f32>>, EngineError>;

    /// The entries with an id above `after`, the oldest first, at most `count`.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn entries(&mut self, after: u64, count: u32, now_ms: u64) -> Result<Vec<Entry>, EngineError>;

    /// Removes entries. Gives how many there were.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn forget(&mut self, ids: &[u64]) -> Result<u32, EngineError>;

    /// Removes all entries with this source name. Gives their number.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn forget_source(&mut self, source_name: &str) -> Result<u32, EngineError>;

    /// Removes at most `limit` entries that have expired. Gives their number.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn sweep(&mut self, now_ms: u64, limit: u32) -> Result<u32, EngineError>;

    /// The embedding of a text by the built-in embedder.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EngineError>;

    /// The state.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn state(&mut self) -> Result<ControllerState, EngineError>;

    /// Forgets everything but the configuration.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn reset(&mut self) -> Result<(), EngineError>;

    /// Ends an emergency, and forgets all of them.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn reset_emergency(&mut self) -> Result<(), EngineError>;

    /// One step of the rhythm that no request makes.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn advance_rhythm(&mut self, now_ms: u64) -> Result<Phase, EngineError>;

    /// Everything as bytes, for [`Engines::restore_controller`](crate::Engines::restore_controller); equal
    /// controllers give equal bytes.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn snapshot(&mut self) -> Result<Vec<u8>, EngineError>;
}

/// A controller in this process.
pub(crate) fn open_natively(
    config: &ControllerConfig,
) -> Result<Box<dyn ControllerHandle>, EngineError> {
    Ok(Box::new(Controller::new(config.clone())?))
}

/// A controller from the bytes of a snapshot, in this process.
pub(crate) fn restore_natively(snapshot: &[u8]) -> Result<Box<dyn ControllerHandle>, EngineError> {
    Ok(Box::new(Controller::restore(snapshot)?))
}

impl ControllerHandle for Controller {
    fn settings(&mut self) -> Result<ControllerSettings, EngineError> {
        Ok(Self::settings(self).clone())
    }

    fn admit(
        &mut self,
        conditions: &Conditions,
        question: &Question<'_>,
    ) -> Result<Admission, EngineError> {
        Ok(Self::admit(self, conditions, question)?)
    }

    fn record(
        &mut self,
        conditions: &Conditions,
        outcome: &Outcome<'_>,
    ) -> Result<Answer, EngineError> {
        Ok(Self::record(self, conditions, outcome)?)
    }

    fn begin(
        &mut self,
        flight: u64,
        conditions: &Conditions,
        request: &Request<'_>,
    ) -> Result<Action, EngineError> {
        Ok(Self::begin(self, flight, conditions, request)?)
    }

    fn resume(&mut self, flight: u64, now_ms: u64, heard: Heard) -> Result<Action, EngineError> {
        Ok(Self::resume(self, flight, now_ms, heard)?)
    }

    fn cancel(&mut self, flight: u64) -> Result<bool, EngineError> {
        Ok(Self::cancel(self, flight))
    }

    fn flights(&mut self) -> Result<Vec<u64>, EngineError> {
        Ok(Self::flights(self))
    }

    fn insert(
        &mut self,
        entries: &[NewEntry<'_>],
        now_ms: u64,
    ) -> Result<Vec<Inserted>, EngineError> {
        Ok(Self::insert(self, entries, now_ms)?)
    }

    fn retrieve(
        &mut self,
        query: &Query<'_>,
        now_ms: u64,
    ) -> Result<Vec<Recollection>, EngineError> {
        Ok(Self::retrieve(self, query, now_ms)?)
    }

    fn entry(&mut self, id: u64, now_ms: u64) -> Result<Option<Entry>, EngineError> {
        Ok(Self::entry(self, id, now_ms))
    }

    fn vector(&mut self, id: u64, now_ms: u64) -> Result<Option<Vec<f32>>, EngineError> {
        Ok(Self::vector(self, id, now_ms).map(<[f32]>::to_vec))
    }

    fn entries(&mut self, after: u64, count: u32, now_ms: u64) -> Result<Vec<Entry>, EngineError> {
        Ok(Self::entries(self, after, count as usize, now_ms))
    }

    fn forget(&mut self, ids: &[u64]) -> Result<u32, EngineError> {
        Ok(Self::forget(self, ids))
    }

    fn forget_source(&mut self, source_name: &str) -> Result<u32, EngineError> {
        Ok(Self::forget_source(self, source_name))
    }

    fn sweep(&mut self, now_ms: u64, limit: u32) -> Result<u32, EngineError> {
        Ok(Self::sweep(self, now_ms, limit))
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EngineError> {
        Ok(Self::embed(self, text)?)
    }

    fn state(&mut self) -> Result<ControllerState, EngineError> {
        Ok(Self::state(self))
    }

    fn reset(&mut self) -> Result<(), EngineError> {
        Ok(Self::reset(self)?)
    }

    fn reset_emergency(&mut self) -> Result<(), EngineError> {
        Self::reset_emergency(self);
        Ok(())
    }

    fn advance_rhythm(&mut self, now_ms: u64) -> Result<Phase, EngineError> {
        Ok(Self::advance_rhythm(self, now_ms))
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, EngineError> {
        Ok(Self::snapshot(self))
    }
}

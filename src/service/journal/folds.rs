//! Chains whose state is a fold over their events that this crate itself can do.

use super::{Journal, MOST_TRIES, contended, next};
use crate::decide::Place;
use crate::engines::Engines;
use crate::http::Caller;
use crate::platform::compute;
use crate::problem::Problem;
use assize_journal::{Append, Appended, ChainKind, Event, StoreError, Stored};

/// A state that events change.
pub(crate) trait Fold: serde::Serialize + serde::de::DeserializeOwned + Default {
    /// The engine's name in the journal.
    const ENGINE: &'static str;
    /// The names of all operations.
    const OPERATIONS: &'static [&'static str];

    /// Checks an operation, does it, and says what there is to say after it.
    fn perform(
        &mut self,
        engines: &dyn Engines,
        operation: &'static str,
        input: &str,
        place: Place<'_>,
    ) -> Result<String, Problem>;

    /// Does what was checked before.
    fn apply(&mut self, operation: &str, input: &str, place: Place<'_>) -> Result<(), String>;
}

impl Journal {
    /// A chain's state after its last event; the default where there is no such chain.
    pub(crate) async fn folded<F: Fold>(
        &self,
        caller: &Caller,
        chain: &str,
    ) -> Result<(Option<Stored>, F), Problem> {
        match self.store.load(&caller.tenant, chain).await? {
            None => Ok((None, F::default())),
            Some(stored) => {
                let state = unfold(&stored)?;
                Ok((Some(stored), state))
            }
        }
    }

    /// Acts on a chain, begun where it is not there yet. Where another change came first, acts again on that.
    pub(crate) async fn fold<F: Fold>(
        &self,
        caller: &Caller,
        chain: &str,
        (operation, input): (&'static str, &str),
    ) -> Result<(String, String), Problem> {
        for _ in 0..MOST_TRIES {
            let (stored, mut state) = self.folded::<F>(caller, chain).await?;
            let head = stored.as_ref().map(|stored| &stored.head);
            let (sequence, previous) = next(head);
            let now = self.platform.unix_ms();
            let place = Place {
                id: chain,
                sequence,
                created_ms: head.map_or(now, |head| head.created_ms),
                updated_ms: now,
            };
            let engines = self.engines.as_ref();
            let answer = compute(self.platform.as_ref(), || {
                state.perform(engines, operation, input, place)
            })?;
            let mut draft = self.draft(caller, (F::ENGINE, operation), input, &answer);
            draft.time_ms = now;
            let event = Event::seal(draft, chain.into(), sequence, previous);
            let mut append = Append::new(head, ChainKind::Session, &event, None, false);
            let due = stored
                .as_ref()
                .is_none_or(|stored| self.is_snapshot_due(stored, &append));
            if due {
                append.snapshot = Some(snapshot(&state).into());
            }
            if self.store.append(append).await? == Appended::Stored {
                return Ok((event.id(), answer));
            }
        }
        Err(contended())
    }
}

/// What became of a chain whose state could not be read.
pub(crate) enum Renewed {
    /// It could: nothing was done.
    Sound,
    /// Nothing of it could be read, and it is gone.
    Gone,
    /// It goes on from another state, after the event of this name.
    At(String),
}

impl Journal {
    /// Goes on with a chain whose state is damaged from what `anew` gives for the event of a sequence: the event's
    /// input, and the state after it.
    pub(crate) async fn renew<F: Fold>(
        &self,
        caller: &Caller,
        chain: &str,
        operation: &'static str,
        anew: impl Fn(u64) -> (String, F),
    ) -> Result<Renewed, Problem> {
        for _ in 0..MOST_TRIES {
            let stored = match self.store.load(&caller.tenant, chain).await {
                Err(StoreError::Damaged(cause)) => {
                    return if self.store.discard(&caller.tenant, chain).await? {
                        Ok(Renewed::Gone)
                    } else {
                        Err(StoreError::Damaged(cause).into())
                    };
                }
                stored => stored?,
            };
            let Some(stored) = stored.filter(|stored| unfold::<F>(stored).is_err()) else {
                return Ok(Renewed::Sound);
            };
            let head = Some(&stored.head).filter(|head| head.engine.as_ref() == F::ENGINE);
            let (sequence, previous) = next(head);
            let (input, state) = anew(sequence);
            let draft = self.draft(caller, (F::ENGINE, operation), &input, "");
            let event = Event::seal(draft, chain.into(), sequence, previous);
            let state = Some(snapshot(&state).into());
            let append = Append::new(head, ChainKind::Session, &event, state, false);
            if self.store.append(append).await? == Appended::Stored {
                return Ok(Renewed::At(event.id()));
            }
        }
        Err(contended())
    }
}

/// A state as bytes.
pub(crate) fn snapshot(state: &impl Fold) -> Vec<u8> {
    // Texts and numbers, and into memory: it can't fail.
    serde_json::to_vec(state).unwrap_or_default()
}

fn unfold<F: Fold>(stored: &Stored) -> Result<F, StoreError> {
    let head = &stored.head;
    if head.engine.as_ref() != F::ENGINE {
        return Err(StoreError::Damaged(format!("it is of `{}`", head.engine)));
    }
    let damaged = |what: String| StoreError::Damaged(what);
    let mut state = match &stored.snapshot {
        None => F::default(),
        Some((_, bytes)) => {
            serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?
        }
    };
    for line in &stored.tail {
        let event = Event::from_line(line).map_err(|error| damaged(error.to_string()))?;
        let unreadable = || damaged(format!("event {} can't be run again", event.id()));
        let input = event.input.whole().ok_or_else(unreadable)?;
        let place = Place {
            id: &head.chain,
            sequence: event.sequence,
            created_ms: head.created_ms,
            updated_ms: event.time_ms,
        };
        let applied = state.apply(&event.operation, input, place);
        applied.map_err(damaged)?;
    }
    Ok(state)
}

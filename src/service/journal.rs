//! Puts decisions into the journal before they are answered.

mod folds;

pub(crate) use folds::{Fold, Renewed, snapshot};

use crate::decide::{DELETE, OPEN, Operation, Outcome, Place, Session, Stateless};
use crate::engines::Engines;
use crate::http::Caller;
use crate::platform::Platform;
use crate::problem::Problem;
use assize_core::governor::CycleConfig;
use assize_journal::{
    Append, Appended, ChainKind, Draft, Event, Hash, Head, InputPolicy, Store, StoreError, Stored,
    keep,
};
use std::sync::{Arc, Mutex, PoisonError};

/// How often a change is tried again because another one came first.
const MOST_TRIES: usize = 64;
/// A state of so many bytes is small.
const SMALL_STATE: usize = 16 * 1024;
/// A session's state is kept anew at the latest after this many events.
const MOST_TAIL: usize = 256;

/// What goes into the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalSettings {
    /// Whether decisions without a session go into it; sessions always do.
    pub stateless: bool,
    /// What is kept of inputs.
    pub inputs: InputPolicy,
    /// Hash of the configuration that bears on decisions, in hexadecimal.
    pub configuration: Arc<str>,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            stateless: false,
            inputs: InputPolicy::Whole,
            configuration: "default".into(),
        }
    }
}

pub(crate) struct Journal {
    engines: Arc<dyn Engines>,
    store: Arc<dyn Store>,
    platform: Arc<dyn Platform>,
    settings: JournalSettings,
    /// What a cycle's request means that says nothing.
    default: CycleConfig,
    component: Arc<str>,
    stream: Mutex<Option<Stream>>,
}

/// Where the chain of this process stands. It is given up when an append fails, as nothing can follow then.
struct Stream {
    chain: Arc<str>,
    head: Option<Head>,
}

/// A place in the journal: the header of the answer that names it.
pub(crate) type EventId = String;

impl Journal {
    pub(crate) fn new(
        engines: Arc<dyn Engines>,
        store: Arc<dyn Store>,
        platform: Arc<dyn Platform>,
        settings: JournalSettings,
        default: CycleConfig,
    ) -> Self {
        let component = engines.describe().name().into();
        Self {
            engines,
            store,
            platform,
            settings,
            default,
            component,
            stream: Mutex::default(),
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// What is kept of inputs.
    pub(crate) const fn inputs(&self) -> InputPolicy {
        self.settings.inputs
    }

    pub(crate) fn draft(
        &self,
        caller: &Caller,
        (engine, operation): (&'static str, &'static str),
        input: &str,
        answer: &str,
    ) -> Draft {
        let (input, answer) = keep(self.settings.inputs, input, answer);
        Draft {
            time_ms: self.platform.unix_ms(),
            tenant: Arc::clone(&caller.tenant),
            actor: Arc::clone(&caller.name),
            request: Arc::clone(&caller.request),
            engine,
            operation,
            input,
            answer,
            configuration: Arc::clone(&self.settings.configuration),
            component: Arc::clone(&self.component),
        }
    }

    /// Decides without a session, and makes it durable where such decisions are kept.
    pub(crate) async fn decide(
        &self,
        caller: &Caller,
        operation: Stateless,
        input: &str,
    ) -> Result<(Option<EventId>, Outcome), Problem> {
        let outcome = operation.decide(self.engines.as_ref(), &self.default, input.as_bytes())?;
        if !self.settings.stateless {
            return Ok((None, outcome));
        }
        let names = (Stateless::ENGINE, operation.as_str());
        let event = self.record(caller, names, input, &outcome.answer).await?;
        Ok((Some(event), outcome))
    }

    /// Makes an answer durable where decisions without a session are kept.
    pub(crate) async fn keep_answer(
        &self,
        caller: &Caller,
        names: (&'static str, &'static str),
        input: &str,
        answer: &str,
    ) -> Result<Option<EventId>, Problem> {
        if !self.settings.stateless {
            return Ok(None);
        }
        Ok(Some(self.record(caller, names, input, answer).await?))
    }

    async fn record(
        &self,
        caller: &Caller,
        names: (&'static str, &'static str),
        input: &str,
        answer: &str,
    ) -> Result<EventId, StoreError> {
        for _ in 0..MOST_TRIES {
            let draft = self.draft(caller, names, input, answer);
            // Appends take their places when they are called: the lock is what keeps the chain in order.
            let (id, chain, outcome) = {
                let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
                let stream = stream.get_or_insert_with(|| Stream {
                    chain: format!("stream-{}", self.platform.identifier()).into(),
                    head: None,
                });
                let (sequence, previous) = next(stream.head.as_ref());
                let event = Event::seal(draft, Arc::clone(&stream.chain), sequence, previous);
                let append =
                    Append::new(stream.head.as_ref(), ChainKind::Stream, &event, None, false);
                stream.head = Some(append.head.clone());
                (
                    event.id(),
                    Arc::clone(&stream.chain),
                    self.store.append(append),
                )
            };
            let outcome = outcome.await;
            if outcome != Ok(Appended::Stored) {
                self.give_up(&chain);
            }
            if outcome? == Appended::Stored {
                return Ok(id);
            }
        }
        Err(StoreError::Failed("no chain can be begun".to_owned()))
    }

    fn give_up(&self, chain: &Arc<str>) {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if stream
            .as_ref()
            .is_some_and(|stream| Arc::ptr_eq(&stream.chain, chain))
        {
            *stream = None;
        }
    }

    /// Opens a session: its name, and what to answer.
    pub(crate) async fn open(
        &self,
        caller: &Caller,
        input: &str,
    ) -> Result<(String, EventId, String), Problem> {
        let id = self.platform.identifier();
        let (append, answer) = {
            let mut session =
                Session::open(self.engines.as_ref(), &self.default, input.as_bytes())?;
            // The answer says when it was opened: the event must say the same.
            let mut draft = self.draft(caller, (session.engine(), OPEN), input, "");
            let now = draft.time_ms;
            let answer = session.describe(Place {
                id: &id,
                sequence: 0,
                created_ms: now,
                updated_ms: now,
            })?;
            (draft.input, draft.answer) = keep(self.settings.inputs, input, &answer);
            let event = Event::seal(draft, id.as_str().into(), 0, Hash::ZERO);
            let snapshot = session.governor().snapshot()?;
            (
                Append::new(
                    None,
                    ChainKind::Session,
                    &event,
                    Some(snapshot.into()),
                    false,
                ),
                answer,
            )
        };
        match self.store.append(append).await? {
            Appended::Stored => Ok((id.clone(), format!("{id}.0"), answer)),
            Appended::Changed => Err(StoreError::Failed(format!("session `{id}` exists")).into()),
        }
    }

    /// Acts on a session and keeps what became of it. Where another change came first, acts again on that.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        (id, operation): (&str, Operation),
        input: &str,
    ) -> Result<(EventId, Outcome), Problem> {
        for _ in 0..MOST_TRIES {
            let stored = self.load(caller, id).await?;
            let (append, event, outcome) = self.act(caller, &stored, operation, input)?;
            if self.store.append(append).await? == Appended::Stored {
                return Ok((event, outcome));
            }
        }
        Err(contended())
    }

    fn act(
        &self,
        caller: &Caller,
        stored: &Stored,
        operation: Operation,
        input: &str,
    ) -> Result<(Append, EventId, Outcome), Problem> {
        let head = &stored.head;
        let (sequence, previous) = next(Some(head));
        let now = self.platform.unix_ms();
        let place = Place {
            id: &head.chain,
            sequence,
            created_ms: head.created_ms,
            updated_ms: now,
        };
        let mut session = self.restore(stored)?;
        let outcome = session.perform(operation, input.as_bytes(), place)?;
        let names = (session.engine(), operation.as_str());
        let mut draft = self.draft(caller, names, input, &outcome.answer);
        draft.time_ms = now;
        let event = Event::seal(draft, Arc::clone(&head.chain), sequence, previous);
        let mut append = Append::new(Some(head), ChainKind::Session, &event, None, false);
        if self.is_snapshot_due(stored, &append) {
            append.snapshot = Some(session.governor().snapshot()?.into());
        }
        Ok((append, event.id(), outcome))
    }

    /// A snapshot is kept when the events since the last one weigh as much: reading a session back then costs at
    /// most twice its state, and writing one costs no more than its events.
    fn is_snapshot_due(&self, stored: &Stored, append: &Append) -> bool {
        // Without inputs, events can't be run again.
        let state = match (&stored.snapshot, self.settings.inputs) {
            // Small ones are kept with every event: reading them back is then no work at all.
            (Some((_, state)), InputPolicy::Whole) if state.len() > SMALL_STATE => state.len(),
            _ => return true,
        };
        let tail = stored
            .tail
            .iter()
            .map(String::len)
            .fold(append.line.len(), usize::saturating_add);
        tail >= state || stored.tail.len() >= MOST_TAIL
    }

    /// Ends a session, also one whose state is damaged; no event remains where all of it was.
    pub(crate) async fn delete(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<EventId>, Problem> {
        for _ in 0..MOST_TRIES {
            let stored = match self.store.load(&caller.tenant, id).await {
                Err(StoreError::Damaged(cause)) => {
                    return if self.store.discard(&caller.tenant, id).await? {
                        Ok(None)
                    } else {
                        Err(StoreError::Damaged(cause).into())
                    };
                }
                stored => session(stored?, id)?,
            };
            let head = &stored.head;
            let draft = self.draft(caller, ("governor", DELETE), "", "");
            let (sequence, previous) = next(Some(head));
            let event = Event::seal(draft, Arc::clone(&head.chain), sequence, previous);
            let append = Append::new(Some(head), ChainKind::Session, &event, None, true);
            if self.store.append(append).await? == Appended::Stored {
                return Ok(Some(event.id()));
            }
        }
        Err(contended())
    }

    /// A session as it is after its last event.
    pub(crate) fn restore(&self, stored: &Stored) -> Result<Session<'_>, Problem> {
        let damaged = |what: String| StoreError::Damaged(what);
        let head = &stored.head;
        let Some((_, snapshot)) = &stored.snapshot else {
            return Err(damaged("it has no state".to_owned()).into());
        };
        let session = Session::restore(self.engines.as_ref(), &head.engine, snapshot)?;
        let mut session = session.ok_or_else(|| damaged(format!("it is of `{}`", head.engine)))?;
        run_again(stored, |event, input, place| {
            let operation = Operation::parse(&event.operation)?;
            let performed = session.perform(operation, input.as_bytes(), place);
            Some(performed.map(|outcome| outcome.answer))
        })?;
        Ok(session)
    }

    pub(crate) async fn load(&self, caller: &Caller, id: &str) -> Result<Stored, Problem> {
        session(self.store.load(&caller.tenant, id).await?, id)
    }
}

/// Runs the events after a kept state again. `run` gives what one comes to, or nothing where it does not know its
/// operation; that must be what was answered.
pub(crate) fn run_again(
    stored: &Stored,
    mut run: impl FnMut(&Event, &str, Place<'_>) -> Option<Result<String, Problem>>,
) -> Result<(), Problem> {
    let damaged = |what: String| Problem::from(StoreError::Damaged(what));
    let head = &stored.head;
    for line in &stored.tail {
        let event = Event::from_line(line).map_err(|error| damaged(error.to_string()))?;
        let place = Place {
            id: &head.chain,
            sequence: event.sequence,
            created_ms: head.created_ms,
            updated_ms: event.time_ms,
        };
        let input = event.input.whole();
        let Some(ran) = input.and_then(|input| run(&event, input, place)) else {
            return Err(damaged(format!("event {} can't be run again", event.id())));
        };
        let is_same = match ran {
            Ok(said) => event.answer.whole().is_none_or(|answer| answer == said),
            // A bound that was reached or a failure of the engine says nothing about what is stored.
            Err(problem) if !problem.is_refusal() => return Err(problem),
            Err(_) => false,
        };
        // To go on from another state than the one that was answered for would be worse than not to go on.
        if !is_same {
            let id = event.id();
            return Err(damaged(format!(
                "this build decides event {id} otherwise than it was answered"
            )));
        }
    }
    Ok(())
}

/// Names a chain that a tenant knows by a name of its own: nobody else's is named so.
pub(crate) fn chain_named(prefix: &str, what: &str, tenant: &str, name: &str) -> String {
    let named = format!("{what} {} {tenant} {name}", tenant.len());
    let hash = Hash::of(named.as_bytes()).to_string();
    format!("{prefix}-{}", hash.get(..40).unwrap_or(&hash))
}

/// A governor's chain: what else is kept is none of a caller's sessions.
fn session(stored: Option<Stored>, id: &str) -> Result<Stored, Problem> {
    stored
        .filter(|stored| stored.head.engine.starts_with("governor:"))
        .ok_or_else(|| Problem::no_session(id))
}

pub(crate) fn contended() -> Problem {
    Problem::conflict("other requests keep changing the same; try again")
}

/// The place after the end of a chain, and the hash that stands there.
pub(crate) fn next(head: Option<&Head>) -> (u64, Hash) {
    head.map_or((0, Hash::ZERO), |head| {
        (head.sequence.saturating_add(1), head.hash)
    })
}

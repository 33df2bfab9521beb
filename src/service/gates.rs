//! Sessions of the gate. Each is a chain in the journal; its state stays here between requests, since reading back
//! what it remembers takes long.

use crate::decide::gated::{self, GateOperation, Performed, Told};
use crate::decide::{Place, to_text};
use crate::gate_engines::ControllerHandle;
use crate::gate_metrics::{Change, Seen};
use crate::http::Caller;
use crate::journal::{EventId, chain_named, contended, next, run_again};
use crate::problem::Problem;
use crate::service::Service;
use assize_core::controller::Embedder;
use assize_core::{FieldError, InvalidInput};
use assize_journal::{
    Append, Appended, ChainKind, Event, Head, InputPolicy, StoreError, StoreFuture, Stored,
};
use assize_json::rules::check_name;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often an operation is tried again because another one came first.
const MOST_TRIES: usize = 64;
/// A request that has waited so long for others is given up.
const LONGEST_FLIGHT_MS: u64 = 15 * 60 * 1000;
/// The session where none is named.
pub(crate) const USUAL: &str = "default";

/// The session that a request names in its query, `?session=name`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionName {
    session: Option<String>,
}

impl SessionName {
    pub(crate) fn name(&self) -> &str {
        self.session.as_deref().unwrap_or(USUAL)
    }
}

/// A session as it is after its last event.
struct Live {
    controller: Box<dyn ControllerHandle>,
    /// Its dimension, where embeddings are the host's to find.
    dimension: Option<u32>,
    head: Option<Head>,
    /// Bytes of the last state that was kept, and of the events since.
    state_bytes: usize,
    tail_bytes: usize,
    /// When each request under way began.
    flights: BTreeMap<u64, u64>,
    /// As it was when it was counted last.
    seen: Seen,
}

/// What a session did.
struct Acted {
    event: EventId,
    performed: Performed,
    change: Option<Change>,
}

/// What is on its way to the store.
struct Handed<'s> {
    /// The first event of the session, where this began it.
    opening: Option<StoreFuture<'s, Appended>>,
    acted: Result<(Acted, StoreFuture<'s, Appended>), Problem>,
}

#[derive(Default)]
struct Slot {
    live: Mutex<Option<Live>>,
}

/// The sessions whose state is here; the latest stands at the end.
pub(crate) struct Gates {
    slots: Mutex<Vec<(Arc<str>, Arc<Slot>)>>,
    most: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What was interrupted half-way is dropped by whoever finds it wrong.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gates {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            slots: Mutex::default(),
            most: most.max(1),
        }
    }

    fn slot(&self, chain: &str) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        let found = slots.iter().position(|(known, _)| known.as_ref() == chain);
        let entry = match found {
            Some(place) => slots.remove(place),
            None => (chain.into(), Arc::default()),
        };
        let slot = Arc::clone(&entry.1);
        slots.push(entry);
        // One that is in use stays: its state would be made twice.
        let mut over = slots.len().saturating_sub(self.most);
        let mut dropped = Vec::new();
        slots.retain_mut(|(_, slot)| {
            let goes = over > 0 && Arc::strong_count(slot) == 1;
            over -= usize::from(goes);
            if goes {
                dropped.push(std::mem::take(slot));
            }
            !goes
        });
        drop(slots);
        slot
    }
}

impl Live {
    fn begin(service: &Service) -> Result<Self, Problem> {
        Self::over(service.engines.open_controller(&service.gate_config)?, 0)
    }

    fn over(
        mut controller: Box<dyn ControllerHandle>,
        state_bytes: usize,
    ) -> Result<Self, Problem> {
        let settings = controller.settings()?;
        let seen = Seen::from(&controller.state()?);
        Ok(Self {
            seen,
            dimension: match settings.embedder {
                Embedder::Caller => Some(settings.memory.dimension),
                Embedder::Hashing => None,
            },
            controller,
            head: None,
            state_bytes,
            tail_bytes: 0,
            flights: BTreeMap::new(),
        })
    }

    /// As it is after the last event of what is stored.
    fn restore(service: &Service, stored: Stored) -> Result<Self, Problem> {
        let damaged = |what: String| Problem::from(StoreError::Damaged(what));
        let head = &stored.head;
        if head.engine.as_ref() != gated::ENGINE {
            return Err(damaged(format!("it is of `{}`", head.engine)));
        }
        let Some((_, state)) = &stored.snapshot else {
            return Err(damaged("it has no state".to_owned()));
        };
        let mut live = Self::over(service.engines.restore_controller(state)?, state.len())?;
        run_again(&stored, |event, input, place| {
            let operation = GateOperation::parse(&event.operation)?;
            let performed = gated::perform(live.controller.as_mut(), operation, input, place);
            Some(performed.map(|performed| performed.answer))
        })?;
        live.tail_bytes = stored.tail.iter().map(String::len).sum();
        for flight in live.controller.flights()? {
            live.flights.insert(flight, head.updated_ms);
        }
        live.seen = Seen::from(&live.controller.state()?);
        live.head = Some(stored.head);
        Ok(live)
    }

    /// The first event of a session, which says how it was made.
    fn open(&mut self, service: &Service, caller: &Caller, chain: &str) -> Result<Append, Problem> {
        let input = gated::settings_text(&service.gate_config);
        let names = (gated::ENGINE, GateOperation::Open.as_str());
        let draft = service.journal.draft(caller, names, &input, "");
        let (sequence, previous) = next(None);
        let event = Event::seal(draft, chain.into(), sequence, previous);
        let state = self.controller.snapshot()?;
        self.state_bytes = state.len();
        let append = Append::new(None, ChainKind::Session, &event, Some(state.into()), false);
        self.head = Some(append.head.clone());
        Ok(append)
    }

    /// Does it, and gives what is to be appended for it.
    fn act(
        &mut self,
        service: &Service,
        caller: &Caller,
        chain: &str,
        (operation, input): (GateOperation, &str),
    ) -> Result<(Acted, Append), Problem> {
        let (sequence, previous) = next(self.head.as_ref());
        let now = service.platform.unix_ms();
        // Time does not go back within a session, whatever the clock does.
        let now = now.max(self.head.as_ref().map_or(0, |head| head.updated_ms));
        let place = Place {
            id: chain,
            sequence,
            created_ms: self.head.as_ref().map_or(now, |head| head.created_ms),
            updated_ms: now,
        };
        let began = service.platform.monotonic();
        let performed = gated::perform(self.controller.as_mut(), operation, input, place)?;
        if performed.recalled {
            let took = service.platform.monotonic().saturating_sub(began);
            service.metrics.gate.retrieved(took);
        }
        match (performed.flight, &performed.ask) {
            (Some(flight), Some(_)) => drop(self.flights.entry(flight).or_insert(now)),
            (Some(flight), None) => drop(self.flights.remove(&flight)),
            (None, _) if operation == GateOperation::Reset => self.flights.clear(),
            (None, _) => {}
        }
        let mut change = None;
        if performed.counts(operation) {
            let state = self.controller.state()?;
            change = Some(Change::between(&self.seen, &state, operation));
            self.seen = Seen::from(&state);
        }
        let names = (gated::ENGINE, operation.as_str());
        let journal = &service.journal;
        let mut draft = journal.draft(caller, names, input, &performed.answer);
        draft.time_ms = now;
        let event = Event::seal(draft, chain.into(), sequence, previous);
        let mut append = Append::new(self.head.as_ref(), ChainKind::Session, &event, None, false);
        self.tail_bytes += append.line.len();
        // Reading a session back costs at most twice its state, and keeping states no more than its events.
        let is_due = self.tail_bytes >= self.state_bytes;
        if is_due || journal.inputs() != InputPolicy::Whole {
            let state = self.controller.snapshot()?;
            self.state_bytes = state.len();
            self.tail_bytes = 0;
            append.snapshot = Some(state.into());
        }
        self.head = Some(append.head.clone());
        let acted = Acted {
            event: event.id(),
            performed,
            change,
        };
        Ok((acted, append))
    }
}

fn chain_of(caller: &Caller, name: &str) -> Result<String, Problem> {
    check_name(name).map_err(|message| {
        InvalidInput::single(FieldError::new("", format!("the session's name {message}")))
    })?;
    Ok(chain_named("gate", "gate", &caller.tenant, name))
}

impl Service {
    fn gate_chain(&self, caller: &Caller, name: &str) -> Result<String, Problem> {
        if self.engines.has_gate() {
            chain_of(caller, name)
        } else {
            Err(Problem::no_gate())
        }
    }

    /// Acts on a session of the gate; the answer may leave when this has ended.
    pub(crate) async fn act_on_gate(
        &self,
        caller: &Caller,
        name: &str,
        acting: (GateOperation, &str),
    ) -> Result<(EventId, Performed), Problem> {
        self.act_under_way(caller, name, acting, &mut None).await
    }

    /// Begins a request to a language model. Where others must be asked for it, `flight` is what it is known by, also
    /// if the future is dropped.
    pub(crate) async fn begin_at_gate(
        &self,
        caller: &Caller,
        name: &str,
        input: &str,
        flight: &mut Option<u64>,
    ) -> Result<(EventId, Performed), Problem> {
        let acting = (GateOperation::Generate, input);
        self.act_under_way(caller, name, acting, flight).await
    }

    async fn act_under_way(
        &self,
        caller: &Caller,
        name: &str,
        acting: (GateOperation, &str),
        flight: &mut Option<u64>,
    ) -> Result<(EventId, Performed), Problem> {
        let chain = self.gate_chain(caller, name)?;
        let slot = self.gates.slot(&chain);
        for _ in 0..MOST_TRIES {
            *flight = None;
            self.wake(caller, &chain, &slot).await?;
            let Some(handed) = self.hand_over(caller, &chain, &slot, acting) else {
                continue;
            };
            if let Some(opening) = handed.opening
                && opening.await != Ok(Appended::Stored)
            {
                // What follows it fails as well.
                *lock(&slot.live) = None;
            }
            let (acted, appending) = handed.acted?;
            *flight = acted
                .performed
                .flight
                .filter(|_| acted.performed.ask.is_some());
            match appending.await {
                Ok(Appended::Stored) => {
                    if let Some(change) = acted.change {
                        self.metrics.gate.changed(&change);
                    }
                    return Ok((acted.event, acted.performed));
                }
                Ok(Appended::Changed) => *lock(&slot.live) = None,
                Err(error) => {
                    *lock(&slot.live) = None;
                    return Err(error.into());
                }
            }
        }
        Err(contended())
    }

    /// Acts on a session that is here, and hands its events to the store; nothing where it is not.
    fn hand_over(
        &self,
        caller: &Caller,
        chain: &str,
        slot: &Slot,
        acting: (GateOperation, &str),
    ) -> Option<Handed<'_>> {
        let store = self.journal.store();
        let mut live = lock(&slot.live);
        let session = live.as_mut()?;
        // Appends take their places when they are called: under the lock.
        let opened = match session.head {
            None => session.open(self, caller, chain).map(Some),
            Some(_) => Ok(None),
        };
        let (opening, acted) = match opened {
            Ok(append) => {
                let opening = append.map(|append| store.append(append));
                (opening, session.act(self, caller, chain, acting))
            }
            Err(problem) => (None, Err(problem)),
        };
        let is_fit = session.controller.is_fit();
        if acted
            .as_ref()
            .is_err_and(|problem| !is_fit || !problem.is_refusal())
        {
            *live = None;
        }
        let acted = acted.map(|(acted, append)| (acted, store.append(append)));
        Some(Handed { opening, acted })
    }

    /// Reads what a session is; it is not changed.
    pub(crate) async fn look_at_gate<T>(
        &self,
        caller: &Caller,
        name: &str,
        mut look: impl FnMut(&mut dyn ControllerHandle, u64) -> Result<T, Problem> + Send,
    ) -> Result<T, Problem> {
        let chain = self.gate_chain(caller, name)?;
        let slot = self.gates.slot(&chain);
        let end = self.journal.store().end(&caller.tenant, &chain).await?;
        for _ in 0..MOST_TRIES {
            self.wake(caller, &chain, &slot).await?;
            let mut live = lock(&slot.live);
            let Some(session) = live.as_mut() else {
                continue;
            };
            // Another process may have gone on with it.
            let known = session.head.as_ref().map(|head| head.sequence);
            if end.as_ref().map(|end| end.sequence) > known {
                *live = None;
                continue;
            }
            let seen = look(session.controller.as_mut(), self.platform.unix_ms());
            let is_fit = session.controller.is_fit();
            if !is_fit {
                *live = None;
            }
            return seen;
        }
        Err(contended())
    }

    /// Sees to it that a session's state is here.
    async fn wake(&self, caller: &Caller, chain: &str, slot: &Slot) -> Result<(), Problem> {
        if lock(&slot.live).is_some() {
            return Ok(());
        }
        let stored = self.journal.store().load(&caller.tenant, chain).await?;
        let read = match stored {
            None => Live::begin(self)?,
            Some(stored) => {
                let mut stored = Some(stored);
                crate::platform::compute(self.platform.as_ref(), || match stored.take() {
                    Some(stored) => Live::restore(self, stored),
                    None => Err(contended()),
                })?
            }
        };
        let mut live = lock(&slot.live);
        // Whoever was first has gone on since.
        live.get_or_insert(read);
        drop(live);
        Ok(())
    }

    /// Ends a request whose caller has gone away. One whose session is no longer here ends when it is too old.
    pub(crate) fn give_up(&self, caller: &Caller, name: &str, flight: u64) {
        let Ok(chain) = self.gate_chain(caller, name) else {
            return;
        };
        let slot = self.gates.slot(&chain);
        let mut live = lock(&slot.live);
        let Some(session) = live.as_mut() else {
            return;
        };
        if !session.flights.contains_key(&flight) {
            return;
        }
        let told = to_text(&Told::of(flight));
        match session.act(self, caller, &chain, (GateOperation::Cancel, &told)) {
            // It has its place in the journal from now on, though nobody waits for it.
            Ok((_, append)) => drop(self.journal.store().append(append)),
            Err(_) => *live = None,
        }
    }

    /// Requests that have waited too long for others.
    pub(crate) fn stale_flights(&self, caller: &Caller, name: &str) -> Result<Vec<u64>, Problem> {
        let slot = self.gates.slot(&self.gate_chain(caller, name)?);
        let now = self.platform.unix_ms();
        let live = lock(&slot.live);
        let flights = live.iter().flat_map(|session| &session.flights);
        let old = flights.filter(|(_, began)| began.saturating_add(LONGEST_FLIGHT_MS) < now);
        Ok(old.map(|(flight, _)| *flight).collect())
    }

    /// The dimension of a session whose embeddings are the host's to find.
    pub(crate) async fn dimension_to_embed(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<u32>, Problem> {
        let chain = self.gate_chain(caller, name)?;
        let slot = self.gates.slot(&chain);
        for _ in 0..MOST_TRIES {
            self.wake(caller, &chain, &slot).await?;
            if let Some(live) = lock(&slot.live).as_ref() {
                return Ok(live.dimension);
            }
        }
        Err(contended())
    }
}

//! Questions to knowledge bases, asked again as these were then.

use crate::decide::consulted::Consulted;
use crate::decide::inquiry::{Asking, Inquiry};
use crate::decide::knowledge::{Knowledge, RulesBase, load};
use crate::decide::rules::Input;
use crate::decide::{Outcome, Place};
use crate::engines::Engines;
use crate::journal::Fold;
use crate::problem::Problem;
use crate::rule_engines::RulesHandle;
use assize_journal::Event;
use assize_json::rules::Base;
use std::collections::VecDeque;

/// Loaded rules that are kept for further questions.
const MOST_LOADED: usize = 8;

/// A chain up to an event: the state that its beginning made, where that is gone, and the events since.
#[derive(Debug, Default)]
pub struct ChainPart {
    /// As a tombstone holds it.
    pub state: Option<Vec<u8>>,
    /// In order; the last is the one that was asked for.
    pub events: Vec<Event>,
}

/// Where a replay finds the knowledge bases that questions were asked of.
pub trait Chains: Sync {
    /// A chain up to an event; none where the journal no longer has that.
    ///
    /// # Errors
    ///
    /// What stands in the way, for operators.
    fn part(&self, chain: &str, sequence: u64) -> Result<Option<ChainPart>, String>;
}

/// Knowledge bases that were asked lately.
pub(super) struct Bases<'a> {
    engines: &'a dyn Engines,
    chains: &'a dyn Chains,
    loaded: VecDeque<(String, Box<dyn RulesHandle>)>,
}

const GONE: &str = "the knowledge base that it asked is no longer in the journal";
const UNREADABLE: &str = "what it says of its question can't be read";

impl<'a> Bases<'a> {
    pub(super) const fn new(engines: &'a dyn Engines, chains: &'a dyn Chains) -> Self {
        Self {
            engines,
            chains,
            loaded: VecDeque::new(),
        }
    }

    /// Asks once more.
    pub(super) fn replay(
        &mut self,
        operation: &str,
        input: &str,
    ) -> Result<Result<Outcome, Problem>, &'static str> {
        let asking = Asking::parse(operation).ok_or("its operation is unknown")?;
        let (input, request) = Input::read(input).ok_or(UNREADABLE)?;
        let mut consulted = Consulted::recorded(input.consulted.as_ref()).ok_or(UNREADABLE)?;
        let inquiry = match Inquiry::read(asking, request, input.now, input.bounds()) {
            Ok(inquiry) => inquiry,
            Err(problem) => return Ok(Err(problem)),
        };
        let Some(reference) = input.rules else {
            let Some(Base::Inline(sources)) = inquiry.base() else {
                return Err(UNREADABLE);
            };
            return Ok(load(self.engines, &RulesBase::of(sources))
                .and_then(|mut rules| inquiry.answer(rules.as_mut(), &mut consulted)));
        };
        let mut rules = match self.take(&reference.event)? {
            Ok(rules) => rules,
            Err(problem) => return Ok(Err(problem)),
        };
        let outcome = inquiry.answer(rules.as_mut(), &mut consulted);
        if rules.is_fit() {
            self.loaded.push_back((reference.event, rules));
        }
        if self.loaded.len() > MOST_LOADED {
            self.loaded.pop_front();
        }
        Ok(outcome)
    }

    fn take(&mut self, event: &str) -> Result<Result<Box<dyn RulesHandle>, Problem>, &'static str> {
        let mut loaded = self.loaded.iter();
        if let Some(place) = loaded.position(|(other, _)| other == event) {
            return Ok(Ok(self.loaded.remove(place).ok_or(GONE)?.1));
        }
        let (chain, sequence) = event.rsplit_once('.').ok_or(UNREADABLE)?;
        let sequence = sequence.parse().map_err(|_| UNREADABLE)?;
        let part = self.chains.part(chain, sequence);
        let part = part.map_err(|_| GONE)?.ok_or(GONE)?;
        let state = fold(&part).ok_or(GONE)?;
        let base = state.base().map_err(|_| GONE)?.ok_or(GONE)?;
        Ok(load(self.engines, &base))
    }
}

/// A knowledge base as events made it.
fn fold(part: &ChainPart) -> Option<Knowledge> {
    let mut state = match &part.state {
        None => Knowledge::default(),
        Some(state) => serde_json::from_slice(state).ok()?,
    };
    for event in &part.events {
        let place = Place {
            id: &event.chain,
            sequence: event.sequence,
            // No state depends on it.
            created_ms: event.time_ms,
            updated_ms: event.time_ms,
        };
        let input = event.input.whole()?;
        state.apply(&event.operation, input, place).ok()?;
    }
    Some(state)
}

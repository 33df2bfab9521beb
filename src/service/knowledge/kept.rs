//! Knowledge bases that were asked lately, so that a question need not read and load them again.

use crate::decide::knowledge::RulesBase;
use crate::rule_engines::RulesHandle;
use assize_journal::{Hash, Head};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Loaded rules of one state: more would be of one caller in a hurry.
const MOST_ALIKE: usize = 4;
/// Knowledge bases that were read.
const MOST_READ: usize = 256;
/// Bytes of sources of all that were read.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A knowledge base as it was at one time.
#[derive(Debug)]
pub(crate) struct Known {
    /// The end of its chain then: while it still is, nothing changed.
    pub(crate) head: Head,
    pub(crate) version: u64,
    pub(crate) base: RulesBase,
    /// Predicates of which facts were changed.
    pub(crate) changed: BTreeSet<(Arc<str>, usize)>,
    /// Of the facts that were changed, as text.
    fact_bytes: usize,
}

impl Known {
    pub(crate) fn new(head: Head, version: u64, base: RulesBase, fact_bytes: usize) -> Self {
        let facts = base.add.iter().chain(&base.remove);
        let changed = facts.map(|(name, arguments)| (Arc::clone(name), arguments.len()));
        Self {
            head,
            version,
            changed: changed.collect(),
            base,
            fact_bytes,
        }
    }

    fn bytes(&self) -> usize {
        let sources = self.base.sources.iter();
        let facts = self.base.add.len() + self.base.remove.len();
        let texts: usize = sources.map(|source| source.text.len()).sum();
        texts
            .saturating_add(facts.saturating_mul(64))
            .saturating_add(self.fact_bytes)
    }
}

/// What is kept; the latest stands at the end.
pub(crate) struct Kept {
    read: Mutex<VecDeque<Arc<Known>>>,
    loaded: Mutex<VecDeque<Loaded>>,
    /// Loaded rules that wait for their next question.
    most_loaded: usize,
}

/// Rules in a state, ready to be asked.
struct Loaded {
    chain: Arc<str>,
    state: Hash,
    rules: Box<dyn RulesHandle>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one push or removal.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    pub(crate) fn new(most_loaded: usize) -> Self {
        Self {
            read: Mutex::default(),
            loaded: Mutex::default(),
            most_loaded,
        }
    }

    /// A knowledge base that was read when its chain ended so.
    pub(crate) fn known(&self, head: &Head) -> Option<Arc<Known>> {
        let mut read = lock(&self.read);
        let place = read.iter().position(|known| known.head.hash == head.hash)?;
        let known = read.remove(place)?;
        read.push_back(Arc::clone(&known));
        Some(known)
    }

    /// Keeps one that was read, instead of what it was before.
    pub(crate) fn learn(&self, known: &Arc<Known>) {
        let head = &known.head;
        {
            let mut read = lock(&self.read);
            read.retain(|other| other.head.chain != head.chain);
            read.push_back(Arc::clone(known));
            let mut bytes: usize = read.iter().map(|known| known.bytes()).sum();
            while read.len() > 1 && (read.len() > MOST_READ || bytes > MOST_BYTES) {
                let oldest = read.pop_front();
                bytes -= oldest.map_or(0, |oldest| oldest.bytes());
            }
        }
        self.drop_where(|other| other.chain == head.chain && other.state != head.hash);
    }

    /// Rules that are loaded, for one question.
    pub(crate) fn take(&self, state: Hash) -> Option<Box<dyn RulesHandle>> {
        let mut loaded = lock(&self.loaded);
        let place = loaded.iter().rposition(|other| other.state == state)?;
        let Loaded {
            chain,
            state,
            rules,
        } = loaded.remove(place)?;
        if let Some(shared) = rules.share() {
            loaded.push_back(Loaded {
                chain,
                state,
                rules: shared,
            });
        }
        Some(rules)
    }

    /// Rules that answered their question, for the next one.
    pub(crate) fn give(&self, head: &Head, rules: Box<dyn RulesHandle>) {
        if !rules.is_fit() || self.most_loaded == 0 {
            return;
        }
        let mut loaded = lock(&self.loaded);
        let most = if rules.share().is_some() {
            1
        } else {
            MOST_ALIKE
        };
        let alike = loaded.iter().filter(|other| other.state == head.hash);
        if alike.count() >= most {
            drop(loaded);
            return;
        }
        loaded.push_back(Loaded {
            chain: Arc::clone(&head.chain),
            state: head.hash,
            rules,
        });
        let oldest = (loaded.len() > self.most_loaded).then(|| loaded.pop_front());
        // Dropping takes a call of the engine: not under the lock.
        drop(loaded);
        drop(oldest);
    }

    fn drop_where(&self, is_old: impl Fn(&Loaded) -> bool) {
        let mut loaded = lock(&self.loaded);
        let (old, rest): (VecDeque<_>, VecDeque<_>) = loaded.drain(..).partition(is_old);
        *loaded = rest;
        drop(loaded);
        drop(old);
    }
}

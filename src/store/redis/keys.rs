//! Names of the keys, and of what is in them.

/// Begins every key of one store.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: String) -> Self {
        Self { prefix }
    }

    fn named(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}{name}", self.prefix)
    }

    /// String: the format of all of this.
    pub(super) fn format(&self) -> String {
        self.named("format", "")
    }

    /// Sorted set: names of all chains, in the order of their bytes.
    pub(super) fn chains(&self) -> String {
        self.named("chains", "")
    }

    /// Set: names of the chains that went on since a checkpoint named them.
    pub(super) fn unmarked(&self) -> String {
        self.named("unmarked", "")
    }

    /// String: number of sessions that are not closed.
    pub(super) fn open(&self) -> String {
        self.named("open", "")
    }

    /// Stream: checkpoints, each under its number.
    pub(super) fn checkpoints(&self) -> String {
        self.named("checkpoints", "")
    }

    /// Hash: records of API keys by name.
    pub(super) fn api_keys(&self) -> String {
        self.named("keys", "")
    }

    /// Nothing; used to find out what the server permits.
    pub(super) fn probe(&self) -> String {
        self.named("probe", "")
    }

    /// What the keys of [`chain`](Self::chain) begin with.
    pub(super) fn chain_prefix(&self) -> String {
        self.chain("")
    }

    /// Hash: where the chain stands, and its tombstone.
    pub(super) fn chain(&self, name: &str) -> String {
        self.named("chain:", name)
    }

    /// Stream: events of the chain, each under its sequence.
    pub(super) fn events(&self, chain: &str) -> String {
        self.named("events:", chain)
    }

    /// String: sequence of the event after which it was taken, a space, and the state.
    pub(super) fn snapshot(&self, chain: &str) -> String {
        self.named("snapshot:", chain)
    }

    /// String: what a client asked for lately. Slots of another length are of another quota.
    pub(super) fn rate(&self, slot_ms: u64, client: &str) -> String {
        format!("{}rate:{slot_ms}:{client}", self.prefix)
    }
}

//! What was acknowledged is there: after a kill, with a full disk, and when the store was away. The real program, real
//! stores, and a ledger of every answer to hold the journal against.

#[expect(dead_code, reason = "the tests of replicas use the rest")]
#[path = "common_stores/mod.rs"]
mod common_stores;

#[path = "durability/away.rs"]
mod away;
#[path = "durability/fold.rs"]
mod fold;
#[path = "durability/full.rs"]
mod full;
#[path = "durability/kill.rs"]
mod kill;
#[path = "durability/load.rs"]
mod load;

//! Requests to a memory, and what it answers.

mod answers;
mod requests;
pub mod schemas;
#[cfg(test)]
pub(crate) mod tests;

pub use answers::{
    EntriesAnswer, EntryAnswer, FoundAnswer, FoundEntriesAnswer, InsertAnswer, InsertedAnswer,
    RemovedAnswer, UsageAnswer,
};
pub use requests::{EntryRequest, ForgetRequest, InsertRequest, Insertion, Search, SearchRequest};

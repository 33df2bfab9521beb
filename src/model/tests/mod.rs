//! The protocols as bytes, and calls over real sockets to a server that fails in every way.

mod calls;
mod embeddings;
mod fixtures;
mod protocol;
mod secrets;
mod settings;
mod stand_in;
mod streams;

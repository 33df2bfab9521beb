//! Calls over a transport that is told what to answer, over real sockets, and the recorded behaviour.

mod calls;
mod concurrency;
mod fake;
mod redirects;
#[cfg(feature = "native")]
mod sockets;
#[cfg(feature = "native")]
mod streams;
mod vectors;

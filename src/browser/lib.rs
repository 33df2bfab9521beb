//! The core of Assize for JavaScript.
//!
//! Values of JavaScript become the same requests that the HTTP API reads, and answers have the same
//! fields. Those of the governor cross as values, those of rules and of the gate as JSON text. `package/` is the hand-written face of
//! the npm package: its classes, its errors and its types.
//!
//! What this crate does not do: decide anything, or touch the page.

#![forbid(unsafe_code)]

pub mod decide;
pub mod editor;
mod error;
pub mod gate;
pub mod governor;
pub mod rules;
mod value;

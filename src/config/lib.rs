//! The settings of Assize's native host: where they come from, what they may be, and what is wrong with them.
//!
//! [`load`] takes a file, environment variables and flags, and gives [`Settings`] that are in their ranges, or every
//! error at once. What the settings do is the host's part.

#![forbid(unsafe_code)]

mod aliases;
mod changes;
mod check;
mod error;
mod file;
mod fit;
mod load;
mod production;
mod schema;
mod secret;
pub mod settings;
mod show;
#[cfg(test)]
mod tests;
mod text;
mod text_types;
mod tree;
mod variables;
mod whole;

pub use changes::Changes;
pub use error::{ConfigError, ConfigErrors, Origin, Problem};
pub use load::{Flag, Loaded, Sources, load};
pub use schema::schema;
pub use secret::Secret;
pub use settings::Settings;
pub use text_types::{JwksUrl, ProxyRange, StoreKind, StoreUrl, TextError};

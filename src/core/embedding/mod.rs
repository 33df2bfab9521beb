//! Vectors of texts without a model, and a cache for vectors that come from one.

mod cache;
mod hashing;

pub use cache::{CacheConfig, CacheSettings, CacheUsage, EmbeddingCache};
pub use hashing::HashingEmbedder;

//! The component's bytes: those inside the program, or a file's.

use super::EngineStartError;
use std::borrow::Cow;
use std::fmt;
use std::path::Path;

static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/assize.wasm"));

/// The core as a WebAssembly component. That the bytes are one is seen when an engine starts.
#[derive(Clone)]
pub struct Component {
    bytes: Cow<'static, [u8]>,
    hash: blake3::Hash,
}

impl Component {
    /// The component inside this program.
    ///
    /// # Errors
    ///
    /// [`EngineStartError::NoComponent`] where the program was built without one.
    pub fn embedded() -> Result<Self, EngineStartError> {
        if EMBEDDED.is_empty() {
            return Err(EngineStartError::NoComponent);
        }
        Ok(Self::from_bytes(EMBEDDED))
    }

    /// The component in a file.
    ///
    /// # Errors
    ///
    /// [`EngineStartError::Unreadable`] with what the system says.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, EngineStartError> {
        let file = file.as_ref();
        let bytes = std::fs::read(file).map_err(|source| EngineStartError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        Ok(Self::from_bytes(bytes))
    }

    /// A component that is already in memory.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let hash = blake3::hash(&bytes);
        Self { bytes, hash }
    }

    /// What was embedded, read or given.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// BLAKE3 of the bytes, 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        self.hash.to_hex().to_string()
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Component")
            .field("bytes", &self.bytes.len())
            .field("hash", &self.hash.to_hex().as_str())
            .finish()
    }
}

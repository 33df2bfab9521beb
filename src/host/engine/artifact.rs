//! Machine code of the component, kept between starts.
//!
//! Machine code is trusted code: what is read back runs with the rights of this process. It is used
//! only where no other user can have written it, and only if every byte is what was written.

use super::{Component, EngineStartError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use wasmtime::Engine;
use wasmtime::component::Component as Compiled;

/// The component in machine code: from the folder if there is one, else compiled and left there.
pub(super) fn compiled(
    engine: &Engine,
    component: &Component,
    folder: Option<&Path>,
) -> Result<Compiled, EngineStartError> {
    let Some(folder) = folder else {
        return compile(engine, component);
    };
    let folder = match private::Folder::open(folder) {
        Ok(folder) => folder,
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "compiled components are not kept");
            return compile(engine, component);
        }
    };
    let name = name(engine, component);
    match folder.read(&name).and_then(unsealed) {
        // A missing file is the ordinary first start.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(name, %error, "a compiled component is not used"),
        Ok(code) => match deserialize(engine, &code) {
            Ok(compiled) => return Ok(compiled),
            Err(error) => tracing::warn!(name, %error, "a compiled component is not used"),
        },
    }
    let compiled = compile(engine, component)?;
    let kept = compiled
        .serialize()
        .map_err(std::io::Error::other)
        .and_then(|code| folder.write(&name, &sealed(code)));
    if let Err(error) = kept {
        tracing::warn!(name, %error, "the compiled component is not kept");
    }
    Ok(compiled)
}

fn compile(engine: &Engine, component: &Component) -> Result<Compiled, EngineStartError> {
    let started = std::time::Instant::now();
    tracing::debug!("compiling the component");
    let compiled = Compiled::from_binary(engine, component.bytes())
        .map_err(|error| EngineStartError::Unsuitable(format!("{error:#}")))?;
    let milliseconds = started.elapsed().as_millis();
    tracing::info!(milliseconds, "the component is compiled");
    Ok(compiled)
}

#[expect(
    unsafe_code,
    reason = "the file's owner, its permissions and its checksum say that this program wrote it"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Compiled> {
    // SAFETY: the bytes are what `Compiled::serialize` gave under the same user; wasmtime itself
    // refuses those of another version or configuration.
    unsafe { Compiled::deserialize(engine, code) }
}

/// Another component, another version of wasmtime or another configuration: another name.
fn name(engine: &Engine, component: &Component) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{:016x}.cwasm", component.hash(), hasher.finish())
}

fn sealed(mut code: Vec<u8>) -> Vec<u8> {
    let seal = blake3::hash(&code);
    code.extend_from_slice(seal.as_bytes());
    code
}

fn unsealed(mut bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let seal = bytes.len().saturating_sub(blake3::OUT_LEN);
    let seal = bytes.split_off(seal);
    if blake3::hash(&bytes).as_bytes() == seal.as_slice() {
        Ok(bytes)
    } else {
        Err(std::io::Error::other("it is damaged"))
    }
}

#[cfg(unix)]
mod private {
    use std::ffi::OsString;
    use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
    use std::io::{Error, Read, Result, Write};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::{Path, PathBuf};

    /// A folder in which only this user can write.
    pub(super) struct Folder(PathBuf);

    impl Folder {
        pub(super) fn open(path: &Path) -> Result<Self> {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            check(&fs::metadata(path)?)?;
            Ok(Self(path.to_owned()))
        }

        pub(super) fn read(&self, name: &str) -> Result<Vec<u8>> {
            let mut file = File::open(self.0.join(name))?;
            // Of the open file, so that nobody can exchange it in between.
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                return Err(Error::other("it is not a file"));
            }
            check(&metadata)?;
            let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        }

        /// Readers see the old file or the whole new one.
        pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
            let mut partial = OsString::from(name);
            partial.push(format!(".{}", std::process::id()));
            let partial = self.0.join(partial);
            let written = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&partial)
                .and_then(|mut file| file.write_all(bytes))
                .and_then(|()| fs::rename(&partial, self.0.join(name)));
            if written.is_err() {
                // What is left of it is of no use; the first error is the one to report.
                let _ = fs::remove_file(&partial);
            }
            written
        }
    }

    fn check(metadata: &Metadata) -> Result<()> {
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(Error::other("it belongs to another user"));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(Error::other("other users may write to it"));
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod private {
    use std::io::{Error, ErrorKind, Result};
    use std::path::Path;

    /// Who else may write to a file is known on Unix only.
    pub(super) struct Folder;

    impl Folder {
        pub(super) fn open(_: &Path) -> Result<Self> {
            Err(Error::from(ErrorKind::Unsupported))
        }

        pub(super) fn read(&self, _: &str) -> Result<Vec<u8>> {
            Err(Error::from(ErrorKind::Unsupported))
        }

        pub(super) fn write(&self, _: &str, _: &[u8]) -> Result<()> {
            Err(Error::from(ErrorKind::Unsupported))
        }
    }
}

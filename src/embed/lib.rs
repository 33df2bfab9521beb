//! For build scripts: puts what `cargo xtask build` made into a program.
//!
//! What this crate does not do: build anything. A file that was not made is embedded as an empty one, so that
//! every crate compiles from a clean clone; what embeds it says what is missing when it is asked for.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "a build script talks to Cargo on standard output"
)]

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Copies `made`, named from the folder of all build output, to `name` in `OUT_DIR`; `given` instead of it
/// where there is one.
///
/// # Errors
///
/// A file that can't be read or written, or no `OUT_DIR`: then this is no build script.
pub fn embed(made: &str, name: &str, given: Option<PathBuf>) -> io::Result<()> {
    let output = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let output = Path::new(&output);
    let bytes = match given.or_else(|| find(output, made)) {
        Some(file) => {
            println!("cargo::rerun-if-changed={}", file.display());
            fs::read(&file)?
        }
        None => Vec::new(),
    };
    fs::write(output.join(name), bytes)
}

fn find(output: &Path, made: &str) -> Option<PathBuf> {
    let found = output
        .ancestors()
        .map(|folder| folder.join(made))
        .find(|file| file.is_file());
    if found.is_none() {
        // OUT_DIR is `<target>/<profile>/build/<package>/out`; a file that is missing now is looked
        // for again by each build.
        if let Some(target) = output.ancestors().nth(4) {
            println!("cargo::rerun-if-changed={}", target.join(made).display());
        }
    }
    found
}

//! Puts the component that `cargo xtask build` made into the host.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where `cargo xtask build` leaves the component, from the folder of all build output.
const COMPONENT: &str = "artifacts/core/assize.wasm";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=ASSIZE_COMPONENT");
    let output = variable("OUT_DIR")?;
    let output = Path::new(&output);
    let bytes = match component(output) {
        Some(file) => {
            println!("cargo::rerun-if-changed={}", file.display());
            fs::read(&file)?
        }
        // A host without a component still builds: it takes one by name, or runs the core natively.
        None => Vec::new(),
    };
    fs::write(output.join("assize.wasm"), bytes)
}

fn component(output: &Path) -> Option<PathBuf> {
    if let Some(file) = env::var_os("ASSIZE_COMPONENT") {
        return Some(PathBuf::from(file));
    }
    let found = output
        .ancestors()
        .map(|folder| folder.join(COMPONENT))
        .find(|file| file.is_file());
    if found.is_none() {
        // OUT_DIR is `<target>/<profile>/build/<package>/out`; a file that is missing now is looked
        // for again by each build.
        if let Some(target) = output.ancestors().nth(4) {
            println!(
                "cargo::rerun-if-changed={}",
                target.join(COMPONENT).display()
            );
        }
    }
    found
}

fn variable(name: &str) -> io::Result<OsString> {
    env::var_os(name).ok_or_else(|| io::Error::other(format!("{name} is not set")))
}

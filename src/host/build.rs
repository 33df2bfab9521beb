//! Puts what `cargo xtask build` made into the host.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where things are left, from the folder of all build output, and their names here. A host without
/// one of them still builds: it takes a component by name or runs the core natively, and has no
/// playground.
const EMBEDDED: [(&str, &str); 3] = [
    ("artifacts/core/assize.wasm", "assize.wasm"),
    ("artifacts/browser/assize.wasm", "browser.wasm"),
    ("artifacts/browser/core.js", "browser.js"),
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=ASSIZE_COMPONENT");
    let output = variable("OUT_DIR")?;
    let output = Path::new(&output);
    for (made, name) in EMBEDDED {
        let given = env::var_os("ASSIZE_COMPONENT").filter(|_| name == "assize.wasm");
        let bytes = match given.map(PathBuf::from).or_else(|| find(output, made)) {
            Some(file) => {
                println!("cargo::rerun-if-changed={}", file.display());
                fs::read(&file)?
            }
            None => Vec::new(),
        };
        fs::write(output.join(name), bytes)?;
    }
    Ok(())
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

fn variable(name: &str) -> io::Result<OsString> {
    env::var_os(name).ok_or_else(|| io::Error::other(format!("{name} is not set")))
}

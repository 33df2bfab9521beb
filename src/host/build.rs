//! Puts the component that `cargo xtask build` made into the host.

use std::{env, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=ASSIZE_COMPONENT");
    let given = env::var_os("ASSIZE_COMPONENT").map(Into::into);
    assize_embed::embed("artifacts/core/assize.wasm", "assize.wasm", given)
}

//! Puts the npm package's module and bindings beside the pages that use them.

use std::io;

fn main() -> io::Result<()> {
    for file in ["assize.wasm", "core.js"] {
        assize_embed::embed(&format!("artifacts/browser/{file}"), file, None)?;
    }
    Ok(())
}

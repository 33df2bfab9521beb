//! Writes good inputs into `corpus`, for libFuzzer to begin from.

use assize_fuzz::seeds;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, inputs) in [
        ("json_input", seeds::documents()),
        ("cycle_snapshot", seeds::cycle_snapshots()),
        ("session_snapshot", seeds::session_snapshots()),
    ] {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        for (index, input) in inputs.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{index}")), input)?;
        }
    }
    Ok(())
}

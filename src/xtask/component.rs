//! From the core's source to `assize.wasm`.

use crate::paths::Paths;
use crate::process::step;
use crate::setup::{self, Toolchain};
use crate::wasm::{self, Package, Stamp};
use anyhow::{Context, Result, bail};
use std::path::Path;
use wit_parser::{Resolve, World};

const PACKAGE: Package = Package {
    name: "assize-component",
    module: "assize_component.wasm",
    profile: "component",
    // Small, so that an instance is cheap.
    stack_bytes: 256 * 1024,
    features: &[],
    folder: "wasm",
};

/// The size that `assize.wasm` may not exceed, in bytes.
const LARGEST_COMPONENT: usize = 2_600_000;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct ComponentOptions {
    /// Leave out wasm-opt; for machines without Node.js. The component gets larger and slower.
    #[arg(long)]
    unoptimized: bool,
}

pub(crate) fn run_with(paths: &Paths, options: &ComponentOptions) -> Result<()> {
    let toolchain = if options.unoptimized {
        Toolchain::find().context("run `cargo xtask setup` first")?
    } else {
        setup::ensure(paths)?
    };
    let module = wasm::compile(paths, &toolchain, &PACKAGE)?;
    let component = paths.component();
    let note = if options.unoptimized {
        "unoptimized"
    } else {
        ""
    };
    let kept = component.with_extension("stamp");
    let stamp = Stamp::new(paths, kept, std::slice::from_ref(&module), note)?;
    if stamp.is_current(paths, &[component.clone(), paths.artifacts().join("wit")]) {
        // It has no place in the bytes, so a change of it is no reason to make them again.
        return copy_wit(paths);
    }
    let optimized = if options.unoptimized {
        module.clone()
    } else {
        wasm::optimize(paths, &module, "-O3")?
    };
    step("making the component");
    let bytes = core_component(&optimized)?;
    std::fs::create_dir_all(paths.artifacts())?;
    copy_wit(paths)?;
    write_whole(&component, &bytes)?;
    stamp.keep()?;
    step(format_args!(
        "{}: {} bytes, imports nothing",
        paths.shown(&component).display(),
        bytes.len()
    ));
    Ok(())
}

/// A module with its interface as a component.
pub(crate) fn componentize(module: &Path) -> Result<Vec<u8>> {
    let module =
        std::fs::read(module).with_context(|| format!("{} can't be read", module.display()))?;
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .context("the module can't be made a component")
}

/// What a component imports and exports.
pub(crate) fn world_of(component: &[u8]) -> Result<(Resolve, World)> {
    let decoded = wit_component::decode(component).context("the component can't be read back")?;
    let wit_component::DecodedWasm::Component(resolve, world) = decoded else {
        bail!("what was made is not a component");
    };
    let world = resolve.worlds.get(world).cloned();
    Ok((resolve, world.context("the component has no world")?))
}

/// The core as a component, which imports nothing and is small.
fn core_component(module: &Path) -> Result<Vec<u8>> {
    let bytes = componentize(module)?;
    let (_, world) = world_of(&bytes)?;
    let imports = world.imports.len();
    if imports != 0 {
        bail!("the component has {imports} imports; it must have none");
    }
    if bytes.len() > LARGEST_COMPONENT {
        bail!(
            "the component has {} bytes; {LARGEST_COMPONENT} is the bound",
            bytes.len()
        );
    }
    Ok(bytes)
}

/// WIT documentation does not travel in the component, so the source stands beside it.
fn copy_wit(paths: &Paths) -> Result<()> {
    let folder = paths.artifacts().join("wit");
    std::fs::create_dir_all(&folder)?;
    for file in std::fs::read_dir(paths.root.join("wit"))? {
        let file = file?;
        std::fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    Ok(())
}

/// A reader sees the old file or the new one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes)?;
    std::fs::rename(&partial, path)?;
    Ok(())
}

//! From the service's source to the components for Spin and for every other host of `wasi:http` 0.3.

use crate::component::{self, componentize, world_of};
use crate::paths::Paths;
use crate::process::step;
use crate::wasm::{self, Package, Stamp};
use crate::{browser, setup};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use wac_graph::types::Package as Part;
use wac_graph::{CompositionGraph, EncodeOptions, plug};

/// One of the two builds.
struct Build {
    package: Package,
    /// What is composed, in `target/artifacts/spin`.
    composed: &'static str,
    /// The handler alone, for hosts that compose themselves; none where no such host needs it.
    handler: Option<&'static str>,
    /// What it may import beside what every `wasi:http/service` has.
    extra: &'static [&'static str],
}

const STACK_BYTES: usize = 256 * 1024;

const BUILDS: [Build; 2] = [
    Build {
        package: Package {
            name: "assize-spin",
            module: "assize_spin.wasm",
            profile: "handler",
            stack_bytes: STACK_BYTES,
            features: &["sessions"],
            folder: "wasm",
        },
        composed: "assize-spin.wasm",
        handler: Some("handler.wasm"),
        extra: &[
            "wasi:keyvalue/store@0.2.0-draft2",
            "wasi:keyvalue/atomics@0.2.0-draft2",
            "wasi:cli/environment@0.3.0",
        ],
    },
    Build {
        package: Package {
            name: "assize-spin",
            module: "assize_spin.wasm",
            profile: "handler",
            stack_bytes: STACK_BYTES,
            features: &[],
            // Cargo would write both to one file.
            folder: "wasm-http",
        },
        composed: "assize-http.wasm",
        handler: None,
        extra: &[],
    },
];

/// What the world `wasi:http/service@0.3.0` imports: every host of `wasi:http` has it.
const SERVICE_WORLD: [&str; 12] = [
    "wasi:http/types@0.3.0",
    "wasi:http/client@0.3.0",
    "wasi:clocks/types@0.3.0",
    "wasi:clocks/monotonic-clock@0.3.0",
    "wasi:clocks/system-clock@0.3.0",
    "wasi:random/random@0.3.0",
    "wasi:random/insecure@0.3.0",
    "wasi:random/insecure-seed@0.3.0",
    "wasi:cli/types@0.3.0",
    "wasi:cli/stdin@0.3.0",
    "wasi:cli/stdout@0.3.0",
    "wasi:cli/stderr@0.3.0",
];

/// The package whose interfaces the core's component gives.
const CORE: &str = "assize:core/";

/// Makes both, in `target/artifacts/spin`.
pub(crate) fn run_with(paths: &Paths) -> Result<()> {
    component::run_with(paths, &component::ComponentOptions::default())?;
    browser::run_with(paths)?;
    let toolchain = setup::ensure(paths)?;
    std::fs::create_dir_all(paths.spin())?;
    for build in &BUILDS {
        let module = wasm::compile(paths, &toolchain, &build.package)?;
        let composed = paths.spin().join(build.composed);
        let inputs = [module.clone(), paths.component()];
        let stamp = Stamp::new(paths, composed.with_extension("stamp"), &inputs, "")?;
        let handler = build.handler.map(|name| paths.spin().join(name));
        let outputs: Vec<_> = [composed.clone()]
            .into_iter()
            .chain(handler.clone())
            .collect();
        if !stamp.is_current(paths, &outputs) {
            make(paths, build, &module, &composed)?;
            stamp.keep()?;
        }
        if let Some(handler) = handler {
            check_manifest(paths, &handler)?;
        }
    }
    Ok(())
}

fn make(paths: &Paths, build: &Build, module: &Path, composed: &Path) -> Result<()> {
    let optimized = wasm::optimize(paths, module, "-Oz")?;
    step(format_args!("composing {}", build.composed));
    let handler = componentize(&optimized)?;
    if let Some(name) = build.handler {
        std::fs::write(paths.spin().join(name), &handler)?;
    }
    let core = std::fs::read(paths.component())?;
    let bytes = compose(handler, core).context("the handler and the core can't be composed")?;
    check_imports(build, &bytes)?;
    component::write_whole(composed, &bytes)?;
    let shown = paths.shown(composed).display();
    let packed = wasm::gzipped(composed)?;
    step(format_args!(
        "{shown}: {} bytes, {packed} gzipped",
        bytes.len()
    ));
    Ok(())
}

/// Spin composes by its manifest: it must name the handler, and give it all that it has from elsewhere.
fn check_manifest(paths: &Paths, handler: &Path) -> Result<()> {
    let name = handler.file_name().unwrap_or_default().to_string_lossy();
    let file = paths.root.join("deploy/spin/spin.toml");
    let manifest: toml::Table = std::fs::read_to_string(&file)?
        .parse()
        .with_context(|| format!("{} is not TOML", file.display()))?;
    let component = ["component", "assize"];
    let component = component
        .iter()
        .try_fold(&manifest, |table, key| table.get(*key)?.as_table());
    let component = component.context("spin.toml has no component `assize`")?;
    let source = component.get("source").and_then(toml::Value::as_str);
    ensure!(
        source.is_some_and(|source| source.ends_with(&format!("/artifacts/spin/{name}"))),
        "spin.toml takes {source:?}, not {name}"
    );
    let dependencies = component
        .get("dependencies")
        .and_then(toml::Value::as_table);
    let dependencies: Vec<_> = dependencies
        .into_iter()
        .flat_map(|table| table.keys())
        .collect();
    let (resolve, world) = world_of(&std::fs::read(handler)?)?;
    for key in world.imports.keys() {
        let import = resolve.name_world_key(key);
        if !import.starts_with(CORE) {
            continue;
        }
        // `assize:core/governor@0.1.0` is given by the package `assize:core@0.1.0`.
        let (package, rest) = import
            .split_once('/')
            .context("an import without a package")?;
        let version = rest.split_once('@').map_or("", |(_, version)| version);
        let package = format!("{package}@{version}");
        ensure!(
            dependencies.iter().any(|given| **given == package),
            "the handler imports {import}, which spin.toml does not give: it gives {dependencies:?}"
        );
    }
    Ok(())
}

/// Gives the handler what it imports from what the core exports.
fn compose(handler: Vec<u8>, core: Vec<u8>) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let handler = Part::from_bytes("assize:handler", None, handler, graph.types_mut())?;
    let core = Part::from_bytes("assize:core", None, core, graph.types_mut())?;
    let handler = graph.register_package(handler)?;
    let core = graph.register_package(core)?;
    plug(&mut graph, vec![core], handler)?;
    Ok(graph.encode(EncodeOptions::default())?)
}

fn check_imports(build: &Build, composed: &[u8]) -> Result<()> {
    let (resolve, world) = world_of(composed)?;
    for key in world.imports.keys() {
        let name = resolve.name_world_key(key);
        let expected = || SERVICE_WORLD.iter().chain(build.extra);
        ensure!(
            !name.starts_with(CORE) && expected().any(|known| *known == name),
            "{} imports {name}; it may import {:?}",
            build.composed,
            expected().collect::<Vec<_>>()
        );
    }
    Ok(())
}

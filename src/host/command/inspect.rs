//! `assize inspect`: what the component is.

use super::engine::ComponentOptions;
use super::print;
use anyhow::{Context, Result, bail};
use std::fmt::Write;
use wit_component::{DecodedWasm, WitPrinter};

/// Show what judges: the component's hash, size, imports and interface (WIT).
///
/// Documentation does not travel in a component; it is in the `wit` folder beside `assize.wasm`.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    component: ComponentOptions,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    let component = options.component.load()?;
    // A core module is decoded as well, as a world of its own, without what it imports.
    anyhow::ensure!(
        is_component(component.bytes()),
        "this is not a WebAssembly component"
    );
    let decoded =
        wit_component::decode(component.bytes()).context("the component can't be read")?;
    let DecodedWasm::Component(resolve, world) = &decoded else {
        bail!("this is a WIT package, not a component");
    };
    let imports = resolve
        .worlds
        .get(*world)
        .map_or(0, |world| world.imports.len());
    let nested: Vec<_> = resolve
        .packages
        .iter()
        .map(|(id, _)| id)
        .filter(|id| *id != decoded.package())
        .collect();
    let mut printer = WitPrinter::default();
    printer.print(resolve, decoded.package(), &nested)?;
    let wit = printer.output.to_string();
    let mut text = String::new();
    if options.json {
        let answer = serde_json::json!({
            "hash": component.hash(),
            "bytes": component.bytes().len(),
            "imports": imports,
            "wit": wit,
        });
        writeln!(text, "{answer}")?;
    } else {
        writeln!(text, "// BLAKE3   {}", component.hash())?;
        writeln!(text, "// bytes    {}", component.bytes().len())?;
        writeln!(text, "// imports  {imports}\n")?;
        writeln!(text, "{}", wit.trim_end())?;
    }
    print(text.as_bytes())
}

/// The preamble: magic, version 13, layer 1 (the component model's binary format).
fn is_component(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm\x0d\0\x01\0")
}

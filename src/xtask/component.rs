//! `cargo xtask build`: from the core's source to `assize.wasm`.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::setup::{self, TARGET, Toolchain};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The size that `assize.wasm` may not exceed, in bytes.
const LARGEST_COMPONENT: usize = 250_000;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Leave out wasm-opt; for machines without Node.js. The component gets larger and slower.
    #[arg(long)]
    unoptimized: bool,
}

pub(crate) fn run_with(paths: &Paths, options: &Options) -> Result<()> {
    let toolchain = if options.unoptimized {
        Toolchain::find().context("run `cargo xtask setup` first")?
    } else {
        setup::ensure(paths)?
    };
    let module = compile(paths, &toolchain)?;
    let component = paths.component();
    if is_current(&component, &module, options) {
        step(format_args!(
            "{} is up to date",
            paths.shown(&component).display()
        ));
        return Ok(());
    }
    let optimized = if options.unoptimized {
        module.clone()
    } else {
        optimize(paths, &module)?
    };
    step("making the component");
    let bytes = componentize(&optimized)?;
    std::fs::create_dir_all(paths.artifacts())?;
    copy_wit(paths)?;
    write_whole(&component, &bytes)?;
    std::fs::write(stamp(&component), stamp_of(&module, options)?)?;
    step(format_args!(
        "{}: {} bytes, imports nothing",
        paths.shown(&component).display(),
        bytes.len()
    ));
    Ok(())
}

/// `cargo xtask build`
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    run_with(&Paths::find()?, options)?;
    Ok(ExitCode::SUCCESS)
}

fn compile(paths: &Paths, toolchain: &Toolchain) -> Result<PathBuf> {
    step(format_args!("compiling the core for {TARGET}"));
    let mut command = Command::new(cargo());
    command
        .current_dir(&paths.root)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "assize-component",
        ])
        .args(["--profile", "component", "--target", TARGET, "--target-dir"])
        .arg(paths.wasm_target())
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(paths).join("\x1f"))
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER");
    if let Toolchain::BuildStd { linker } = toolchain {
        command
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    process::run(&mut command)?;
    Ok(paths
        .wasm_target()
        .join(TARGET)
        .join("component/assize_component.wasm"))
}

/// No path of the machine may reach the bytes; the stack is small, so that an instance is cheap.
fn rust_flags(paths: &Paths) -> Vec<String> {
    // Fixed-width SIMD is part of WebAssembly 2.0 and in every host we name; the relaxed kind, whose
    // answers may differ, is not used.
    let mut flags = vec![
        "-Ctarget-feature=+simd128".to_owned(),
        "-Clink-arg=-zstack-size=262144".to_owned(),
    ];
    let mut remap = |from: &Path, to: &str| {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    };
    remap(&paths.root, "/assize");
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        remap(Path::new(&home), "/cargo");
    } else if let Some(home) = std::env::home_dir() {
        remap(&home.join(".cargo"), "/cargo");
    }
    flags
}

fn optimize(paths: &Paths, module: &Path) -> Result<PathBuf> {
    step("optimising with wasm-opt");
    let optimized = module.with_extension("optimized.wasm");
    process::run(
        Command::new(paths.wasm_opt())
            .arg(module)
            .args(["-O3", "--strip-debug", "--strip-producers"])
            .args([
                "--enable-bulk-memory",
                "--enable-sign-ext",
                "--enable-mutable-globals",
            ])
            .args([
                "--enable-nontrapping-float-to-int",
                "--enable-reference-types",
                "--enable-simd",
            ])
            .args(["--enable-multivalue", "--output"])
            .arg(&optimized),
    )?;
    Ok(optimized)
}

fn componentize(module: &Path) -> Result<Vec<u8>> {
    let module =
        std::fs::read(module).with_context(|| format!("{} can't be read", module.display()))?;
    let bytes = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .context("the module can't be made a component")?;
    let wit_component::DecodedWasm::Component(resolve, world) =
        wit_component::decode(&bytes).context("the component can't be read back")?
    else {
        bail!("what was made is not a component");
    };
    let imports = resolve
        .worlds
        .get(world)
        .map_or(0, |world| world.imports.len());
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
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes)?;
    std::fs::rename(&partial, path)?;
    Ok(())
}

fn stamp(component: &Path) -> PathBuf {
    component.with_extension("stamp")
}

/// The component is made anew when the module or the way of making it changed.
fn stamp_of(module: &Path, options: &Options) -> Result<String> {
    let metadata = std::fs::metadata(module)?;
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH)?;
    Ok(format!(
        "{} {} {} {}",
        metadata.len(),
        modified.as_nanos(),
        options.unoptimized,
        env!("CARGO_PKG_VERSION")
    ))
}

fn is_current(component: &Path, module: &Path, options: &Options) -> bool {
    component.exists()
        && stamp_of(module, options).is_ok_and(|stamped| {
            std::fs::read_to_string(stamp(component)).is_ok_and(|found| found == stamped)
        })
}

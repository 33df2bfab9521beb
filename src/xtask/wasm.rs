//! Modules for WebAssembly: compiled, and made smaller.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::setup::{TARGET, Toolchain};
use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// A package that becomes a module.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    /// The file that Cargo makes.
    pub(crate) module: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) stack_bytes: usize,
    pub(crate) features: &'static [&'static str],
    /// Where Cargo builds it, below the folder of all build output.
    pub(crate) folder: &'static str,
}

/// Compiles a package for the target and says where the module is.
pub(crate) fn compile(paths: &Paths, toolchain: &Toolchain, package: &Package) -> Result<PathBuf> {
    step(format_args!("compiling {} for {TARGET}", package.name));
    let mut command = Command::new(cargo());
    command
        .current_dir(&paths.root)
        .args(["build", "--quiet", "--locked", "--package", package.name])
        .args(["--profile", package.profile, "--target", TARGET])
        .args(["--features", &package.features.join(",")])
        .arg("--target-dir")
        .arg(paths.target.join(package.folder))
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            rust_flags(paths, package).join("\x1f"),
        )
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
        .target
        .join(package.folder)
        .join(TARGET)
        .join(package.profile)
        .join(package.module))
}

/// No path of the machine may reach the bytes.
fn rust_flags(paths: &Paths, package: &Package) -> Vec<String> {
    // Fixed-width SIMD is part of WebAssembly 2.0 and in every host we name; the relaxed kind, whose
    // answers may differ, is not used.
    let mut flags = vec![
        "-Ctarget-feature=+simd128".to_owned(),
        format!("-Clink-arg=-zstack-size={}", package.stack_bytes),
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

/// Runs wasm-opt at a level, as in `-Oz`.
pub(crate) fn optimize(paths: &Paths, module: &Path, level: &str) -> Result<PathBuf> {
    step(format_args!("optimising with wasm-opt {level}"));
    let optimized = module.with_extension("optimized.wasm");
    process::run(
        Command::new(paths.wasm_opt())
            .arg(module)
            .args([level, "--strip-debug", "--strip-producers"])
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

/// Makes the bindings of a module, writes them as `core.js`, and answers with the optimised module.
pub(crate) fn bind(paths: &Paths, module: &Path, folder: &Path, level: &str) -> Result<PathBuf> {
    step("making the bindings");
    let mut output = Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()?;
    for (name, parts) in output.snippets() {
        for (index, part) in parts.iter().enumerate() {
            let file = folder.join(format!("snippets/{name}/inline{index}.js"));
            write_below(&file, part)?;
        }
    }
    let modules: BTreeMap<_, _> = output.local_modules().iter().collect();
    for (name, text) in modules {
        write_below(&folder.join("snippets").join(name), text)?;
    }
    std::fs::write(folder.join("core.js"), output.js())?;
    let bound = module.with_extension("bound.wasm");
    std::fs::write(&bound, output.wasm_mut().emit_wasm())?;
    optimize(paths, &bound, level)
}

fn write_below(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(file, text)?)
}

/// Whether what is made is of these inputs, and still there. Made by the same tasks, with the same tools.
#[derive(Debug)]
pub(crate) struct Stamp {
    file: PathBuf,
    of_inputs: String,
}

impl Stamp {
    /// `file` is where it is kept; `note` is what else decides what is made.
    pub(crate) fn new(
        paths: &Paths,
        file: PathBuf,
        inputs: &[PathBuf],
        note: &str,
    ) -> Result<Self> {
        let mut files = inputs.to_vec();
        files.push(paths.root.join("src/xtask/tools/package-lock.json"));
        for file in std::fs::read_dir(paths.root.join("src/xtask"))? {
            files.push(file?.path());
        }
        files.retain(|file| file.is_file());
        files.sort();
        let mut hasher = blake3::Hasher::new();
        hasher.update(note.as_bytes());
        for file in files {
            let name = file.file_name().unwrap_or_default();
            hasher.update(name.as_encoded_bytes());
            hasher.update(blake3::hash(&std::fs::read(&file)?).as_bytes());
        }
        let of_inputs = hasher.finalize().to_hex().to_string();
        Ok(Self { file, of_inputs })
    }

    /// Says so where there is nothing to do.
    pub(crate) fn is_current(&self, paths: &Paths, outputs: &[PathBuf]) -> bool {
        let current = outputs.iter().all(|output| output.exists())
            && std::fs::read_to_string(&self.file).is_ok_and(|found| found == self.of_inputs);
        if let Some(first) = outputs.first().filter(|_| current) {
            step(format_args!(
                "{} is up to date",
                paths.shown(first).display()
            ));
        }
        current
    }

    pub(crate) fn keep(&self) -> Result<()> {
        Ok(std::fs::write(&self.file, &self.of_inputs)?)
    }
}

/// An empty folder: nothing of an earlier version may get into what is made.
pub(crate) fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(std::fs::create_dir_all(folder)?)
}

/// The bytes of every file of a folder, or of one file, each gzipped: what edge platforms count.
pub(crate) fn gzipped(path: &Path) -> Result<u64> {
    if path.is_dir() {
        let mut bytes = 0;
        for entry in std::fs::read_dir(path)? {
            bytes += gzipped(&entry?.path())?;
        }
        return Ok(bytes);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&std::fs::read(path)?)?;
    Ok(encoder.finish()?.len() as u64)
}

//! What the WebAssembly build needs, found or installed: a `wasm32-unknown-unknown` toolchain and `wasm-opt`.

use crate::paths::Paths;
use crate::process::{self, output, step};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];

/// How code is compiled for [`TARGET`].
#[derive(Debug, Clone)]
pub(crate) enum Toolchain {
    /// The target's standard library is installed for the compiler in use.
    Installed,
    /// Debian's compiler, which ships the standard library's source; the linker is rustup's.
    BuildStd { linker: PathBuf },
}

/// `cargo xtask setup`
pub(crate) fn run() -> Result<ExitCode> {
    let toolchain = ensure(&Paths::find()?)?;
    step(format_args!("ready: {}", toolchain.describe()));
    Ok(ExitCode::SUCCESS)
}

/// Finds what is needed, or installs it.
pub(crate) fn ensure(paths: &Paths) -> Result<Toolchain> {
    let toolchain = toolchain()?;
    wasm_opt(paths)?;
    Ok(toolchain)
}

impl Toolchain {
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Installed => format!("{TARGET} is installed"),
            Self::BuildStd { .. } => {
                format!("{TARGET} is built with {DEBIAN_RUSTC} and its standard library's source")
            }
        }
    }

    /// What is there now; installs nothing.
    pub(crate) fn find() -> Option<Self> {
        if target_is_installed() {
            return Some(Self::Installed);
        }
        let source = output(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"]))
            .map(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock"))?;
        let linker = linker()?;
        source.exists().then_some(Self::BuildStd { linker })
    }
}

fn toolchain() -> Result<Toolchain> {
    if let Some(toolchain) = Toolchain::find() {
        return Ok(toolchain);
    }
    if output(Command::new("rustup").arg("--version")).is_some() {
        step(format_args!("adding the target {TARGET} with rustup"));
        if process::run(Command::new("rustup").args(["target", "add", TARGET])).is_ok()
            && target_is_installed()
        {
            return Ok(Toolchain::Installed);
        }
        step("  rustup could not add it; trying the system's packages");
    }
    install_debian_packages()?;
    Toolchain::find().with_context(|| {
        format!("{TARGET} still can't be built after the installation; `cargo xtask doctor` says what is missing")
    })
}

pub(crate) fn target_is_installed() -> bool {
    output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_some_and(|folder| {
            std::fs::read_dir(folder).is_ok_and(|files| {
                files
                    .flatten()
                    .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
            })
        })
}

/// `rust-lld` of the toolchain in use.
fn linker() -> Option<PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))?;
    let linker = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    linker.exists().then_some(linker)
}

fn install_debian_packages() -> Result<()> {
    if !has_apt_get() {
        bail!(
            "{TARGET} is not installed and this machine has no apt-get; \
             run `rustup target add {TARGET}` where rustup's server can be reached"
        );
    }
    install(&DEBIAN_PACKAGES)
}

fn has_apt_get() -> bool {
    output(Command::new("apt-get").arg("--version")).is_some()
}

fn install(packages: &[&str]) -> Result<()> {
    step(format_args!(
        "installing {} with apt-get",
        packages.join(" and ")
    ));
    process::run(apt_get(packages)?.args(["update", "-qq"]))?;
    process::run(
        apt_get(packages)?
            .args(["install", "-qq", "--yes", "--no-install-recommends"])
            .args(packages),
    )
}

/// The servers that stores are tested with, or Debian's.
pub(crate) fn databases() -> Result<()> {
    let missing = missing_databases();
    if missing.is_empty() {
        return Ok(());
    }
    if has_apt_get() {
        install(&missing)?;
    }
    match missing_databases().first() {
        Some(package) => bail!("the tests need `{package}`: install it"),
        None => Ok(()),
    }
}

/// By the names of Debian's packages.
fn missing_databases() -> Vec<&'static str> {
    let redis = || output(Command::new("redis-server").arg("--version")).is_some();
    let found = [("postgresql", has_postgresql()), ("redis-server", redis())];
    let missing = found.into_iter().filter(|(_, found)| !found);
    missing.map(|(package, _)| package).collect()
}

/// Debian keeps its programs off the path.
fn has_postgresql() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    versions.is_ok_and(|versions| {
        versions
            .flatten()
            .any(|version| version.path().join("bin/initdb").is_file())
    })
}

/// A Chromium to test pages in: `ASSIZE_CHROMIUM`, one that is installed, or Debian's.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("ASSIZE_CHROMIUM") {
        return Ok(PathBuf::from(given));
    }
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    if has_apt_get() {
        install(&["chromium"])?;
    }
    find_chromium().context(
        "no Chromium is found to test pages in: install one, or name it in `ASSIZE_CHROMIUM`",
    )
}

pub(crate) fn find_chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

fn apt_get(packages: &[&str]) -> Result<Command> {
    let is_root = output(Command::new("id").arg("-u")).as_deref() == Some("0");
    let mut command = if is_root {
        Command::new("apt-get")
    } else if output(Command::new("sudo").args(["-n", "true"])).is_some() {
        let mut command = Command::new("sudo");
        command.arg("apt-get");
        command
    } else {
        bail!(
            "these packages are needed and only root can install them: run \
             `sudo apt-get install {}`",
            packages.join(" ")
        );
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

/// wasm-opt, unless it is there.
fn wasm_opt(paths: &Paths) -> Result<()> {
    npm_tools(&paths.root.join("src/xtask/tools"), &paths.tools())
}

/// What the tests use beside what the build uses: a browser's remote control, jco.
pub(crate) fn test_tools(paths: &Paths) -> Result<()> {
    npm_tools(&paths.root.join("tests/tools"), &paths.test_tools())
}

/// Installs the npm packages that a lock file pins, unless this lock file's are there.
fn npm_tools(source: &Path, destination: &Path) -> Result<()> {
    let lock = source.join("package-lock.json");
    let lock = std::fs::read(&lock).with_context(|| format!("{} can't be read", lock.display()))?;
    let stamp = destination.join("installed-package-lock.json");
    if std::fs::read(&stamp).is_ok_and(|stamped| stamped == lock) {
        return Ok(());
    }
    if output(Command::new("npm").arg("--version")).is_none() {
        bail!(
            "`npm` is not found: install Node.js 20 or later, or build with `--unoptimized` to do without wasm-opt"
        );
    }
    step(format_args!(
        "installing tools with npm into {}",
        destination.display()
    ));
    std::fs::create_dir_all(destination)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(source.join(file), destination.join(file))?;
    }
    // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, and npm
    // writes such.
    process::run(
        Command::new("npm")
            .args([
                "install",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
            .current_dir(destination),
    )?;
    std::fs::write(&stamp, &lock)?;
    Ok(())
}

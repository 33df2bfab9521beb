//! `assize rules`: what is wrong with policies, and how they are written.

mod convert;
mod sarif;

use super::{DONE, FAILED, print};
use anyhow::{Context, Result};
use assize_core::rules::{
    Diagnostic, Format, Severity, Source, check, check_sources, render, syntax,
};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Something is wrong with a policy, or it is not in the one style.
const FOUND: u8 = 1;

/// Check, format and convert policies.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  assize rules check policy.rules facts.yaml
  assize rules fmt --check policy.rules
  assize rules convert policy.rules --to yaml > policy.yaml

`assize decide` and `assize query` ask a policy.")]
pub(super) enum Command {
    Check(CheckOptions),
    Fmt(FmtOptions),
    Convert(convert::ConvertOptions),
}

/// Say what is wrong with a policy, with the place and the fix.
///
/// The files are one program. Those that end in .yaml, .yml or .json are read as facts and rules in that form,
/// all others as the language of docs/rules-language.md.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  assize rules check policy.rules
  assize rules check --format sarif policy.rules facts.yaml > rules.sarif

Exit codes:
  0  nothing is wrong, or only warnings are found
  1  an error is found, or with --deny-warnings a warning
  2  a file can't be read; with --format sarif that is a run that did not succeed")]
pub(super) struct CheckOptions {
    /// The files; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Let warnings count as errors.
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ReportFormat {
    /// For people, as a compiler does.
    Text,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

/// Put policies into the one style, in place.
///
/// For the language only: what YAML and JSON look like is for their own formatters.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  assize rules fmt policy.rules
  assize rules fmt --check policies/*.rules
  assize rules fmt - < policy.rules

Exit codes:
  0  everything is in the one style now
  1  with --check: a file is not; or a file can't be parsed
  2  a file can't be read or written, or is YAML or JSON")]
pub(super) struct FmtOptions {
    /// The files; `-` reads standard input and writes standard output.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; say which files would change.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(command: &Command) -> Result<u8> {
    match command {
        Command::Check(options) => run_check(options),
        Command::Fmt(options) => run_fmt(options),
        Command::Convert(options) => convert::run(options),
    }
}

/// Reads the sources of a program.
pub(super) fn sources(files: &[PathBuf]) -> Result<Vec<Source>> {
    let source = |file: &PathBuf| read(file, source_format(file));
    files.iter().map(source).collect()
}

fn extension(file: &Path) -> Option<&str> {
    file.extension().and_then(|extension| extension.to_str())
}

fn is_json(file: &Path) -> bool {
    extension(file) == Some("json")
}

/// As the name of a file says.
fn source_format(file: &Path) -> Format {
    match extension(file) {
        Some("yaml" | "yml" | "json") => Format::Structured,
        _ => Format::Text,
    }
}

fn read(file: &Path, format: Format) -> Result<Source> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("standard input can't be read")?;
        text
    } else {
        std::fs::read_to_string(file)
            .with_context(|| format!("{} can't be read", file.display()))?
    };
    Ok(Source {
        name: file.display().to_string().into(),
        text: text.into(),
        format,
    })
}

/// Writes what was found to standard error.
pub(super) fn complain_about(found: &[Diagnostic], sources: &[Source]) {
    let colour = super::has_colours(std::io::stderr().is_terminal());
    super::complain(render(found, sources, colour).trim_end());
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

fn run_check(options: &CheckOptions) -> Result<u8> {
    let sources = match (sources(&options.files), options.format) {
        (Ok(sources), _) => sources,
        (Err(error), ReportFormat::Text) => return Err(error),
        (Err(error), ReportFormat::Sarif) => {
            print(sarif::failed(&error, FAILED).as_bytes())?;
            return Err(error);
        }
    };
    let found = check_sources(&sources);
    match options.format {
        ReportFormat::Sarif => {
            print(check::sarif(&found, &sources).as_bytes())?;
        }
        ReportFormat::Text if found.is_empty() => {}
        ReportFormat::Text => complain_about(&found, &sources),
    }
    let is_bad = has_errors(&found) || (options.deny_warnings && !found.is_empty());
    Ok(if is_bad { FOUND } else { DONE })
}

fn run_fmt(options: &FmtOptions) -> Result<u8> {
    let other = options
        .files
        .iter()
        .find(|file| source_format(file) != Format::Text);
    if let Some(file) = other {
        anyhow::bail!(
            "{} is not in the language of policies, and fmt knows no other; `assize rules convert {} --to text` \
             writes it in the language",
            file.display(),
            file.display()
        );
    }
    let mut code = DONE;
    for file in &options.files {
        let source = read(file, Format::Text)?;
        match syntax::format(&source.text) {
            Err(found) => {
                complain_about(&found, &[source]);
                code = FOUND;
            }
            Ok(formatted) if file == Path::new("-") && !options.check => {
                print(formatted.as_bytes())?;
            }
            Ok(formatted) if formatted == *source.text => {}
            Ok(_) if options.check => {
                super::complain(&format!("{} is not in the one style", source.name));
                code = FOUND;
            }
            Ok(formatted) => std::fs::write(file, formatted)
                .with_context(|| format!("{} can't be written", file.display()))?,
        }
    }
    Ok(code)
}

//! `assize rules`: what is wrong with policies, and how they are written.

use super::{DONE, print};
use anyhow::{Context, Result};
use assize_core::rules::{
    Diagnostic, Format, Severity, Source, check, check_sources, parse, render,
};
use assize_core::rules::{structured, syntax};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Something is wrong with a policy, or it is not in the one style.
const FOUND: u8 = 1;

/// Check, format and convert policies.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    Check(CheckOptions),
    Fmt(FmtOptions),
    Convert(ConvertOptions),
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
  2  a file can't be read")]
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
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes:
  0  everything is in the one style now
  1  with --check: a file is not; or a file can't be parsed
  2  a file can't be read or written")]
pub(super) struct FmtOptions {
    /// The files; `-` reads standard input and writes standard output.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; say which files would change.
    #[arg(long)]
    check: bool,
}

/// Write a policy in another form; what it says stays the same.
#[derive(Debug, clap::Args)]
pub(super) struct ConvertOptions {
    /// The file; `-` for standard input.
    file: PathBuf,
    /// The form to write.
    #[arg(long, value_enum)]
    to: Form,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// The language of docs/rules-language.md.
    Text,
    /// Facts and rules in YAML.
    Yaml,
    /// Facts and rules in JSON.
    Json,
}

pub(super) fn run(command: &Command) -> Result<u8> {
    match command {
        Command::Check(options) => run_check(options),
        Command::Fmt(options) => run_fmt(options),
        Command::Convert(options) => run_convert(options),
    }
}

/// Reads the sources of a program.
pub(super) fn sources(files: &[PathBuf]) -> Result<Vec<Source>> {
    files.iter().map(|file| source(file)).collect()
}

fn source(file: &Path) -> Result<Source> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let format = match extension {
        Some("yaml" | "yml" | "json") => Format::Structured,
        _ => Format::Text,
    };
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
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = std::io::stderr().is_terminal() && !is_plain;
    super::complain(render(found, sources, colour).trim_end());
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

fn run_check(options: &CheckOptions) -> Result<u8> {
    let sources = sources(&options.files)?;
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
    let mut code = DONE;
    for file in &options.files {
        let source = source(file)?;
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

fn run_convert(options: &ConvertOptions) -> Result<u8> {
    let sources = [source(&options.file)?];
    let (program, found) = parse(&sources);
    if !found.is_empty() {
        complain_about(&found, &sources);
    }
    if has_errors(&found) {
        return Ok(FOUND);
    }
    let text = match options.to {
        Form::Text => syntax::print(&program),
        Form::Yaml => structured::to_yaml(&program),
        Form::Json => structured::to_json(&program),
    };
    print(text.as_bytes())
}

//! `assize rules convert`: a policy in another form.

use super::{FOUND, complain_about, has_errors, is_json, read, source_format};
use crate::command::{complain, print};
use anyhow::Result;
use assize_core::rules::{Format, Source, structured, syntax};
use assize_service::Plain;
use std::path::PathBuf;

/// Write a policy in another form; what it says stays the same.
///
/// Comments of the language become the key `comment` of the statement that they stand in or before, and the other
/// way round. How many can't be kept is said on standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  assize rules convert policy.rules --to yaml > policy.yaml
  assize rules convert policy.yaml --to text > policy.rules
  curl -s https://policies.example/facts | assize rules convert - --from json --to text

Exit codes:
  0  it was written
  1  it can't be parsed
  2  the file can't be read")]
pub(in crate::command) struct ConvertOptions {
    /// The file; `-` for standard input.
    file: PathBuf,
    /// The form to write.
    #[arg(long, value_enum)]
    to: Form,
    /// The form to read [default: as the file's name says; text for standard input].
    #[arg(long, value_enum)]
    from: Option<Form>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// The language of docs/rules-language.md.
    Text,
    /// Facts and rules in YAML.
    Yaml,
    /// Facts and rules in JSON.
    Json,
}

impl ConvertOptions {
    fn from(&self) -> Form {
        self.from.unwrap_or(match source_format(&self.file) {
            Format::Text => Form::Text,
            Format::Structured if is_json(&self.file) => Form::Json,
            Format::Structured => Form::Yaml,
        })
    }
}

pub(super) fn run(options: &ConvertOptions) -> Result<u8> {
    let from = options.from();
    let format = match from {
        Form::Text => Format::Text,
        Form::Yaml | Form::Json => Format::Structured,
    };
    let source = read(&options.file, format)?;
    let ((program, found), unkept) = match from {
        Form::Text => {
            let (program, found, unkept) = syntax::parse_with_comments(&source, 0);
            ((program, found), unkept)
        }
        Form::Yaml => (
            structured::parse(&source, 0),
            structured::yaml_comments(&source.text),
        ),
        Form::Json => (structured::parse(&source, 0), 0),
    };
    if !found.is_empty() {
        complain_about(&found, std::slice::from_ref(&source));
    }
    if has_errors(&found) {
        return Ok(FOUND);
    }
    if let Some(message) = not_kept(unkept, from, &source) {
        complain(&message);
    }
    let text = match options.to {
        Form::Text => syntax::print(&program),
        Form::Yaml => structured::to_yaml(&program),
        Form::Json => structured::to_json(&program),
    };
    print(text.as_bytes())
}

fn not_kept(count: usize, from: Form, source: &Source) -> Option<String> {
    let comments = match count {
        0 => return None,
        1 => "1 comment is not kept".to_owned(),
        count => format!("{count} comments are not kept"),
    };
    let why = match from {
        Form::Text => "there is no statement for it",
        Form::Yaml | Form::Json => "YAML's own belong to no statement; the key `comment` does",
    };
    Some(format!("{}: {comments}: {why}", Plain(&source.name)))
}

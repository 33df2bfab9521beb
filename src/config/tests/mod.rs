//! Tests of loading as a whole.

mod controller;
mod documents;
mod layers;
mod ranges;
mod secrets;
mod variables;
mod whole;

use crate::{ConfigErrors, Flag, Loaded, Sources, load};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A file of this name and text in a folder of its own.
fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn load_file(name: &str, text: &str) -> Result<Loaded, ConfigErrors> {
    let (_folder, path) = file(name, text);
    load(&Sources {
        file: Some(path),
        ..Sources::default()
    })
}

fn load_toml(text: &str) -> Result<Loaded, ConfigErrors> {
    load_file("assize.toml", text)
}

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    variables.iter().map(owned).collect()
}

fn load_variables(variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    load(&Sources {
        environment: environment(variables),
        ..Sources::default()
    })
}

fn flag(key: &str, name: &str, text: &str) -> Flag {
    Flag {
        key: key.to_owned(),
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// The errors' lines, with the folder of the file taken away.
fn messages(result: Result<Loaded, ConfigErrors>) -> Vec<String> {
    let errors = result.unwrap_err();
    let lines = errors.to_string();
    assert_eq!(lines.lines().count(), errors.errors().len());
    let short = |line: &str| {
        let (origin, rest) = line.split_once(": ").unwrap();
        let name = Path::new(origin).file_name().unwrap().to_str().unwrap();
        format!("{name}: {rest}")
    };
    lines.lines().map(short).collect()
}

//! `assize config`: what the settings are.

use super::serve;
use super::settings::ConfigOptions;
use super::{DONE, complain, print};
use crate::{access, externals};
use anyhow::Result;

/// The settings cannot be used as they are.
const NOT_ACCEPTABLE: u8 = 1;

/// Look into the settings.
///
/// They come from a file, its overlay for the profile, ASSIZE_* variables and flags; later ones win.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say whether the settings can be used, and with the profile prod what stands in its way.
    #[command(after_help = "Exit codes:\n  0  they can be used\n  1  they can't")]
    Check {
        #[command(flatten)]
        config: ConfigOptions,
    },
    /// Print the effective settings as TOML, and where each comes from; secrets are masked.
    Show {
        #[command(flatten)]
        config: ConfigOptions,
    },
    /// Print the JSON Schema of the configuration file, for editors.
    #[command(after_help = "Example:\n  assize config schema > assize.schema.json")]
    Schema,
}

pub(super) fn run(command: &Command) -> Result<u8> {
    match command {
        Command::Check { config } => check(config),
        Command::Show { config } => print(config.load(&[])?.show().as_bytes()),
        Command::Schema => print(
            format!(
                "{}\n",
                serde_json::to_string_pretty(&assize_config::schema())?
            )
            .as_bytes(),
        ),
    }
}

fn check(config: &ConfigOptions) -> Result<u8> {
    let loaded = match config.load(&[]) {
        Ok(loaded) => loaded,
        Err(error) => {
            complain(&format!("{error:#}"));
            return Ok(NOT_ACCEPTABLE);
        }
    };
    for note in &loaded.notes {
        complain(&format!("note: {note}"));
    }
    let read = access::check(&loaded.settings)
        .and_then(|()| serve::signing_key(&loaded.settings).map(drop))
        .and_then(|()| externals::settings(&loaded.settings).map(drop));
    if let Err(error) = read {
        complain(&format!("{error:#}"));
        return Ok(NOT_ACCEPTABLE);
    }
    if loaded.settings.has_no_callers() {
        complain(
            "note: callers need a key, and none is set here: keys in the store were not looked at",
        );
    }
    let problems = serve::production_problems(&loaded)?;
    for problem in &problems {
        complain(&format!("not for production: {problem}"));
    }
    if !problems.is_empty() {
        return Ok(NOT_ACCEPTABLE);
    }
    let file = loaded
        .file
        .as_ref()
        .map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
    print(
        format!(
            "{file}, profile {}: the settings can be used\n",
            loaded.settings.profile.as_str()
        )
        .as_bytes(),
    )?;
    Ok(DONE)
}

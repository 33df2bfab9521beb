//! What a server in production does not start with.

use super::location;
use crate::platform::now_ms;
use crate::storage::{Location, Opened};
use anyhow::{Context, Result, bail};
use assize_config::Loaded;
use assize_config::settings::Profile;
use assize_journal::Archive;
use assize_service::access_control::KeyRecord;
use std::path::Path;

/// What of the settings and of the folders that they name must not be in production; nothing in other profiles.
pub(in super::super) fn problems(loaded: &Loaded) -> Result<Vec<String>> {
    let mut problems = loaded.production_problems();
    if loaded.settings.profile != Profile::Prod {
        return Ok(problems);
    }
    let mut folders = Vec::new();
    let place = location(&loaded.settings)?;
    if let Location::Sqlite(path) = &place {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        folders.push(folder.unwrap_or(Path::new(".")));
    }
    // Compiled components are there too.
    folders.extend(loaded.settings.server.data.as_deref());
    folders.dedup();
    problems.extend(folders.into_iter().filter_map(writable_by_others));
    Ok(problems)
}

/// Refuses what must not be in production; says everything at once.
pub(super) async fn check(loaded: &Loaded, store: &Opened) -> Result<()> {
    let mut problems = problems(loaded)?;
    if loaded.settings.profile == Profile::Prod
        && loaded.settings.has_no_callers()
        && let Some(archive) = store.archive()
        && !has_valid_key(archive.as_ref()).await?
    {
        problems.push(
            "nobody can be let in: there is no valid key; `assize keys create <name>` makes one"
                .to_owned(),
        );
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!(
        "the profile prod refuses these settings:\n  {}",
        problems.join("\n  ")
    )
}

async fn has_valid_key(archive: &dyn Archive) -> Result<bool> {
    let now = now_ms();
    for text in archive.keys().await? {
        let record: KeyRecord = serde_json::from_str(&text).context("a key's record is damaged")?;
        if record.revoked_ms.is_none() && record.expires_ms.is_none_or(|expires| expires > now) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(unix)]
fn writable_by_others(folder: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder).ok()?.permissions().mode() & 0o777;
    let folder = folder.display();
    (mode & 0o022 != 0).then(|| {
        format!("others can write to the data folder {folder} (mode {mode:o}): chmod 700 {folder}")
    })
}

#[cfg(not(unix))]
fn writable_by_others(_: &Path) -> Option<String> {
    None
}

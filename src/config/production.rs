//! What must not be in production.

use crate::error::Origin;
use crate::load::Loaded;
use crate::settings::{Profile, Settings};
use crate::text_types::{StoreKind, StoreUrl};
use std::path::Path;

/// The fewest bytes of a key that can't be guessed.
const SHORTEST_KEY: usize = 32;

impl Settings {
    /// What keeps these settings from production, one sentence each; nothing in the profiles `dev` and `staging`.
    /// Looks at the permissions of the files that hold secrets.
    #[must_use]
    pub fn production_problems(&self) -> Vec<String> {
        if self.profile != Profile::Prod {
            return Vec::new();
        }
        let mut problems = Vec::new();
        let auth = &self.auth;
        if auth.anonymous {
            problems.push("`auth.anonymous` is true: anyone is answered".to_owned());
        }
        let store = self.store.url.as_ref().map(StoreUrl::kind);
        if self.has_no_callers() && store == Some(StoreKind::Memory) {
            let problem = "nobody can be let in: `auth.keys` and `auth.jwt` are not set, and `memory:` keeps no keys";
            problems.push(problem.to_owned());
        }
        for (index, key) in auth.keys.iter().enumerate() {
            let length = key.key.as_ref().map_or(0, |key| key.expose().len());
            if length < SHORTEST_KEY {
                let name = &key.name;
                problems.push(format!(
                    "`auth.keys[{index}]` (`{name}`) is shorter than {SHORTEST_KEY} bytes"
                ));
            }
        }
        for (key, path) in self.secret_files() {
            if let Some(problem) = readable_by_others(path) {
                problems.push(format!("`{}` ({key}) {problem}", path.display()));
            }
        }
        problems
    }

    /// Whether nobody can be let in by these settings alone: the store must have keys then.
    #[must_use]
    pub fn has_no_callers(&self) -> bool {
        let auth = &self.auth;
        !auth.anonymous && auth.keys.is_empty() && auth.jwt.is_none()
    }

    fn secret_files(&self) -> Vec<(&'static str, &Path)> {
        let store = self.store.url_file.as_deref();
        let signing = self.journal.signing_key_file.as_deref();
        let jwt = self
            .auth
            .jwt
            .as_ref()
            .and_then(|jwt| jwt.secret_file.as_deref());
        let model = self
            .model
            .as_ref()
            .and_then(|it| it.api_key_file.as_deref());
        let embedding = self
            .embedding
            .as_ref()
            .and_then(|it| it.api_key_file.as_deref());
        let single = [
            ("model.api_key_file", model),
            ("embedding.api_key_file", embedding),
            ("store.url_file", store),
            ("journal.signing_key_file", signing),
            ("auth.jwt.secret_file", jwt),
        ];
        let single = single
            .into_iter()
            .filter_map(|(key, path)| Some((key, path?)));
        let keys = self
            .auth
            .keys
            .iter()
            .filter_map(|key| key.key_file.as_deref());
        single.chain(keys.map(|path| ("auth.keys", path))).collect()
    }
}

impl Loaded {
    /// What keeps the settings from production, their file included; see [`Settings::production_problems`].
    #[must_use]
    pub fn production_problems(&self) -> Vec<String> {
        let mut problems = self.settings.production_problems();
        if self.settings.profile == Profile::Prod
            && let Some(path) = &self.file
            && self.has_secrets_in(path)
            && let Some(problem) = readable_by_others(path)
        {
            problems.push(format!("`{}` holds secrets and {problem}", path.display()));
        }
        problems
    }

    fn has_secrets_in(&self, file: &Path) -> bool {
        let is_there = |key: &str| {
            let origin = self.origins.get(key);
            matches!(origin, Some(Origin::File { path, .. }) if **path == *file)
        };
        let Settings { auth, store, .. } = &self.settings;
        let model = self.settings.model.as_ref();
        let embedding = self.settings.embedding.as_ref();
        let jwt = auth.jwt.as_ref();
        let has_password = |url: &StoreUrl| url.expose() != url.to_string();
        (is_there("auth.keys") && auth.keys.iter().any(|key| key.key_file.is_none()))
            || (is_there("auth.jwt.secret") && jwt.is_some_and(|jwt| jwt.secret_file.is_none()))
            || (is_there("model.api_key") && model.is_some_and(|it| it.api_key_file.is_none()))
            || (is_there("embedding.api_key")
                && embedding.is_some_and(|it| it.api_key_file.is_none()))
            || (is_there("store.url")
                && store.url_file.is_none()
                && store.url.as_ref().is_some_and(has_password))
    }
}

/// What is wrong with the permissions of a file that holds secrets.
#[cfg(unix)]
fn readable_by_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(path) {
        Ok(metadata) => {
            let mode = metadata.permissions().mode() & 0o777;
            (mode & 0o007 != 0)
                .then(|| format!("is open to every user of this machine (mode {mode:o})"))
        }
        Err(error) => Some(format!("can't be looked at: {error}")),
    }
}

/// Permissions elsewhere are not modes.
#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> Option<String> {
    None
}

//! Layers of settings, from the defaults to the flags.

use crate::aliases::{self, AliasReader};
use crate::check::{Checker, report};
use crate::error::{ConfigError, ConfigErrors, Origin, Problem};
use crate::schema::Shape;
use crate::settings::{Profile, Settings};
use crate::tree::{self, Node, Table, Value};
use crate::{file, text, variables, whole};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where settings are taken from. Later wins: defaults, the profile's defaults, the file, its overlay for the
/// profile, variables of guides, `ASSIZE_*` variables, flags.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file to read; else `ASSIZE_CONFIG`, else the first that is found.
    pub file: Option<PathBuf>,
    /// Folders to look for `assize.toml`, `assize.yaml` or `assize.yml` in; the first that has one counts.
    pub search: Vec<PathBuf>,
    /// The profile, as the flag `--profile` says it.
    pub profile: Option<String>,
    /// Names and texts of environment variables.
    pub environment: Vec<(String, String)>,
    /// Flags of the command line; of two for the same key, the later one counts.
    pub flags: Vec<Flag>,
}

/// A setting on the command line.
#[derive(Clone)]
pub struct Flag {
    /// The key, as in `server.listen`.
    pub key: String,
    /// What the flag is called, as in `--listen`.
    pub name: String,
    /// What was given; lists are separated by commas.
    pub text: String,
}

/// Texts may be secrets.
impl fmt::Debug for Flag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Flag");
        shown.field("key", &self.key).field("name", &self.name);
        shown.finish_non_exhaustive()
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Sources");
        shown
            .field("file", &self.file)
            .field("search", &self.search);
        shown
            .field("profile", &self.profile)
            .field("flags", &self.flags);
        shown.finish_non_exhaustive()
    }
}

/// Settings, and how they came about.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings, all in their ranges.
    pub settings: Settings,
    /// What an operator should know, one sentence each, as in "`DATABASE_URL` is read as `store.url`".
    pub notes: Vec<String>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Where each key that is not the default was said; a list is one key.
    pub origins: BTreeMap<String, Origin>,
}

/// Loads settings.
///
/// # Errors
///
/// Everything that is wrong with any of the sources: what can't be read, what is not known, what is out of its
/// range, what is missing, and what does not fit together.
///
/// # Example
///
/// ```
/// use assize_config::{Sources, load};
///
/// let mut sources = Sources::default();
/// sources.environment.push(("ASSIZE_LISTEN".to_owned(), "127.0.0.1:0".to_owned()));
/// let loaded = load(&sources)?;
/// assert_eq!(loaded.settings.server.listen.port(), 0);
/// assert_eq!(loaded.origins["server.listen"].to_string(), "ASSIZE_LISTEN");
///
/// sources.environment.push(("ASSIZE_LISTN".to_owned(), "".to_owned()));
/// let errors = load(&sources).unwrap_err();
/// assert_eq!(errors.to_string(), "ASSIZE_LISTN: is not a known variable; did you mean `ASSIZE_LISTEN`?");
/// # Ok::<(), assize_config::ConfigErrors>(())
/// ```
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let environment: BTreeMap<_, _> = sources
        .environment
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let mut loading = Loading {
        settings: Shape::settings(),
        environment,
        notes: Vec::new(),
        errors: Vec::new(),
    };
    let (path, from_file) = loading.file(sources);
    let is_readable = from_file.is_some();
    let table = loading.layers(from_file.unwrap_or_default(), sources);
    let Loading {
        settings: shape,
        notes,
        mut errors,
        ..
    } = loading;
    let mut table = table;
    if is_readable {
        whole::complete(&mut table, &shape, &mut errors);
    }
    ConfigErrors::check(errors)?;
    let settings = whole::settings(&table)?;
    let mut loaded = Loaded {
        settings,
        notes,
        file: path,
        origins: BTreeMap::new(),
    };
    tree::origins(&table, "", &mut loaded.origins);
    loaded.close_where_keys_are_set();
    loaded.add_notes();
    Ok(loaded)
}

impl Loaded {
    /// Who sets keys and says nothing about anonymous callers does not mean to admit everyone.
    fn close_where_keys_are_set(&mut self) {
        let auth = &mut self.settings.auth;
        let has_callers = !auth.keys.is_empty() || auth.jwt.is_some();
        if has_callers && !self.origins.contains_key("auth.anonymous") {
            auth.anonymous = false;
        }
    }

    fn add_notes(&mut self) {
        let auth = &self.settings.auth;
        if auth.anonymous && !(auth.keys.is_empty() && auth.jwt.is_none()) {
            let note = "`auth.anonymous` is true: requests without a key or token are answered too";
            self.notes.push(note.to_owned());
        }
    }
}

struct Loading<'l> {
    settings: Shape,
    environment: BTreeMap<&'l str, &'l str>,
    notes: Vec<String>,
    errors: Vec<ConfigError>,
}

impl Loading<'_> {
    /// The file's path and content; no content where it can't be read.
    fn file(&mut self, sources: &Sources) -> (Option<PathBuf>, Option<Table>) {
        let given = self.environment.get(variables::CONFIG);
        let given = || given.filter(|path| !path.is_empty()).map(PathBuf::from);
        let found = match sources.file.clone().or_else(given) {
            Some(path) => Ok(Some(path)),
            None => file::find(&sources.search),
        };
        let content = match &found {
            Ok(Some(path)) => file::read(path),
            Ok(None) => Ok(Table::new()),
            Err(error) => Err(vec![error.clone()]),
        };
        match content {
            Ok(table) => (found.ok().flatten(), Some(table)),
            Err(errors) => {
                self.errors.extend(errors);
                (None, None)
            }
        }
    }

    fn layers(&mut self, mut file: Table, sources: &Sources) -> Table {
        let mut overlays = self.overlays(&mut file);
        self.check(&file, "");
        let variables = variables::read(
            &self.environment,
            &self.settings,
            &mut self.notes,
            &mut self.errors,
        );
        let flags = self.flags(sources);
        aliases::without_effect(&self.environment, &mut self.notes);
        let mut above = variables.clone();
        tree::merge(&mut above, flags.clone(), "");
        let profile_aliases = self.aliases(&above).profile();
        for layer in [&variables, &flags, &profile_aliases] {
            self.check(layer, "");
        }
        let layers = [&flags, &variables, &profile_aliases, &file];
        let said = layers.iter().find_map(|layer| layer.get("profile"));
        let profile = profile_of(said);
        let mut table = defaults_of(profile);
        tree::merge(&mut table, file, "");
        if let Some(overlay) = overlays.remove(profile.as_str()) {
            tree::merge(&mut table, overlay, "");
        }
        let aliases = self.aliases(&above).others(&table);
        self.check(&aliases, "");
        for layer in [profile_aliases, aliases, variables, flags] {
            tree::merge(&mut table, layer, "");
        }
        table
    }

    fn aliases<'a>(&'a mut self, above: &'a Table) -> AliasReader<'a> {
        AliasReader {
            environment: &self.environment,
            settings: &self.settings,
            above,
            notes: &mut self.notes,
            errors: &mut self.errors,
        }
    }

    fn check(&mut self, layer: &Table, prefix: &str) {
        let mut checker = Checker {
            settings: &self.settings,
            prefix,
            errors: &mut self.errors,
        };
        checker.table(layer, &self.settings, "");
    }

    /// Takes the overlays out of a file; all are checked, also those that don't apply.
    fn overlays(&mut self, file: &mut Table) -> BTreeMap<String, Table> {
        let mut overlays = BTreeMap::new();
        let Some(node) = file.remove("overlay") else {
            return overlays;
        };
        let not_a_table = |what: &str| Problem::Unacceptable {
            expected: format!("a table {what}"),
            got: None,
        };
        let Value::Table(profiles) = node.value else {
            report(
                &mut self.errors,
                &node,
                "overlay",
                not_a_table("of profiles"),
            );
            return overlays;
        };
        for (name, node) in profiles {
            let key = tree::join("overlay", &name);
            if !Profile::ALL.iter().any(|profile| profile.as_str() == name) {
                let known: Vec<_> = Profile::ALL
                    .map(|profile| format!("overlay.{}", profile.as_str()))
                    .into();
                let nearest = crate::error::nearest(&key, known.iter().map(String::as_str))
                    .map(str::to_owned);
                report(
                    &mut self.errors,
                    &node,
                    &key,
                    Problem::UnknownKey { nearest, known },
                );
                continue;
            }
            let Value::Table(mut overlay) = node.value else {
                report(&mut self.errors, &node, &key, not_a_table("of settings"));
                continue;
            };
            self.check(&overlay, &key);
            if let Some(node) = overlay.remove("profile") {
                let problem = Problem::Conflict(
                    "can't stand in an overlay, which the profile chooses".to_owned(),
                );
                report(
                    &mut self.errors,
                    &node,
                    &tree::join(&key, "profile"),
                    problem,
                );
            }
            overlays.insert(name, overlay);
        }
        overlays
    }

    fn flags(&mut self, sources: &Sources) -> Table {
        let mut table = Table::new();
        let profile = sources.profile.clone().map(|text| Flag {
            key: "profile".to_owned(),
            name: "--profile".to_owned(),
            text,
        });
        for flag in sources.flags.iter().chain(&profile) {
            let origin = Origin::Flag(flag.name.clone());
            match self.settings.find(&flag.key) {
                Some(shape) if !matches!(shape, Shape::Table { .. }) => {
                    tree::insert(
                        &mut table,
                        &flag.key,
                        text::value_of(&flag.text, shape, &origin),
                    );
                }
                // The check names it.
                _ => tree::insert(&mut table, &flag.key, Node::new(Value::Null, origin)),
            }
        }
        table
    }
}

/// What is no profile was reported; the stricter defaults do no harm then.
fn profile_of(node: Option<&Node>) -> Profile {
    let Some(node) = node else {
        return Profile::default();
    };
    let known = Profile::ALL.into_iter();
    let mut known = known.filter(|profile| node.as_text() == Some(profile.as_str()));
    known.next().unwrap_or(Profile::Prod)
}

fn defaults_of(profile: Profile) -> Table {
    let mut table = Table::new();
    if profile != Profile::Dev {
        let origin = Origin::Profile(profile);
        let closed = Node::new(Value::Boolean(false), origin.clone());
        tree::insert(&mut table, "auth.anonymous", closed);
        tree::insert(&mut table, "log.format", Node::text("json", origin.clone()));
        let limited = Node::new(Value::Integer(600), origin);
        tree::insert(&mut table, "limits.requests", limited);
    }
    table
}

//! `assize memory`: what a session of the gate remembers.

mod export;
mod forms;
mod import;
mod search;

use super::engine::{self, EngineOptions};
use super::serve::service_settings;
use super::settings::{ConfigOptions, location, opening, runtime};
use crate::platform::SystemPlatform;
use crate::storage::{Opened, open};
use anyhow::{Context, Result, bail, ensure};
use assize_config::Settings;
use assize_service::access_control::TenantId;
use assize_service::{Operator, Service};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// What the journal calls whoever uses this.
const BY: &str = "assize memory";

const FORMS: &str = "\
Two forms of entries:
  NDJSON   an entry on each line, as in the body of POST /v1/memory: a vector, a text, or both;
           all other fields may be left out, and blank lines are passed over.
             {\"text\": \"Refunds take five days.\", \"source_name\": \"handbook\"}
             {\"vector\": [0.1, -0.3, ...], \"text\": \"...\", \"phase\": 0.1, \"confidence\": 0.9}
  binary   vectors alone, little-endian: the 6 bytes `ASZVEC`, the version 1 (16 bits), the number of
           components of a vector (32 bits), the number of vectors (32 bits), then their components as
           32-bit floats, one vector after the other. In Python:
             header = b'ASZVEC' + struct.pack('<HII', 1, vectors.shape[1], len(vectors))
             file.write(header + vectors.astype('<f4').tobytes())";

/// Look after what a session of the gate remembers.
///
/// Works on the store that the settings name, as `assize serve` does: what is changed is in the journal, with the
/// answers that it got, and a server on the same store goes on from there.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Store entries: lines of JSON, or vectors in a binary form.
    ///
    /// Goes in batches of at most 1,000 entries, each of them stored wholly or not at all. The first one that can't be
    /// stored ends it: what is wrong is said with the line, or the vector, that it is in, and how far it came. What is
    /// not confident enough to be remembered is counted as refused.
    #[command(after_help = format!("{FORMS}\n\n{IMPORT_EXAMPLES}"))]
    Import(import::Options),
    /// Print the entries that are most like a text or a vector, the best first.
    #[command(after_help = SEARCH_EXAMPLES)]
    Search(search::Options),
    /// Write all entries out, the oldest first, so that `import` can read them.
    ///
    /// Entries get new ids where they are imported, so that lines do not name the entries that they were made from.
    /// Consolidated ones are written in the phase of being awake, from which they were consolidated.
    #[command(after_help = format!("{FORMS}\n\n{EXPORT_EXAMPLES}"))]
    Export(export::Options),
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  assize memory import handbook.ndjson --session support
  jq -c '{text: .body, source_name: .id}' articles.json | assize memory import - --session support
  assize memory import vectors.bin --session support --source-name wiki --json
  tail -n +401 handbook.ndjson | assize memory import - --session support    # from line 401 on

Exit codes:
  0  all of it was read; refused entries are counted
  2  something could not be stored: it, and everything after its batch, is not";

const SEARCH_EXAMPLES: &str = "\
Examples:
  assize memory search 'how long do refunds take' --session support
  assize memory search --vector '[0.1, -0.3, 0.2]' --top-k 20 --json
  assize memory search 'refund' --phase 0.9 --min-confidence 0.8

Exit codes:
  0  entries were found
  1  there are none
  2  it can't be searched";

const EXPORT_EXAMPLES: &str = "\
Examples:
  assize memory export --session support --output support.ndjson
  assize memory export --session support | jq -r .text
  assize memory export --session support --format binary --output support.bin";

pub(super) fn run(command: &Command) -> Result<u8> {
    super::start_log();
    match command {
        Command::Import(options) => import::run(options),
        Command::Search(options) => search::run(options),
        Command::Export(options) => export::run(options),
    }
}

/// Which session, in which store, and what it runs on.
#[derive(Debug, clap::Args)]
struct SessionOptions {
    /// The session's name, as in `?session=` of the HTTP API.
    #[arg(long, value_name = "NAME", default_value = "default")]
    session: String,
    /// Whose session it is.
    #[arg(long, value_name = "NAME", default_value = "default")]
    tenant: String,
    #[command(flatten)]
    config: ConfigOptions,
    #[command(flatten)]
    engine: EngineOptions,
}

/// A service over a store, for one session.
struct Session<'o> {
    options: &'o SessionOptions,
    tenant: TenantId,
    runtime: Runtime,
    service: Service,
    settings: Settings,
}

impl SessionOptions {
    fn open(&self) -> Result<Session<'_>> {
        let tenant = self.tenant.parse().context("--tenant")?;
        let settings = self.config.load(&self.engine.flags())?.settings;
        let location = location(&settings)?;
        let runtime = runtime()?;
        let store = runtime.block_on(open(&location, &opening(&settings)))?;
        if matches!(store, Opened::Memory(_)) {
            bail!("a store in memory keeps no sessions: name another one with --store");
        }
        let engines = engine::start(&settings)?;
        let behaviour = service_settings(&settings, &store)?;
        let platform = Arc::new(SystemPlatform::new());
        // What is built calls nothing of the runtime's yet, but some stores do when they are dropped.
        let service = Service::new(engines, store.store(), platform, behaviour);
        Ok(Session {
            options: self,
            tenant,
            runtime,
            service,
            settings,
        })
    }

    /// The same for a store that must be there already.
    fn open_existing(&self) -> Result<Session<'_>> {
        let settings = self.config.load(&self.engine.flags())?.settings;
        if let crate::storage::Location::Sqlite(path) = location(&settings)? {
            let is_there = std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
            ensure!(is_there, "there is no journal at {}", path.display());
        }
        self.open()
    }
}

impl Session<'_> {
    fn operator(&self) -> Operator<'_> {
        self.service
            .operate(&self.tenant, BY, &self.options.session)
    }
}

/// How many entries are through, on a terminal.
fn progress(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let template = "{spinner} {msg} {human_pos} entries, {per_sec}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

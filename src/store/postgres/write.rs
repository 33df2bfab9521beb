//! Appends: one task, one connection, one transaction for each group.

use super::link::{Failure, Link, Role, Server};
use super::read::{HEAD_COLUMNS, column, head_columns, head_of};
use crate::batch::{MOST_APPENDS, Waiting};
use assize_journal::{Append, Appended, ChainKind, Head, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

/// The most bytes of lines and snapshots that are sent at once; one append may be larger.
const MOST_BYTES: usize = 16 << 20;
/// How often a group is tried that others keep from being written.
const MOST_TRIES: u32 = 4;

/// An append in the queue.
pub(super) struct Job(Waiting);

impl From<Waiting> for Job {
    fn from(waiting: Waiting) -> Self {
        Self(waiting)
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Job")
    }
}

/// Writes until every handle is gone.
pub(super) async fn write_all(server: Arc<Server>, mut jobs: mpsc::Receiver<Job>) {
    let mut writer = Writer { server, link: None };
    let mut next = Vec::with_capacity(MOST_APPENDS);
    let mut group = Vec::with_capacity(MOST_APPENDS);
    while jobs.recv_many(&mut next, MOST_APPENDS).await > 0 {
        let mut bytes = 0;
        for Job(waiting) in next.drain(..) {
            let size = size(&waiting.append);
            if bytes + size > MOST_BYTES {
                writer.write(std::mem::take(&mut group)).await;
                bytes = 0;
            }
            bytes += size;
            group.push(waiting);
        }
        writer.write(std::mem::take(&mut group)).await;
    }
}

fn size(append: &Append) -> usize {
    let snapshot = append.snapshot.as_ref().map_or(0, |bytes| bytes.len());
    append.line.len() + snapshot
}

struct Writer {
    server: Arc<Server>,
    link: Option<Link>,
}

impl Writer {
    async fn write(&mut self, group: Vec<Waiting>) {
        if group.is_empty() {
            return;
        }
        let appends: Vec<_> = group.iter().map(|waiting| &waiting.append).collect();
        match self.append(&appends).await {
            Ok(outcomes) => {
                for (waiting, outcome) in group.into_iter().zip(outcomes) {
                    waiting.done(Ok(outcome));
                }
            }
            // One that can't be stored is not to harm the others.
            Err(failure) if group.len() > 1 && is_of_one(&failure) => {
                for waiting in group {
                    let outcome = self.append(&[&waiting.append]).await;
                    let outcome = outcome.map(|outcomes| outcomes.first().copied());
                    waiting.done(match outcome {
                        Ok(outcome) => Ok(outcome.unwrap_or(Appended::Changed)),
                        Err(failure) => Err(failure.into()),
                    });
                }
            }
            Err(failure) => {
                let error = StoreError::from(failure);
                for waiting in group {
                    waiting.done(Err(error.clone()));
                }
            }
        }
    }

    async fn append(&mut self, appends: &[&Append]) -> Result<Vec<Appended>, Failure> {
        let mut tries = 1;
        loop {
            match self.append_once(appends).await {
                Err(failure) if tries < MOST_TRIES && is_passing(&failure) => tries += 1,
                result => return result,
            }
        }
    }

    /// A connection on which something failed is given up, and with it what was not committed.
    async fn append_once(&mut self, appends: &[&Append]) -> Result<Vec<Appended>, Failure> {
        let link = self.link.take().filter(|link| !link.client.is_closed());
        let link = match link {
            Some(link) => link,
            None => self.server.connect(Role::Append).await?,
        };
        let outcomes = link.within(append_group(&link, appends)).await?;
        self.link = Some(link);
        Ok(outcomes)
    }
}

/// Whether the same again may do: others were in the way, and nothing was written.
fn is_passing(failure: &Failure) -> bool {
    let Failure::Server(error) = failure else {
        return false;
    };
    let passing = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| passing.contains(code))
}

/// Whether a failure is about what one append holds: a value, a limit or a constraint.
fn is_of_one(failure: &Failure) -> bool {
    match failure {
        Failure::Unstorable(_) | Failure::Known(StoreError::Damaged(_)) => true,
        Failure::Known(_) | Failure::Late(_) => false,
        Failure::Server(error) => error.code().is_some_and(|code| {
            let classes = ["22", "23", "54"];
            classes.iter().any(|class| code.code().starts_with(class))
        }),
    }
}

/// A number as the server stores it.
pub(super) fn whole(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|_| Failure::Unstorable(number))
}

/// A chain as it is while a group is being written.
#[derive(Default)]
struct Held<'a> {
    /// None: the group begins it.
    id: Option<i64>,
    head: Option<Head>,
    was_open: bool,
    /// Appends of the group that follow it.
    appends: Vec<&'a Append>,
}

fn is_open(head: &Head) -> bool {
    head.kind == ChainKind::Session && !head.closed
}

/// Appends a group, in order: all of them that follow their chains, or none.
async fn append_group(link: &Link, appends: &[&Append]) -> Result<Vec<Appended>, Failure> {
    let mut chains = hold(link, appends).await?;
    let mut outcomes = Vec::with_capacity(appends.len());
    for append in appends {
        let held = chains.entry(Arc::clone(&append.head.chain)).or_default();
        if append.follows(held.head.as_ref()) {
            held.head = Some(append.head.clone());
            held.appends.push(append);
            outcomes.push(Appended::Stored);
        } else {
            outcomes.push(Appended::Changed);
        }
    }
    let written = chains.values().filter(|held| !held.appends.is_empty());
    let written: Vec<_> = written.collect();
    if written.is_empty() {
        link.client.batch_execute("COMMIT").await?;
        return Ok(outcomes);
    }
    let lost = write_chains(link, &written).await?;
    for (append, outcome) in appends.iter().zip(&mut outcomes) {
        if lost.contains(append.head.chain.as_ref()) {
            *outcome = Appended::Changed;
        }
    }
    Ok(outcomes)
}

/// Begins a transaction and locks the chains of a group, by name, so that no two writers wait for each other.
async fn hold<'a>(
    link: &Link,
    appends: &[&'a Append],
) -> Result<BTreeMap<Arc<str>, Held<'a>>, Failure> {
    const QUERY: &str = concat!(
        "SELECT ",
        head_columns!(),
        ", chain.id FROM assize.chain WHERE name = ANY($1) ORDER BY name FOR UPDATE"
    );
    let names = appends.iter().map(|append| append.head.chain.as_ref());
    let names: BTreeSet<&str> = names.collect();
    let names: Vec<_> = names.into_iter().collect();
    let select = link.statement(QUERY).await?;
    let values: [&(dyn ToSql + Sync); 1] = [&names];
    // Sent together.
    let (_, rows) = tokio::try_join!(
        biased;
        link.client.batch_execute("BEGIN"),
        link.client.query(&select, &values),
    )?;
    let chains = rows.iter().map(|row| {
        let head = head_of(row)?;
        let held = Held {
            id: Some(column(row, HEAD_COLUMNS)?),
            was_open: is_open(&head),
            head: Some(head.clone()),
            appends: Vec::new(),
        };
        Ok((head.chain, held))
    });
    Ok(chains.collect::<Result<_, StoreError>>()?)
}

/// One statement: a chain that another process began meanwhile is not among `begun`, and nothing is written to it.
const WRITE: &str = "WITH given AS (
        SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::bytea[],
                $8::int8[], $9::int8[], $10::bool[])
            AS head (id, name, kind, tenant, engine, sequence, hash, created_ms, updated_ms, closed)
    ), begun AS (
        INSERT INTO assize.chain (name, kind, tenant, engine, sequence, hash, created_ms, updated_ms, closed)
        SELECT name, kind, tenant, engine, sequence, hash, created_ms, updated_ms, closed
        FROM given WHERE id IS NULL ORDER BY name COLLATE \"C\"
        ON CONFLICT (name) DO NOTHING RETURNING id, name, kind, closed
    ), gone_on AS (
        UPDATE assize.chain SET
            sequence = given.sequence, hash = given.hash, updated_ms = given.updated_ms, closed = given.closed,
            unmarked = true
        FROM given WHERE chain.id = given.id
    ), placed AS (
        SELECT id, name FROM given WHERE id IS NOT NULL UNION ALL SELECT id, name FROM begun
    ), events AS (
        INSERT INTO assize.event
        SELECT placed.id, event.sequence, event.line
        FROM unnest($11::text[], $12::int8[], $13::text[]) AS event (name, sequence, line) JOIN placed USING (name)
    ), snapshots AS (
        INSERT INTO assize.snapshot
        SELECT placed.id, snapshot.sequence, snapshot.bytes
        FROM unnest($14::text[], $15::int8[], $16::bytea[]) AS snapshot (name, sequence, bytes)
            JOIN placed USING (name)
        ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, bytes = excluded.bytes
    ), dropped AS (
        DELETE FROM assize.snapshot USING given WHERE snapshot.chain = given.id AND given.closed
    ), change AS (
        SELECT $17 + count(*) AS amount FROM begun WHERE kind = 'session' AND NOT closed
    ), counted AS (
        UPDATE assize.open_sessions SET amount = open_sessions.amount + change.amount
        FROM change WHERE slot = pg_backend_pid() % 16 AND change.amount <> 0
    )
    SELECT name FROM begun";

/// Writes and commits; the names of chains that another process began meanwhile.
async fn write_chains(link: &Link, chains: &[&Held<'_>]) -> Result<BTreeSet<String>, Failure> {
    let heads: Vec<&Head> = chains
        .iter()
        .filter_map(|held| held.head.as_ref())
        .collect();
    let texts = |of: fn(&Head) -> &str| heads.iter().map(|head| of(head)).collect::<Vec<_>>();
    let numbers = |of: fn(&Head) -> u64| {
        let numbers = heads.iter().map(|head| whole(of(head)));
        numbers.collect::<Result<Vec<_>, _>>()
    };
    let ids: Vec<Option<i64>> = chains.iter().map(|held| held.id).collect();
    let hashes = heads.iter().map(|head| head.hash.as_bytes().as_slice());
    let closed: Vec<bool> = heads.iter().map(|head| head.closed).collect();
    let ended = chains.iter().filter(|held| held.was_open);
    let ended = ended.filter(|held| !held.head.as_ref().is_some_and(is_open));
    let change = -(ended.count() as i64);
    let events = Events::of(chains)?;
    let snapshots = Snapshots::of(chains)?;
    let statement = link.statement(WRITE).await?;
    let values: [&(dyn ToSql + Sync); 17] = [
        &ids,
        &texts(|head| &head.chain),
        &texts(|head| head.kind.as_str()),
        &texts(|head| &head.tenant),
        &texts(|head| &head.engine),
        &numbers(|head| head.sequence)?,
        &hashes.collect::<Vec<_>>(),
        &numbers(|head| head.created_ms)?,
        &numbers(|head| head.updated_ms)?,
        &closed,
        &events.chains,
        &events.sequences,
        &events.lines,
        &snapshots.chains,
        &snapshots.sequences,
        &snapshots.bytes,
        &change,
    ];
    // Sent together. Where the statement fails, the server takes COMMIT for a ROLLBACK.
    let (begun, ()) = tokio::try_join!(
        biased;
        link.client.query(&statement, &values),
        link.client.batch_execute("COMMIT"),
    )?;
    let mut lost = BTreeSet::new();
    for held in chains.iter().filter(|held| held.id.is_none()) {
        lost.extend(held.head.as_ref().map(|head| head.chain.to_string()));
    }
    for row in begun {
        lost.remove(&column::<String>(&row, 0)?);
    }
    Ok(lost)
}

/// Events of a group by columns.
#[derive(Default)]
struct Events<'a> {
    chains: Vec<&'a str>,
    sequences: Vec<i64>,
    lines: Vec<&'a str>,
}

impl<'a> Events<'a> {
    fn of(chains: &[&Held<'a>]) -> Result<Self, Failure> {
        let mut events = Self::default();
        for append in chains.iter().flat_map(|held| &held.appends) {
            events.chains.push(&append.head.chain);
            events.sequences.push(whole(append.head.sequence)?);
            events.lines.push(&append.line);
        }
        Ok(events)
    }
}

/// The last snapshot of each chain of a group that stays open, by columns.
#[derive(Default)]
struct Snapshots<'a> {
    chains: Vec<&'a str>,
    sequences: Vec<i64>,
    bytes: Vec<&'a [u8]>,
}

impl<'a> Snapshots<'a> {
    fn of(chains: &[&Held<'a>]) -> Result<Self, Failure> {
        let mut snapshots = Self::default();
        for held in chains {
            if held.head.as_ref().is_some_and(|head| head.closed) {
                continue;
            }
            let mut newest = held.appends.iter().rev();
            let newest = newest.find_map(|append| Some((append, append.snapshot.as_ref()?)));
            if let Some((append, bytes)) = newest {
                snapshots.chains.push(&append.head.chain);
                snapshots.sequences.push(whole(append.head.sequence)?);
                snapshots.bytes.push(bytes);
            }
        }
        Ok(snapshots)
    }
}

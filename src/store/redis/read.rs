//! What is read.

use super::failure::damaged;
use super::keys::Keys;
use super::link::Link;
use assize_journal::{ChainKind, Checkpoint, Hash, Head, Mark, Row, StoreError, Stored, Tombstone};
use redis::{Cmd, Pipeline, Script};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Fields of a chain's hash that are its head, in the order of [`head_of`].
const HEAD: [&str; 8] = [
    "kind", "tenant", "engine", "sequence", "hash", "created", "updated", "closed",
];
/// The most chains that are asked for at once.
const MOST_CHAINS: usize = 1000;

static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("load.lua")));

/// Values of [`HEAD`]; those that are not there are none.
type Fields = Vec<Option<String>>;
/// An identifier in a stream, and its fields and values.
type Entry = (String, Vec<String>);

fn number(text: &str) -> Result<u64, StoreError> {
    text.parse()
        .map_err(|_| damaged(format!("`{text}` is no whole number")))
}

fn hash(text: &str) -> Result<Hash, StoreError> {
    text.parse().map_err(damaged)
}

/// None where there is no such chain.
fn head_of(chain: &str, fields: Fields) -> Result<Option<Head>, StoreError> {
    if fields.iter().all(Option::is_none) {
        return Ok(None);
    }
    let fields: Option<Vec<String>> = fields.into_iter().collect();
    let fields: Option<[String; HEAD.len()]> = fields.and_then(|fields| fields.try_into().ok());
    let Some(
        [
            kind,
            tenant,
            engine,
            sequence,
            text,
            created,
            updated,
            closed,
        ],
    ) = fields
    else {
        return Err(damaged(format!("chain `{chain}` lacks a field")));
    };
    Ok(Some(Head {
        chain: chain.into(),
        kind: ChainKind::of(chain, &kind)?,
        tenant: tenant.into(),
        engine: engine.into(),
        sequence: number(&sequence)?,
        hash: hash(&text)?,
        created_ms: number(&created)?,
        updated_ms: number(&updated)?,
        closed: match closed.as_str() {
            "0" => false,
            "1" => true,
            _ => return Err(damaged(format!("`{closed}` is neither 0 nor 1"))),
        },
    }))
}

/// Fields and values of a head, as they are stored.
pub(super) fn fields_of(head: &Head) -> [(&'static str, String); HEAD.len()] {
    let [
        kind,
        tenant,
        engine,
        sequence,
        hash,
        created,
        updated,
        closed,
    ] = HEAD;
    [
        (kind, head.kind.as_str().to_owned()),
        (tenant, head.tenant.to_string()),
        (engine, head.engine.to_string()),
        (sequence, head.sequence.to_string()),
        (hash, head.hash.to_string()),
        (created, head.created_ms.to_string()),
        (updated, head.updated_ms.to_string()),
        (closed, u8::from(head.closed).to_string()),
    ]
}

fn row((id, fields): Entry) -> Result<Row, StoreError> {
    let sequence = id.strip_suffix("-1").map(number).transpose()?;
    match (sequence, <[String; 2]>::try_from(fields)) {
        (Some(sequence), Ok([_, line])) => Ok(Row { sequence, line }),
        _ => Err(damaged(format!("`{id}` is no event of this program"))),
    }
}

fn limit(most: usize) -> u32 {
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// Up to `most` entries of a stream, from a number on.
async fn rows(link: &Link, key: &str, from: u64, most: usize) -> Result<Vec<Row>, StoreError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let mut range = redis::cmd("XRANGE");
    range.arg(key).arg(from).arg("+").arg("COUNT");
    let entries: Vec<Entry> = link.query(range.arg(limit(most))).await?;
    entries.into_iter().map(row).collect()
}

pub(super) async fn load(
    link: &Link,
    keys: &Keys,
    tenant: &str,
    chain: &str,
) -> Result<Option<Stored>, StoreError> {
    let mut script = LOAD.key(keys.chain(chain));
    script
        .key(keys.events(chain))
        .key(keys.snapshot(chain))
        .arg(tenant)
        .arg(&HEAD);
    let found: Option<(Fields, Option<Vec<u8>>, Vec<Entry>)> = link.script(&script).await?;
    let Some((fields, snapshot, tail)) = found else {
        return Ok(None);
    };
    let Some(head) = head_of(chain, fields)? else {
        return Ok(None);
    };
    let tail = tail.into_iter().map(|entry| Ok(row(entry)?.line));
    Ok(Some(Stored {
        head,
        snapshot: snapshot.as_deref().map(snapshot_of).transpose()?,
        tail: tail.collect::<Result<_, StoreError>>()?,
    }))
}

fn snapshot_of(stored: &[u8]) -> Result<(u64, std::sync::Arc<[u8]>), StoreError> {
    let mut parts = stored.splitn(2, |byte| *byte == b' ');
    let (Some(sequence), Some(bytes)) = (parts.next(), parts.next()) else {
        return Err(damaged("the snapshot has no sequence"));
    };
    let sequence = std::str::from_utf8(sequence).map_err(damaged)?;
    Ok((number(sequence)?, bytes.into()))
}

pub(super) async fn count(link: &Link, keys: &Keys) -> Result<u64, StoreError> {
    let count: Option<String> = link.query(&Cmd::get(keys.open())).await?;
    count.map_or(Ok(0), |count| number(&count))
}

/// Heads of chains that are all there.
async fn heads(link: &Link, keys: &Keys, names: &[String]) -> Result<Vec<Head>, StoreError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut pipeline = Pipeline::with_capacity(names.len());
    for name in names {
        pipeline.add_command(Cmd::hmget(keys.chain(name), &HEAD));
    }
    let found: Vec<Fields> = link.pipeline(&pipeline).await?;
    let heads = names.iter().zip(found).map(|(name, fields)| {
        head_of(name, fields)?
            .ok_or_else(|| damaged(format!("chain `{name}` is listed, and not there")))
    });
    heads.collect()
}

pub(super) async fn chains(
    link: &Link,
    keys: &Keys,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<Head>, StoreError> {
    let mut chains: Vec<Head> = Vec::new();
    let mut from = after.map_or("-".to_owned(), |after| format!("({after}"));
    while chains.len() < most {
        let wanted = (most - chains.len()).min(MOST_CHAINS);
        let range = Cmd::zrangebylex_limit(keys.chains(), &from, "+", 0, wanted as isize);
        let names: Vec<String> = link.query(&range).await?;
        chains.extend(heads(link, keys, &names).await?);
        match names.last() {
            Some(last) if names.len() == wanted => from = format!("({last}"),
            _ => break,
        }
    }
    Ok(chains)
}

pub(super) async fn head(
    link: &Link,
    keys: &Keys,
    chain: &str,
) -> Result<Option<Head>, StoreError> {
    let fields = link.query(&Cmd::hmget(keys.chain(chain), &HEAD)).await?;
    head_of(chain, fields)
}

pub(super) async fn events(
    link: &Link,
    keys: &Keys,
    chain: &str,
    from: u64,
    most: usize,
) -> Result<Vec<Row>, StoreError> {
    rows(link, &keys.events(chain), from, most).await
}

pub(super) async fn tombstone(
    link: &Link,
    keys: &Keys,
    chain: &str,
) -> Result<Option<Tombstone>, StoreError> {
    let text: Option<String> = link
        .query(&Cmd::hget(keys.chain(chain), "tombstone"))
        .await?;
    text.map(|text| serde_json::from_str(&text).map_err(damaged))
        .transpose()
}

pub(super) async fn unmarked(
    link: &Link,
    keys: &Keys,
    most: usize,
) -> Result<Vec<Mark>, StoreError> {
    let mut some = redis::cmd("SRANDMEMBER");
    let some = some.arg(keys.unmarked()).arg(limit(most));
    let names: Vec<String> = link.query(some).await?;
    let mut marks = Vec::with_capacity(names.len());
    for names in names.chunks(MOST_CHAINS) {
        for head in heads(link, keys, names).await? {
            marks.push(Mark {
                chain: head.chain.to_string(),
                sequence: head.sequence,
                hash: head.hash,
            });
        }
    }
    Ok(marks)
}

fn checkpoint(row: &Row) -> Result<Checkpoint, StoreError> {
    serde_json::from_str(&row.line).map_err(damaged)
}

pub(super) async fn checkpoints(
    link: &Link,
    keys: &Keys,
    from: u64,
    most: usize,
) -> Result<Vec<Checkpoint>, StoreError> {
    let rows = rows(link, &keys.checkpoints(), from, most).await?;
    rows.iter().map(checkpoint).collect()
}

pub(super) async fn last_checkpoint(
    link: &Link,
    keys: &Keys,
) -> Result<Option<Checkpoint>, StoreError> {
    let mut last = redis::cmd("XREVRANGE");
    last.arg(keys.checkpoints()).arg("+").arg("-");
    let entries: Vec<Entry> = link.query(last.arg("COUNT").arg(1)).await?;
    let last = entries.into_iter().next().map(row).transpose()?;
    last.as_ref().map(checkpoint).transpose()
}

/// Of the whole server: what one store takes of it is not cheap to know.
pub(super) async fn size(link: &Link) -> Result<u64, StoreError> {
    let mut info = redis::cmd("INFO");
    let text: String = link.query(info.arg("memory")).await?;
    let used = info_field(&text, "used_memory").ok_or_else(|| damaged("INFO lacks used_memory"));
    number(used?)
}

/// A value in what `INFO` answers.
pub(super) fn info_field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(field, value)| (field == name).then(|| value.trim()))
}

pub(super) async fn key(link: &Link, keys: &Keys, id: &str) -> Result<Option<String>, StoreError> {
    link.query(&Cmd::hget(keys.api_keys(), id)).await
}

pub(super) async fn api_keys(link: &Link, keys: &Keys) -> Result<Vec<String>, StoreError> {
    let records: BTreeMap<String, String> = link.query(&Cmd::hgetall(keys.api_keys())).await?;
    Ok(records.into_values().collect())
}

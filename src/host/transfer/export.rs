//! Writes a journal out.

use super::{Counts, Line, PAGE, VERSION};
use anyhow::{Context, Result, ensure};
use assize_journal::{Archive, ChainKind, ChainPages, EventPages, Head};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use indicatif::ProgressBar;
use std::io::Write;

/// Writes all of it. What is appended meanwhile may be missing; each chain is whole up to where it stood.
pub(crate) async fn export(
    store: &dyn Archive,
    output: &mut dyn Write,
    progress: &ProgressBar,
) -> Result<Counts> {
    let mut counts = Counts::default();
    write(output, &Line::AssizeJournal { version: VERSION })?;
    // A checkpoint that is made meanwhile may name events that are not written.
    let checkpoints = store
        .last_checkpoint()
        .await?
        .map_or(0, |last| last.number + 1);
    let mut pages = ChainPages::new(store, PAGE);
    while let Some(chains) = pages.next().await? {
        for head in chains {
            chain(store, &head, output, progress, &mut counts).await?;
        }
    }
    while counts.checkpoints < checkpoints {
        let page = store.checkpoints(counts.checkpoints, PAGE).await?;
        ensure!(
            !page.is_empty(),
            "checkpoint {} is missing",
            counts.checkpoints
        );
        for checkpoint in page
            .into_iter()
            .filter(|checkpoint| checkpoint.number < checkpoints)
        {
            counts.checkpoints += 1;
            write(output, &Line::Checkpoint(checkpoint))?;
        }
    }
    for record in store.keys().await? {
        let value: serde_json::Value =
            serde_json::from_str(&record).context("an API key's record is damaged")?;
        let id = value.get("id").and_then(serde_json::Value::as_str);
        let id = id.context("an API key's record has no id")?.to_owned();
        counts.keys += 1;
        write(output, &Line::Key { id, record })?;
    }
    write(output, &Line::End(counts))?;
    output.flush()?;
    Ok(counts)
}

async fn chain(
    store: &dyn Archive,
    head: &Head,
    output: &mut dyn Write,
    progress: &ProgressBar,
    counts: &mut Counts,
) -> Result<()> {
    // An open session is written as it is now, with the state that belongs to it.
    let stored = match head.kind {
        ChainKind::Session if !head.closed => store.load(&head.tenant, &head.chain).await?,
        _ => None,
    };
    let now = match &stored {
        Some(stored) => stored.head.clone(),
        None => store
            .head(&head.chain)
            .await?
            .unwrap_or_else(|| head.clone()),
    };
    let head = &now;
    let snapshot = stored.and_then(|stored| stored.snapshot);
    write(
        output,
        &Line::Chain {
            head: serde_json::from_str(&head.to_json())?,
            tombstone: store.tombstone(&head.chain).await?,
            snapshot: snapshot.map(|(sequence, state)| (sequence, BASE64_STANDARD.encode(state))),
        },
    )?;
    counts.chains += 1;
    let mut pages = EventPages::new(store, &head.chain, 0, PAGE);
    while let Some(rows) = pages.next().await? {
        for row in rows {
            if row.sequence > head.sequence {
                return Ok(());
            }
            output.write_all(row.line.as_bytes())?;
            output.write_all(b"\n")?;
            counts.events += 1;
            progress.inc(1);
        }
    }
    Ok(())
}

fn write(output: &mut dyn Write, line: &Line) -> Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")?;
    Ok(())
}

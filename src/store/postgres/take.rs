//! Quotas: one task, one connection, one round trip for each group of requests.

use super::change::evict;
use super::link::{Failure, Link, Pool, Role, Server};
use super::read::column;
use assize_journal::{Hash, Quota, StoreError, StoreFuture, Taken};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// The most requests that are counted at once.
const MOST_TAKES: usize = 512;
/// The most that wait; more is refused, so that nothing piles up where the server stands still.
const MOST_WAITING: usize = 16 * 1024;
/// Bytes of a client's name that are stored; of longer ones it is a hash.
const LONGEST_NAME: usize = 512;
/// The longest window: 17 million years.
const LONGEST_WINDOW: u64 = 1 << 59;
/// How often rows of idle clients are looked for.
const EVICTION: Duration = Duration::from_secs(60);

/// A client as it is stored, and its quota.
type Client = (String, u32, u64);

/// One request that waits.
pub(super) struct Wanted {
    client: Client,
    answer: oneshot::Sender<Result<Taken, StoreError>>,
}

/// Where requests are handed in.
#[derive(Debug, Clone)]
pub(super) struct Takes(mpsc::Sender<Wanted>);

impl std::fmt::Debug for Wanted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Wanted")
    }
}

pub(super) fn takes() -> (Takes, mpsc::Receiver<Wanted>) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    (Takes(sender), receiver)
}

impl Takes {
    pub(super) fn take(&self, client: &str, quota: Quota) -> StoreFuture<'_, Option<Taken>> {
        let (answer, outcome) = oneshot::channel();
        let window_ms = quota.window_ms.clamp(1, LONGEST_WINDOW);
        let client = (stored_name(client).into_owned(), quota.requests, window_ms);
        let sent = self.0.try_send(Wanted { client, answer });
        Box::pin(async move {
            sent.map_err(|_| {
                StoreError::Failed("too many requests wait to be counted".to_owned())
            })?;
            let outcome = outcome.await;
            outcome
                .unwrap_or_else(|_| Err(crate::batch::gone()))
                .map(Some)
        })
    }
}

/// The server keeps no zero byte, and no index entry of any length.
fn stored_name(client: &str) -> Cow<'_, str> {
    if client.len() <= LONGEST_NAME && !client.contains('\0') {
        Cow::Borrowed(client)
    } else {
        Cow::Owned(format!("blake3:{}", Hash::of(client.as_bytes())))
    }
}

/// Counts until every handle is gone.
pub(super) async fn take_all(
    server: Arc<Server>,
    upkeep: Arc<Pool>,
    mut wanted: mpsc::Receiver<Wanted>,
) {
    let mut link = None;
    let mut next = Vec::with_capacity(MOST_TAKES);
    let mut evicted = Instant::now();
    while wanted.recv_many(&mut next, MOST_TAKES).await > 0 {
        // By client, so that processes lock rows in one order.
        let mut group = BTreeMap::<Client, Vec<_>>::new();
        for Wanted { client, answer } in next.drain(..) {
            group.entry(client).or_default().push(answer);
        }
        let asked: Vec<_> = group
            .iter()
            .map(|(client, answers)| (client, answers.len()))
            .collect();
        let result = take_group(&server, &mut link, &asked).await;
        match result {
            Ok(totals) => {
                for (answers, (granted, total)) in group.into_values().zip(totals) {
                    answer(answers, granted, total);
                }
            }
            Err(error) => {
                for answer in group.into_values().flatten() {
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
        if evicted.elapsed() >= EVICTION {
            evicted = Instant::now();
            tokio::spawn(evict_idle(Arc::clone(&upkeep)));
        }
    }
}

async fn evict_idle(upkeep: Arc<Pool>) {
    let evicted = async {
        let lease = upkeep.lease().await?;
        let link = Arc::clone(&lease.link);
        lease.run(evict(&link)).await
    };
    if let Err(error) = evicted.await {
        tracing::warn!(%error, "rows of idle clients stay until the next time");
    }
}

/// The first of those who asked together are the ones who get it.
fn answer(answers: Vec<oneshot::Sender<Result<Taken, StoreError>>>, granted: u32, total: Taken) {
    for (place, answer) in (0_u32..).zip(answers) {
        let permitted = place < granted;
        let later = granted.saturating_sub(place).saturating_sub(1);
        let taken = Taken {
            permitted,
            remaining: total.remaining.saturating_add(later),
            reset_ms: total.reset_ms,
        };
        // Nobody may be waiting any more: it is counted all the same.
        let _ = answer.send(Ok(taken));
    }
}

async fn take_group(
    server: &Arc<Server>,
    held: &mut Option<Link>,
    asked: &[(&Client, usize)],
) -> Result<Vec<(u32, Taken)>, StoreError> {
    // A connection on which something failed is given up.
    let link = match held.take().filter(|link| !link.client.is_closed()) {
        Some(link) => link,
        None => server.connect(Role::Take).await?,
    };
    let totals = link.within(take_rows(&link, asked, None)).await?;
    *held = Some(link);
    Ok(totals)
}

/// `at_ms` is for tests; none is the server's time.
async fn take_rows(
    link: &Link,
    asked: &[(&Client, usize)],
    at_ms: Option<i64>,
) -> Result<Vec<(u32, Taken)>, Failure> {
    let query = "SELECT taken.* FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[])
            WITH ORDINALITY AS asked (client, requests, window_ms, wanted, place)
        CROSS JOIN LATERAL assize.take(client, requests, window_ms, wanted, $5) AS taken
        ORDER BY place";
    let clients: Vec<&str> = asked
        .iter()
        .map(|((client, ..), _)| client.as_str())
        .collect();
    let requests: Vec<i64> = asked
        .iter()
        .map(|((_, requests, _), _)| i64::from(*requests))
        .collect();
    let windows: Vec<i64> = asked
        .iter()
        .map(|((.., window), _)| i64::try_from(*window).unwrap_or(i64::MAX))
        .collect();
    let wanted: Vec<i64> = asked
        .iter()
        .map(|(_, wanted)| i64::try_from(*wanted).unwrap_or(i64::MAX))
        .collect();
    let rows = link
        .rows(query, &[&clients, &requests, &windows, &wanted, &at_ms])
        .await?;
    let totals = rows.iter().zip(asked).map(|(row, (_, wanted))| {
        let small = |number: i64| u32::try_from(number).unwrap_or(0);
        let granted = small(column(row, 0)?);
        let reset: i64 = column(row, 2)?;
        let taken = Taken {
            permitted: granted as usize == *wanted,
            remaining: small(column(row, 1)?),
            reset_ms: u64::try_from(reset).unwrap_or(1),
        };
        Ok((granted, taken))
    });
    Ok(totals.collect::<Result<_, StoreError>>()?)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As the server counts at a time.
    pub(in super::super) async fn take_at(
        link: &Link,
        client: &str,
        quota: Quota,
        now_ms: i64,
        wanted: usize,
    ) -> (u32, Taken) {
        let client = (client.to_owned(), quota.requests, quota.window_ms);
        let totals = take_rows(link, &[(&client, wanted)], Some(now_ms)).await;
        totals.unwrap().remove(0)
    }

    #[test]
    fn the_first_ones_get_what_there_is() {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..4).map(|_| oneshot::channel()).unzip();
        let total = Taken {
            permitted: false,
            remaining: 0,
            reset_ms: 7,
        };
        answer(senders, 3, total);
        let taken: Vec<_> = receivers
            .into_iter()
            .map(|mut receiver| receiver.try_recv().unwrap().unwrap())
            .map(|taken| (taken.permitted, taken.remaining))
            .collect();
        assert_eq!(taken, [(true, 2), (true, 1), (true, 0), (false, 0)]);
    }

    #[test]
    fn names_that_can_not_be_stored_are_told_apart() {
        assert_eq!(stored_name("key:a"), "key:a");
        let long = "x".repeat(LONGEST_NAME + 1);
        let stored = [stored_name("a\0b"), stored_name("a\0c"), stored_name(&long)];
        assert!(stored.iter().all(|name| name.starts_with("blake3:")));
        assert_ne!(stored[0], stored[1]);
    }
}

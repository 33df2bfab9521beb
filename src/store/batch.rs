//! Gathers changes into groups.

use assize_journal::{Append, Appended, StoreError, StoreFuture};
use tokio::sync::{mpsc, oneshot};

/// The most appends that are made durable at once.
pub(crate) const MOST_APPENDS: usize = 512;
/// The most that wait; more is refused, so that nothing piles up where a store stands still.
const MOST_WAITING: usize = 16 * 1024;

/// An append that waits, and where its outcome goes.
pub(crate) struct Waiting {
    pub(crate) append: Append,
    answer: oneshot::Sender<Result<Appended, StoreError>>,
}

impl Waiting {
    pub(crate) fn done(self, outcome: Result<Appended, StoreError>) {
        // Nobody may be waiting any more: it is done all the same.
        let _ = self.answer.send(outcome);
    }
}

/// Where appends are handed in.
#[derive(Debug, Clone)]
pub(crate) struct Queue<Job> {
    jobs: mpsc::Sender<Job>,
}

/// A queue, and its other end for the one who writes.
pub(crate) fn queue<Job: From<Waiting> + Send + 'static>() -> (Queue<Job>, mpsc::Receiver<Job>) {
    let (jobs, receiver) = mpsc::channel(MOST_WAITING);
    (Queue { jobs }, receiver)
}

impl<Job: From<Waiting> + Send + 'static> Queue<Job> {
    /// Takes its place now, and waits for its outcome when polled.
    pub(crate) fn append(&self, append: Append) -> StoreFuture<'_, Appended> {
        let (answer, outcome) = oneshot::channel();
        let sent = self.send(Waiting { append, answer }.into());
        Box::pin(async move {
            sent?;
            outcome.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    /// Hands in something else, after all that was handed in before.
    pub(crate) fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Failed(format!("{MOST_WAITING} changes are waiting to be written"))
            }
            mpsc::error::TrySendError::Closed(_) => gone(),
        })
    }
}

/// The writer ended: the process is stopping, or it panicked.
pub(crate) fn gone() -> StoreError {
    StoreError::Failed("the store has stopped".to_owned())
}

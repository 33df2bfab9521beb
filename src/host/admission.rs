//! How many requests are answered at one time: the rest waits for a short time, or is turned away at once, so that
//! nothing piles up.

use assize_service::Problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is answered also when everything else waits: it is cheap, and tells how the server is.
const ALWAYS: [&str; 3] = ["/health", "/ready", "/metrics"];

/// Bounds on what is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Requests that are answered at one time.
    pub(crate) concurrent: usize,
    /// Requests that wait.
    pub(crate) queued: usize,
    /// The longest that one waits.
    pub(crate) wait: Duration,
    /// The longest that one may take to be answered.
    pub(crate) request: Duration,
}

/// Lets so many requests through, and no more.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Replaced as a whole when the bounds change: who is under way stays so.
    current: Mutex<(Bounds, Arc<Semaphore>)>,
    waiting: AtomicUsize,
}

impl Admission {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            current: Mutex::new((bounds, Arc::new(Semaphore::new(bounds.concurrent)))),
            waiting: AtomicUsize::new(0),
        }
    }

    pub(crate) fn set(&self, bounds: Bounds) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0.concurrent != bounds.concurrent {
            current.1 = Arc::new(Semaphore::new(bounds.concurrent));
        }
        current.0 = bounds;
    }

    async fn enter(&self) -> Result<(Bounds, OwnedSemaphorePermit), Problem> {
        let (bounds, permits) = {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            (current.0, Arc::clone(&current.1))
        };
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            return Ok((bounds, permit));
        }
        let _place = Place::take(&self.waiting, bounds.queued)?;
        match tokio::time::timeout(bounds.wait, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok((bounds, permit)),
            _ => Err(Problem::overloaded("the server is busy; try again", 1)),
        }
    }
}

/// A place in the queue, given back also where the caller goes away.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self, Problem> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::AcqRel) >= most {
            drop(place);
            return Err(Problem::overloaded("the server is busy; try again", 1));
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Before every route.
pub(crate) async fn admit(
    State(admission): State<Arc<Admission>>,
    request: Request,
    next: Next,
) -> Response {
    if ALWAYS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let (bounds, _permit) = match admission.enter().await {
        Ok(entered) => entered,
        Err(problem) => return problem.into_response(),
    };
    match tokio::time::timeout(bounds.request, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "the request took longer than it may; see where a session stands before you try again";
            Problem::overloaded(detail, 1).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(concurrent: usize, queued: usize) -> Bounds {
        Bounds {
            concurrent,
            queued,
            wait: Duration::from_millis(20),
            request: Duration::from_secs(1),
        }
    }

    #[tokio::test]
    async fn only_so_many_are_let_in_and_only_so_many_wait() {
        let admission = Arc::new(Admission::new(bounds(1, 1)));
        let (_, first) = admission.enter().await.unwrap();
        // One waits, and is let in when the first leaves.
        let second = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.enter().await.map(drop) }
        });
        while admission.waiting.load(Ordering::Acquire) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(admission.enter().await.map(drop).unwrap_err().status(), 503);
        drop(first);
        second.await.unwrap().unwrap();
        assert_eq!(admission.waiting.load(Ordering::Acquire), 0);
        // Who waits too long is turned away, and leaves the queue.
        let (_, _held) = admission.enter().await.unwrap();
        assert!(admission.enter().await.is_err());
        assert_eq!(admission.waiting.load(Ordering::Acquire), 0);
        // More are let in from now on.
        admission.set(bounds(2, 0));
        assert!(admission.enter().await.is_ok());
    }
}

//! Two threads against one, each with an engine of its own over the same rules.

use crate::Error;
use crate::ours::Subject;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// How much of the machine the second thread brings: work of both in a second, by the work of one alone.
///
/// # Errors
///
/// What an engine refuses.
pub fn gain<'a>(
    make: impl Fn() -> Result<Subject<'a>, Error> + Sync,
    turns: usize,
) -> Result<f64, Error> {
    let mut best: f64 = 0.0;
    let mut calls = 1_000;
    // A turn long enough that starting threads is no part of it.
    while together(&make, 1, calls)? < Duration::from_millis(300) {
        calls *= 2;
    }
    for _ in 0..turns {
        let alone = together(&make, 1, calls)?;
        let both = together(&make, 2, calls)?;
        best = best.max(2.0 * alone.as_secs_f64() / both.as_secs_f64());
    }
    Ok(best)
}

/// How long so many threads take for so many calls each.
fn together<'a>(
    make: &(impl Fn() -> Result<Subject<'a>, Error> + Sync),
    threads: usize,
    calls: u64,
) -> Result<Duration, Error> {
    let barrier = Barrier::new(threads + 1);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let subject = make();
                    barrier.wait();
                    let mut subject = subject?;
                    for _ in 0..calls {
                        subject.ask()?;
                    }
                    Ok::<(), Error>(())
                })
            })
            .collect();
        barrier.wait();
        let started = Instant::now();
        for thread in running {
            let ended = thread.join();
            ended.map_err(|_| Error::Unfit("a thread panicked".to_owned()))??;
        }
        Ok(started.elapsed())
    })
}

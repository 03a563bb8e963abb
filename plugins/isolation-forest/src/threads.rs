//! Spreading work over threads, where there are any.
//!
//! Owns the cutting into parts and their order; what is done in a part must not depend on how many there are. On wasm everything runs
//! where it is called.

use std::ops::Range;

/// Does `0..count` in at most `threads` parts; gives the results in order.
pub(crate) fn in_parts<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let threads = if cfg!(target_family = "wasm") { 1 } else { threads.clamp(1, count.max(1)) };
    if threads == 1 {
        return vec![work(0..count)];
    }
    let part = |i: usize| count * i / threads..count * (i + 1) / threads;
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|i| {
                let work = &work;
                std::thread::Builder::new().spawn_scoped(scope, move || work(part(i)))
            })
            .collect();
        let parts = started.into_iter().enumerate().map(|(i, started)| match started {
            Ok(running) => running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // The system has no thread left for us.
            Err(_) => work(part(i)),
        });
        parts.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once_and_in_order() {
        for count in [0, 1, 2, 7, 100] {
            for threads in [0, 1, 2, 3, 8] {
                let all: Vec<usize> =
                    in_parts(count, threads, |r| r.collect::<Vec<_>>()).into_iter().flatten().collect();
                assert_eq!(all, (0..count).collect::<Vec<_>>(), "{count} {threads}");
            }
        }
    }
}

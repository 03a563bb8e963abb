//! Does the same with several things at once, in their order: twenty plugins are loaded by all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Most threads; reading compiled code from the cache is bound by memory beyond that.
const MAX_THREADS: usize = 8;

/// What `work` makes of each item, in the order of the items.
pub(super) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads =
        std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS).min(items.len());
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let take = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    std::thread::scope(|scope| {
        // This thread works, too; and does all of it if there are no others to be had.
        for _ in 1..threads {
            if std::thread::Builder::new().spawn_scoped(scope, take).is_err() {
                break;
            }
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        let slow_first = |i: &usize| {
            (0..(100 - i) * 50).for_each(|n| assert!(std::hint::black_box(n) < 5_000));
            i * 2
        };
        assert_eq!(super::each(&items, slow_first), (0..100).map(|i| i * 2).collect::<Vec<_>>());
        assert_eq!(super::each(&Vec::<usize>::new(), slow_first), Vec::<usize>::new());
    }
}

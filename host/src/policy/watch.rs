//! Notices that files change.
//!
//! Owns when files have been quiet for long enough to be read. Events of the kernel only wake it up; whether anything has changed
//! says a fingerprint, which is also taken every few seconds where no events come from (NFS, some mounts of containers).

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Config, RecommendedWatcher, RecursiveMode, Watcher};

/// How long files must be quiet: an editor writes within milliseconds, `git checkout` and `kubectl` within a few hundred.
pub const QUIET: Duration = Duration::from_millis(300);
/// Longest wait for that: something that writes all the time must not keep a new policy away.
pub const LONGEST: Duration = Duration::from_secs(2);
/// How often the fingerprint is taken without an event.
pub const POLL: Duration = Duration::from_secs(5);

/// Watches folders, each by itself.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watch({} folders)", self.folders.len())
    }
}

impl Watch {
    /// Calls `touched` when something happens in a folder; from a thread of its own.
    pub fn new(touched: impl Fn() + Send + 'static) -> Watch {
        let handler = move |event: notify::Result<notify::Event>| {
            // What is lost (an overflow, an error) may have been a change.
            if event.as_ref().map_or(true, |event| is_change(&event.kind)) {
                touched();
            }
        };
        let watcher = RecommendedWatcher::new(handler, Config::default().with_follow_symlinks(false));
        let watcher = watcher.map_err(|error| {
            tracing::warn!(%error, "changes of rules and configuration are noticed within {} s only", POLL.as_secs());
        });
        Watch { watcher: watcher.ok(), folders: BTreeSet::new() }
    }

    /// From now on watches these folders and no others.
    pub fn follow(&mut self, folders: &BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for gone in self.folders.difference(folders) {
            // It is gone, most likely.
            let _ = watcher.unwatch(gone);
        }
        // A folder that was removed and made again has lost its watch, so all are named anew: for one that is watched already this
        // changes nothing.
        let mut watched = BTreeSet::new();
        for folder in folders {
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(watched.insert(folder.clone())),
                Err(error) => {
                    tracing::debug!(folder = %folder.display(), %error, "cannot be watched; looked at every few seconds");
                }
            }
        }
        self.folders = watched;
    }
}

/// Reading changes nothing; we do it ourselves.
fn is_change(kind: &EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if *access != AccessKind::Close(AccessMode::Write))
}

/// Waits until two looks with a pause between them see the same, or somebody wants to stop. `look` takes a fingerprint, `wait`
/// says whether to go on.
pub fn settle(mut look: impl FnMut() -> u64, mut wait: impl FnMut(Duration) -> bool) -> Option<u64> {
    let begun = Instant::now();
    let mut before = look();
    loop {
        if !wait(QUIET) {
            return None;
        }
        let now = look();
        if now == before || begun.elapsed() >= LONGEST {
            return Some(now);
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settles_when_two_looks_agree() {
        let mut looks = [1, 2, 3, 3, 4].into_iter();
        let mut waits = 0;
        let seen = settle(
            || looks.next().unwrap(),
            |_| {
                waits += 1;
                true
            },
        );
        assert_eq!((seen, waits), (Some(3), 3));
        assert_eq!(settle(|| 1, |_| false), None);
    }

    #[test]
    fn what_never_rests_is_read_all_the_same() {
        let mut look = 0;
        let seen = settle(
            || {
                look += 1;
                look
            },
            |pause| {
                std::thread::sleep(pause);
                true
            },
        );
        assert!(seen.is_some());
    }

    #[test]
    fn reading_is_no_change() {
        use notify::event::{CreateKind, RemoveKind};
        assert!(!is_change(&EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!is_change(&EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(is_change(&EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(
            is_change(&EventKind::Create(CreateKind::Any)) && is_change(&EventKind::Remove(RemoveKind::Any))
        );
    }
}

//! Which detectors run together: those that stand at the same place in the log, the furthest one.
//!
//! Owns the division into the main group and those behind it: stopped ones, new ones, those that catch up. Does not own
//! running them (`service::term`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::plugin::Plugin;
use crate::store::{Cursor, Quarantine};

/// A detector that is not where the others are.
pub(super) struct Behind {
    pub(super) plugin: Plugin,
    /// When it may run again.
    pub(super) due: Instant,
}

/// See the module.
pub(super) struct Groups {
    /// Detectors that run together.
    pub(super) main: Vec<Plugin>,
    /// Where they stand.
    pub(super) cursor: Cursor,
    /// The others.
    pub(super) behind: Vec<Behind>,
    /// Detectors of the main group whose stop is over.
    pub(super) released: Vec<String>,
}

impl Groups {
    pub(super) fn divide(
        plugins: &[Plugin],
        cursors: &BTreeMap<String, Cursor>,
        quarantines: &[Quarantine],
        now: Instant,
    ) -> Groups {
        let cursor_of = |p: &Plugin| cursors.get(&p.manifest().id).cloned().unwrap_or_default();
        let stop_of = |p: &Plugin| remaining(p, quarantines);
        let running = || plugins.iter().filter(|p| stop_of(p).is_zero());
        let cursor = running().map(cursor_of).max_by_key(|c| c.position).unwrap_or_default();
        let mut groups = Groups { main: Vec::new(), cursor, behind: Vec::new(), released: Vec::new() };
        for plugin in plugins {
            let stop = stop_of(plugin);
            if stop.is_zero() && cursor_of(plugin).position == groups.cursor.position {
                if quarantines.iter().any(|q| q.detector == plugin.manifest().id && q.until.is_some()) {
                    groups.released.push(plugin.manifest().id.clone());
                }
                groups.main.push(plugin.clone());
            } else {
                groups.behind.push(Behind { plugin: plugin.clone(), due: now + stop });
            }
        }
        groups
    }
}

/// How long a detector is still stopped; another plugin than the one that failed is not.
pub(super) fn remaining(plugin: &Plugin, quarantines: &[Quarantine]) -> Duration {
    quarantines
        .iter()
        .find(|q| q.detector == plugin.manifest().id && q.digest == plugin.digest())
        .and_then(|q| q.remaining)
        .unwrap_or_default()
}

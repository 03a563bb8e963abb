//! Who reads the log together: those that stand at the same place in it, the furthest one.
//!
//! Owns the division into the main group and those behind it: stopped ones, new ones, those that catch up, slow ones. The rules read the
//! log as one. Does not own running them (`service::term`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::InForce;
use super::book::Book;
use crate::engine::log::Readers;
use crate::plugin::Plugin;
use crate::store::{Cursor, Position, Quarantine, RULES};

/// A reader that is not where the others are.
pub(super) struct Behind {
    pub(super) reader: Reader,
    /// When it may run again.
    pub(super) due: Instant,
}

/// Who reads the log at a pace of its own.
#[derive(Clone)]
pub(super) enum Reader {
    /// A detector.
    Plugin(Plugin),
    /// All rules.
    Rules,
}

impl Reader {
    pub(super) fn id(&self) -> &str {
        match self {
            Reader::Plugin(plugin) => plugin.id(),
            Reader::Rules => RULES,
        }
    }

    /// It alone.
    pub(super) fn alone(&self, policy: &InForce) -> Readers {
        match self {
            Reader::Plugin(plugin) => Readers { plugins: vec![plugin.clone()], rules: None },
            Reader::Rules => Readers { plugins: Vec::new(), rules: Some(policy.rules.clone()) },
        }
    }
}

/// See the module.
pub(super) struct Groups {
    /// Who runs together.
    pub(super) main: Readers,
    /// Where they stand.
    pub(super) cursor: Cursor,
    /// The others.
    pub(super) behind: Vec<Behind>,
    /// Detectors of the main group whose stop is over.
    pub(super) released: Vec<String>,
    /// Whether the rules have no place of their own yet and begin where the main group is.
    pub(super) rules_begin: bool,
}

impl Groups {
    /// Rules that have no cursor while others have begin where these are: they were added to an installation that is at work, and
    /// what is long evaluated must not be alerted on today (`rules backtest` looks back). In an empty log all begin at its
    /// start.
    pub(super) fn divide(
        policy: &InForce,
        cursors: &BTreeMap<String, Cursor>,
        quarantines: &[Quarantine],
        book: &Book,
        now: Instant,
    ) -> Groups {
        let cursor_of = |p: &Plugin| cursors.get(p.id()).cloned().unwrap_or_default();
        let stop_of = |p: &Plugin| remaining(p, quarantines);
        let is_here = |p: &&Plugin| stop_of(p).is_zero() && !book.is_apart(p);
        let running = policy.plugins.iter().filter(is_here).map(cursor_of);
        let of_rules = cursors.get(RULES).cloned();
        let cursor = running.chain(of_rules.clone()).max_by_key(|c| c.position).unwrap_or_default();
        let begin = of_rules.is_none() && cursor.position > Position::START;
        let in_step = of_rules.is_none_or(|c| c.position == cursor.position);
        let rules = in_step.then(|| policy.rules.clone());
        let mut groups = Groups {
            main: Readers { plugins: Vec::new(), rules },
            cursor,
            behind: Vec::new(),
            released: Vec::new(),
            rules_begin: begin,
        };
        if !in_step {
            groups.behind.push(Behind { reader: Reader::Rules, due: now });
        }
        for plugin in &policy.plugins {
            let stop = stop_of(plugin);
            if is_here(&plugin) && cursor_of(plugin).position == groups.cursor.position {
                if quarantines.iter().any(|q| q.detector == plugin.id() && q.until.is_some()) {
                    groups.released.push(plugin.id().to_owned());
                }
                groups.main.plugins.push(plugin.clone());
            } else {
                groups.behind.push(Behind { reader: Reader::Plugin(plugin.clone()), due: now + stop });
            }
        }
        groups
    }
}

/// How long a reader is still stopped; another plugin than the one that failed is not, and rules never are.
pub(super) fn remaining_of(reader: &Reader, quarantines: &[Quarantine]) -> Duration {
    match reader {
        Reader::Plugin(plugin) => remaining(plugin, quarantines),
        Reader::Rules => Duration::ZERO,
    }
}

fn remaining(plugin: &Plugin, quarantines: &[Quarantine]) -> Duration {
    quarantines
        .iter()
        .find(|q| q.detector == plugin.id() && q.digest == plugin.digest())
        .and_then(|q| q.remaining)
        .unwrap_or_default()
}

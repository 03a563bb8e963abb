//! Firings of the root that belong together: a fold in order of time, cut at the horizon.
//!
//! The fold over what can no longer change is kept as a summary, and goes on from there; so its result is the same as if
//! every entry were still known.

use std::collections::BTreeMap;

use model::{Millis, RecordId};

use super::marks::Marks;
use super::run::{Fire, Group, Run};
use super::tuple::{Tuple, digest};
use super::{Datum, Entry, Episode, Figures, Node, Spec};

/// An episode that may go on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Open {
    /// Time of the first entry of the root's window when it fired first.
    pub(super) opened: Millis,
    /// The first firing.
    pub(super) began: Millis,
    /// The last firing.
    pub(super) last: Millis,
    pub(super) raised: Millis,
    /// The first record.
    pub(super) first: (Millis, RecordId),
    pub(super) leaf: u16,
    pub(super) columns: Box<[Datum]>,
    pub(super) figures: Figures,
    pub(super) evidence: Vec<(Millis, RecordId)>,
    /// Records counted that are still kept. Only for chains: otherwise those are the ones up to the last firing.
    pub(super) counted: Vec<(Millis, RecordId)>,
}

/// Open episodes by the values of the root's group columns.
pub(super) type Carry = BTreeMap<Box<[Datum]>, Open>;

/// Most open episodes whose firings are past the horizon: a summary may be 5 KB. Beyond, those are told as they are that
/// fired longest ago; if the group fires again, that is an episode of its own.
pub(super) const MAX_OPEN: usize = 1_024;

/// What a fold gives.
#[derive(Default)]
pub(super) struct Folded {
    /// Episodes that are over for good.
    pub(super) closed: Vec<Episode>,
    /// Episodes that may still change.
    pub(super) standing: Vec<Episode>,
    /// The fold up to the horizon.
    pub(super) carry: Carry,
}

/// From when to when a fold goes.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// Firings before are in the carry.
    pub(super) from: Millis,
    /// Firings before do not change any more.
    pub(super) seal: Millis,
    /// Records before take no part in firings at `seal` or later.
    pub(super) keep: Millis,
}

/// Folds the firings of a run.
pub(super) fn fold(spec: &Spec, entries: &[Entry], run: &Run, mut carry: Carry, cut: Cut) -> Folded {
    let columns = match &spec.root {
        Node::Leaf(_) => &[][..],
        Node::Correlation { group, .. } => group.as_slice(),
    };
    let is_chain = run.children.iter().any(|child| !child.is_leaf);
    let mut by_group: Vec<Vec<Fire>> = vec![Vec::new(); run.groups.len()];
    for fire in &run.fires {
        if entries[fire.entry as usize].time >= cut.from {
            by_group[fire.group as usize].push(*fire);
        }
    }
    let mut folded = Folded::default();
    let mut marks = Marks::new(entries, is_chain);
    for (number, fires) in by_group.iter().enumerate() {
        if fires.is_empty() {
            continue;
        }
        let first = run.groups[number].elements[0].entry as usize;
        let group = Tuple::of(&entries[first], columns).to_boxed();
        let open = carry.remove(&group);
        let mut one =
            Fold { spec, entries, cut, marks: &mut marks, group, open, sealed: false, out: &mut folded };
        one.run(run, number, fires);
    }
    for (group, open) in carry {
        let open = Some(open);
        let mut one =
            Fold { spec, entries, cut, marks: &mut marks, group, open, sealed: false, out: &mut folded };
        one.end();
    }
    folded
}

/// The fold of one group.
struct Fold<'a> {
    spec: &'a Spec,
    entries: &'a [Entry],
    cut: Cut,
    marks: &'a mut Marks,
    group: Box<[Datum]>,
    open: Option<Open>,
    /// Whether the fold is past the seal.
    sealed: bool,
    out: &'a mut Folded,
}

impl Fold<'_> {
    fn run(&mut self, run: &Run, number: usize, fires: &[Fire]) {
        self.marks.begin();
        let entries = self.entries;
        let time = |fire: &Fire| entries[fire.entry as usize].time;
        for instant in fires.chunk_by(|a, b| time(a) == time(b)) {
            let now = time(&instant[0]);
            if now >= self.cut.seal {
                self.seal();
            }
            let goes_on = self.open.as_ref().is_some_and(|open| {
                now.saturating_sub(open.last) <= self.spec.open_for()
                    && now.saturating_sub(open.began) <= self.spec.longest()
            });
            if !goes_on && self.open.is_some() {
                self.close();
            }
            if self.open.is_none() {
                self.marks.begin();
            }
            self.take(run, number, instant, now);
        }
        self.end();
    }

    /// Takes the firings of one instant, which have one window.
    fn take(&mut self, run: &Run, number: usize, instant: &[Fire], now: Millis) {
        let (low, high) = (instant[0].low as usize, instant[0].high as usize);
        let raised = instant.iter().map(|f| self.entries[f.entry as usize].report).min().unwrap_or(now);
        let opening = &self.entries[run.groups[number].elements[low].entry as usize];
        let open = self.open.get_or_insert_with(|| Open {
            opened: opening.time,
            began: now,
            last: Millis::MIN,
            raised,
            first: (opening.time, opening.id),
            leaf: opening.leaf,
            columns: opening.columns.clone(),
            figures: Figures { count: 0, value: f64::MIN, firings: 0 },
            evidence: Vec::new(),
            counted: Vec::new(),
        });
        let ids = instant.iter().map(|f| self.entries[f.entry as usize].id);
        open.figures.firings += ids.clone().zip(ids.skip(1)).filter(|(a, b)| a != b).count() as u64 + 1;
        for fire in instant {
            open.figures.value = open.figures.value.max(fire.value);
        }
        if self.marks.is_chain {
            self.marks.collect(run, number, low, high);
        } else {
            count_new(self.entries, &run.groups[number], low, high, open);
        }
        open.last = now;
    }

    /// The fold comes to what may still change.
    fn seal(&mut self) {
        if std::mem::replace(&mut self.sealed, true) {
            return;
        }
        self.flush();
        let Some(open) = &mut self.open else { return };
        if self.cut.seal.saturating_sub(open.last) > self.spec.open_for() {
            let episode = self.episode();
            self.out.closed.extend(episode);
            self.open = None;
            return;
        }
        open.counted.retain(|(time, _)| *time >= self.cut.keep);
        self.out.carry.insert(self.group.clone(), open.clone());
    }

    /// A firing came that belongs to another episode.
    fn close(&mut self) {
        self.flush();
        let episode = self.episode();
        if self.sealed {
            self.out.standing.extend(episode);
        } else {
            self.out.closed.extend(episode);
        }
        self.open = None;
    }

    /// No firing is left.
    fn end(&mut self) {
        self.seal();
        self.flush();
        let episode = self.episode();
        self.out.standing.extend(episode);
    }

    /// Adds the records that were collected to the open episode.
    fn flush(&mut self) {
        let Some(open) = &mut self.open else { return };
        let found = self.marks.take();
        let Some(first) = found.first().map(|&at| &self.entries[at as usize]) else { return };
        if (first.time, first.id) < open.first {
            open.first = (first.time, first.id);
            open.leaf = first.leaf;
            open.columns = first.columns.clone();
        }
        let records = found.iter().map(|&at| (self.entries[at as usize].time, self.entries[at as usize].id));
        open.counted.extend(records.clone());
        open.counted.sort_unstable();
        let before = open.counted.len();
        open.counted.dedup();
        open.figures.count += found.len() as u64 - (before - open.counted.len()) as u64;
        open.evidence.extend(records.take(Episode::MAX_EVIDENCE));
        open.evidence.sort_unstable();
        open.evidence.dedup();
        open.evidence.truncate(Episode::MAX_EVIDENCE);
    }

    fn episode(&self) -> Option<Episode> {
        self.open.as_ref().map(|open| open.episode(self.spec, &self.group))
    }
}

impl Open {
    fn episode(&self, spec: &Spec, group: &[Datum]) -> Episode {
        let mut figures = self.figures.clone();
        if matches!(spec.root, Node::Leaf(_)) && !spec.compares_rate() {
            figures.value = figures.count as f64;
        }
        Episode {
            key: key(group, self.opened),
            columns: self.columns.clone(),
            leaf: self.leaf,
            first: self.first.0,
            last: self.last,
            raised: self.raised,
            figures,
            evidence: self.evidence.iter().map(|(_, id)| *id).collect(),
        }
    }
}

/// Counts the records of a window that were in none before: those after the last firing. A window holds every element of
/// its group between its ends, so what lies up to the last firing was in that firing's window.
fn count_new(entries: &[Entry], group: &Group, low: usize, high: usize, open: &mut Open) {
    let time = |at: usize| entries[group.elements[at].entry as usize].time;
    let mut new = high;
    while new > low && time(new - 1) > open.last {
        new -= 1;
    }
    open.figures.count += group.records(new, high);
    for element in group.elements[new..high].iter().filter(|e| e.new_record) {
        if open.evidence.len() >= Episode::MAX_EVIDENCE {
            break;
        }
        let entry = &entries[element.entry as usize];
        open.evidence.push((entry.time, entry.id));
    }
}

fn key(group: &[Datum], opened: Millis) -> String {
    match group {
        [] => opened.to_string(),
        group => format!("{:016x}-{opened}", digest(group.iter())),
    }
}

/// Closes the episodes beyond [`MAX_OPEN`] that fired longest ago.
pub(super) fn bound(spec: &Spec, carry: &mut Carry) -> Vec<Episode> {
    let excess = carry.len().saturating_sub(MAX_OPEN);
    if excess == 0 {
        return Vec::new();
    }
    let mut by_age: Vec<(Millis, Box<[Datum]>)> =
        carry.iter().map(|(group, open)| (open.last, group.clone())).collect();
    by_age.sort_unstable();
    let oldest = by_age.into_iter().take(excess);
    oldest.filter_map(|(_, group)| carry.remove(&group).map(|open| open.episode(spec, &group))).collect()
}

//! Which records stand under the windows of a chain of correlations, each once.
//!
//! A firing of the root stands for firings of its children, and those for firings of theirs, down to records. Windows of
//! one group overlap, so every element is visited once for an episode, and what was visited is skipped at a stride.

use std::collections::BTreeMap;

use super::Entry;
use super::run::Run;

/// Which records of a chain's windows were collected for the episode at hand.
pub(super) struct Marks {
    pub(super) is_chain: bool,
    stamp: u32,
    /// By entry: the first entry of the same record.
    record: Vec<u32>,
    /// By that first entry: the episode for which it was collected.
    taken: Vec<u32>,
    found: Vec<u32>,
    /// Elements already visited, by group: see [`Visited`].
    visited: BTreeMap<(usize, u32), Visited>,
}

/// Elements of one group that were visited: `next[at]` is the first element from `at` on that was not, after following.
#[derive(Default)]
struct Visited {
    stamp: u32,
    next: Vec<u32>,
}

impl Visited {
    /// Gives the elements of a range that were not visited, and marks them.
    fn free(&mut self, stamp: u32, elements: usize, range: std::ops::Range<u32>, free: &mut Vec<u32>) {
        if self.stamp != stamp {
            self.stamp = stamp;
            self.next.clear();
            self.next.extend(0..=elements as u32);
        }
        let mut at = self.first_free(range.start);
        while at < range.end {
            free.push(at);
            self.next[at as usize] = at + 1;
            at = self.first_free(at + 1);
        }
    }

    fn first_free(&mut self, from: u32) -> u32 {
        let mut end = from;
        while self.next[end as usize] != end {
            end = self.next[end as usize];
        }
        let mut at = from;
        while self.next[at as usize] != end {
            at = std::mem::replace(&mut self.next[at as usize], end);
        }
        end
    }
}

impl Marks {
    pub(super) fn new(entries: &[Entry], is_chain: bool) -> Marks {
        let length = if is_chain { entries.len() } else { 0 };
        let mut record: Vec<u32> = (0..length as u32).collect();
        for at in 1..length {
            if entries[at].id == entries[at - 1].id {
                record[at] = record[at - 1];
            }
        }
        Marks {
            is_chain,
            stamp: 0,
            record,
            taken: vec![0; length],
            found: Vec::new(),
            visited: BTreeMap::new(),
        }
    }

    /// Another episode begins, or one goes on that was carried: what it counted before is found again.
    pub(super) fn begin(&mut self) {
        if self.is_chain {
            self.stamp += 1;
            self.found.clear();
        }
    }

    /// Collects the records under a range of a group's elements.
    pub(super) fn collect(&mut self, run: &Run, group: usize, low: usize, high: usize) {
        // Explicit instead of recursive, since a chain may be deep.
        let mut work: Vec<(&Run, u32, u32, u32)> = vec![(run, group as u32, low as u32, high as u32)];
        let mut free: Vec<u32> = Vec::new();
        while let Some((run, group, low, high)) = work.pop() {
            let elements = &run.groups[group as usize].elements;
            let visited = self.visited.entry((std::ptr::from_ref(run).addr(), group)).or_default();
            visited.free(self.stamp, elements.len(), low..high, &mut free);
            for at in free.drain(..) {
                let element = elements[at as usize];
                let child = &run.children[usize::from(element.child)];
                if child.is_leaf {
                    self.mark(element.entry);
                } else {
                    let fire = child.fires[element.fire as usize];
                    work.push((child, fire.group, fire.low, fire.high));
                }
            }
        }
    }

    fn mark(&mut self, entry: u32) {
        let record = self.record[entry as usize];
        if self.taken[record as usize] != self.stamp {
            self.taken[record as usize] = self.stamp;
            self.found.push(record);
        }
    }

    /// What was collected since the last time, in order.
    pub(super) fn take(&mut self) -> Vec<u32> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_unstable();
        found
    }
}

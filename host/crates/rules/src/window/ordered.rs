//! How many children of a correlation fired in their order within a window.
//!
//! A chain is a run of firings whose children have rising numbers and whose times do not fall; equal times count as in
//! order, and one record fills one place only. For every length the sweep keeps the latest time at which such a chain can
//! have begun: the chain lies in a window if that is not before the window's beginning, so nothing need be taken out when
//! the window moves on.

use model::{Millis, RecordId};

/// See the module.
pub(super) struct Chains {
    children: usize,
    /// `[last * (children + 1) + length]`: latest beginning of a chain of this length whose last child is at most `last`.
    begun: Vec<Millis>,
    before: Vec<Millis>,
}

/// No such chain.
const NEVER: Millis = Millis::MIN;

impl Chains {
    pub(super) fn new(children: usize) -> Chains {
        let cells = children * (children + 1);
        Chains { children, begun: vec![NEVER; cells], before: vec![NEVER; cells] }
    }

    pub(super) fn clear(&mut self) {
        self.begun.fill(NEVER);
    }

    /// Takes all firings of an instant: the child that fired and the record at which it did, sorted by record.
    pub(super) fn instant(&mut self, now: Millis, firings: &[(usize, RecordId)]) {
        self.before.copy_from_slice(&self.begun);
        if let [(child, _)] = firings {
            self.extend(now, *child, &[*child]);
            return;
        }
        let places = Places::new(self.children, firings);
        for child in 0..self.children {
            if places.fired(child) {
                self.extend(now, child, &places.reach(child));
            }
        }
    }

    /// Chains that end at `child` now. `reach[m - 1]` is the highest first child with which the last `m` places of a chain
    /// can all be filled at this instant.
    fn extend(&mut self, now: Millis, child: usize, reach: &[usize]) {
        let width = self.children + 1;
        for (filled, &lowest) in reach.iter().enumerate() {
            let filled = filled + 1;
            self.improve(child, filled, now);
            if lowest == 0 {
                continue;
            }
            for length in 1..width.saturating_sub(filled) {
                let begun = self.before[(lowest - 1) * width + length];
                if begun != NEVER {
                    self.improve(child, length + filled, begun);
                }
            }
        }
    }

    fn improve(&mut self, child: usize, length: usize, begun: Millis) {
        let width = self.children + 1;
        for last in child..self.children {
            let best = &mut self.begun[last * width + length];
            if *best >= begun {
                break;
            }
            *best = begun;
        }
    }

    /// The longest chain that began at `from` or later.
    pub(super) fn longest(&self, from: Millis) -> usize {
        let Some(last) = self.children.checked_sub(1) else { return 0 };
        let row = &self.begun[last * (self.children + 1)..];
        (1..=self.children).rev().find(|&length| row[length] != NEVER && row[length] >= from).unwrap_or(0)
    }
}

/// Which children can be filled by different records of one instant.
struct Places {
    /// Records by child: numbers into `0..records`.
    by_child: Vec<Vec<usize>>,
    records: usize,
    /// Every record fired one child only, so that all can be filled.
    simple: bool,
}

impl Places {
    fn new(children: usize, firings: &[(usize, RecordId)]) -> Places {
        let mut by_child: Vec<Vec<usize>> = vec![Vec::new(); children];
        let (mut records, mut simple) = (0, true);
        for (at, (child, id)) in firings.iter().enumerate() {
            if at > 0 && firings[at - 1].1 == *id {
                simple = false;
            } else {
                records += 1;
            }
            // A child never needs the choice among more records than there are children. It may have fired at several entries
            // of one record.
            if let Some(list) = by_child.get_mut(*child)
                && list.len() < children
                && list.last() != Some(&(records - 1))
            {
                list.push(records - 1);
            }
        }
        Places { by_child, records, simple }
    }

    fn fired(&self, child: usize) -> bool {
        !self.by_child[child].is_empty()
    }

    /// For `m = 1, 2, …`: the highest child `c` such that `m` of the children `c..=child` can be filled by different records,
    /// `child` among them. Sets that can be filled are the independent sets of a transversal matroid, so adding children one
    /// after the other and keeping those that fit finds the largest.
    fn reach(&self, child: usize) -> Vec<usize> {
        let mut taken: Vec<Option<usize>> = vec![None; if self.simple { 0 } else { self.records }];
        let mut reach = Vec::new();
        for candidate in (0..=child).rev() {
            let fits = if self.simple {
                self.fired(candidate)
            } else {
                self.place(candidate, &mut taken, &mut vec![false; self.records])
            };
            if fits {
                reach.push(candidate);
            }
        }
        reach
    }

    /// Finds a record for a child, moving others to records that are free (Kuhn).
    fn place(&self, child: usize, taken: &mut [Option<usize>], tried: &mut [bool]) -> bool {
        for &record in &self.by_child[child] {
            if std::mem::replace(&mut tried[record], true) {
                continue;
            }
            let free = match taken[record] {
                None => true,
                Some(other) => self.place(other, taken, tried),
            };
            if free {
                taken[record] = Some(child);
                return true;
            }
        }
        false
    }
}

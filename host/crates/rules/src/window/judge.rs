//! What a window amounts to: records and distinct values here, numbers and children that fired in modules of their own.
//!
//! A judge takes firings instant by instant as the window's end moves on, and gives back those that its beginning passes.
//! All firings of an instant are in the window before it is judged, so that identities, which order firings of one instant,
//! never decide. Each takes constant or logarithmic time for a firing.

use model::Millis;

use super::folding::{Folding, Numbers};
use super::run::{Element, Group};
use super::tuple::Tuple;
use super::{Entry, NodeKind};
use crate::sigma::{Bound, Comparison};

/// See the module.
pub(super) trait Judge {
    /// Firings of one instant come into the window.
    fn enter(&mut self, instant: &[Element], now: Millis);
    /// A firing leaves the window.
    fn leave(&mut self, element: &Element);
    /// What the window over `elements[low..high]` of the group amounts to; none if there is nothing to compare.
    fn figure(&self, group: &Group, low: usize, high: usize, from: Millis) -> Option<f64>;
    /// Everything has left the window: another group follows.
    fn clear(&mut self) {}
}

/// Whether a figure meets all bounds.
pub(super) fn holds(bounds: &[Bound], figure: f64) -> bool {
    bounds.iter().all(|bound| match bound.comparison {
        Comparison::Lt => figure < bound.value,
        Comparison::Lte => figure <= bound.value,
        Comparison::Gt => figure > bound.value,
        Comparison::Gte => figure >= bound.value,
        Comparison::Eq => figure == bound.value,
        Comparison::Neq => figure != bound.value,
    })
}

/// Records: one that matched several rules counts once.
pub(super) struct Records;

impl Judge for Records {
    fn enter(&mut self, _: &[Element], _: Millis) {}

    fn leave(&mut self, _: &Element) {}

    fn figure(&self, group: &Group, low: usize, high: usize, _: Millis) -> Option<f64> {
        Some(group.records(low, high) as f64)
    }
}

/// Distinct values. A record that lacks one of the fields has no value.
pub(super) struct Values {
    /// By entry: number of its value.
    value: Vec<Option<u32>>,
    times: Vec<u32>,
    distinct: usize,
}

impl Values {
    pub(super) fn new(entries: &[Entry], columns: &[Vec<usize>]) -> Values {
        let mut numbers = Numbers::with_capacity_and_hasher(entries.len(), Folding::default());
        let value = entries
            .iter()
            .map(|entry| {
                let tuple = Tuple::of(entry, columns);
                tuple.is_whole().then(|| {
                    let next = numbers.len() as u32;
                    *numbers.entry(tuple).or_insert(next)
                })
            })
            .collect();
        Values { value, times: vec![0; numbers.len()], distinct: 0 }
    }
}

impl Judge for Values {
    fn enter(&mut self, instant: &[Element], _: Millis) {
        for element in instant {
            if let Some(value) = self.value[element.entry as usize] {
                let times = &mut self.times[value as usize];
                self.distinct += usize::from(*times == 0);
                *times += 1;
            }
        }
    }

    fn leave(&mut self, element: &Element) {
        if let Some(value) = self.value[element.entry as usize] {
            let times = &mut self.times[value as usize];
            *times -= 1;
            self.distinct -= usize::from(*times == 0);
        }
    }

    fn figure(&self, _: &Group, _: usize, _: usize, _: Millis) -> Option<f64> {
        Some(self.distinct as f64)
    }
}

/// The bounds of a correlation.
pub(super) fn bounds(kind: &NodeKind) -> &[Bound] {
    match kind {
        NodeKind::EventCount(bounds)
        | NodeKind::ValueCount(bounds, _)
        | NodeKind::Temporal(bounds, _)
        | NodeKind::TemporalOrdered(bounds)
        | NodeKind::Sum(bounds, _)
        | NodeKind::Avg(bounds, _)
        | NodeKind::Percentile(_, bounds, _) => bounds,
    }
}

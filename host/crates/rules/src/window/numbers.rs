//! Sums, means and percentiles of a window. A record counts once, however many rules it matched.

use model::Millis;

use super::Entry;
use super::judge::Judge;
use super::run::{Element, Group};
use super::tuple::Tuple;

/// The number that an entry gives: the first of its columns that is one.
pub(super) fn number(entry: &Entry, columns: &[Vec<usize>]) -> Option<f64> {
    Tuple::of(entry, columns).iter().find_map(|datum| datum.number()).filter(|number| number.is_finite())
}

/// A millionth: sums are kept in whole multiples of it, so that they do not depend on the order of adding.
const UNIT: f64 = 1_000_000.0;
/// Numbers beyond are taken as this: a full window of them still fits.
const LARGEST: f64 = 1e24;

/// Sum or mean of the records that have a number; none if no record has.
pub(super) struct Sum {
    units: Vec<Option<i128>>,
    total: i128,
    numbers: u64,
    mean: bool,
}

impl Sum {
    pub(super) fn new(entries: &[Entry], columns: &[Vec<usize>], mean: bool) -> Sum {
        let units = entries.iter().map(|entry| number(entry, columns).map(units)).collect();
        Sum { units, total: 0, numbers: 0, mean }
    }
}

/// A number in millionths.
pub(super) fn units(number: f64) -> i128 {
    (number.clamp(-LARGEST, LARGEST) * UNIT).round() as i128
}

/// The number that millionths stand for.
pub(super) fn from_units(units: i128) -> f64 {
    units as f64 / UNIT
}

impl Judge for Sum {
    fn enter(&mut self, instant: &[Element], _: Millis) {
        for element in instant.iter().filter(|e| e.new_record) {
            if let Some(units) = self.units[element.entry as usize] {
                self.total += units;
                self.numbers += 1;
            }
        }
    }

    fn leave(&mut self, element: &Element) {
        if let (true, Some(units)) = (element.new_record, self.units[element.entry as usize]) {
            self.total -= units;
            self.numbers -= 1;
        }
    }

    fn figure(&self, _: &Group, _: usize, _: usize, _: Millis) -> Option<f64> {
        let sum = from_units(self.total);
        match self.numbers {
            0 => None,
            numbers if self.mean => Some(sum / numbers as f64),
            _ => Some(sum),
        }
    }
}

/// Percentile with linear interpolation between the nearest ranks; none if no record has a number.
pub(super) struct Percentile {
    /// By entry: place of its number among `sorted`.
    place: Vec<Option<u32>>,
    sorted: Vec<f64>,
    /// Counts in a binary indexed tree over the places.
    tree: Vec<u32>,
    numbers: u32,
    percent: f64,
}

impl Percentile {
    pub(super) fn new(entries: &[Entry], columns: &[Vec<usize>], percent: f64) -> Percentile {
        let numbers: Vec<Option<f64>> = entries.iter().map(|entry| number(entry, columns)).collect();
        let mut sorted: Vec<f64> = numbers.iter().flatten().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let place = |n: f64| sorted.partition_point(|s| s.total_cmp(&n).is_lt()) as u32;
        let place = numbers.into_iter().map(|n| n.map(place)).collect();
        let tree = vec![0; sorted.len() + 1];
        Percentile { place, sorted, tree, numbers: 0, percent: percent.clamp(0.0, 100.0) }
    }

    fn add(&mut self, place: u32, more: bool) {
        let mut at = place as usize + 1;
        while at < self.tree.len() {
            let count = &mut self.tree[at];
            *count = if more { count.wrapping_add(1) } else { count.wrapping_sub(1) };
            at += at & at.wrapping_neg();
        }
        self.numbers = if more { self.numbers + 1 } else { self.numbers - 1 };
    }

    /// The number with so many others before it in order.
    fn at(&self, rank: u32) -> f64 {
        let (mut place, mut left) = (0, rank);
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if place + step < self.tree.len() && self.tree[place + step] <= left {
                place += step;
                left -= self.tree[place];
            }
            step /= 2;
        }
        self.sorted[place.min(self.sorted.len() - 1)]
    }
}

impl Judge for Percentile {
    fn enter(&mut self, instant: &[Element], _: Millis) {
        for element in instant.iter().filter(|e| e.new_record) {
            if let Some(place) = self.place[element.entry as usize] {
                self.add(place, true);
            }
        }
    }

    fn leave(&mut self, element: &Element) {
        if let (true, Some(place)) = (element.new_record, self.place[element.entry as usize]) {
            self.add(place, false);
        }
    }

    fn figure(&self, _: &Group, _: usize, _: usize, _: Millis) -> Option<f64> {
        let last = self.numbers.checked_sub(1)?;
        let rank = self.percent / 100.0 * f64::from(last);
        let below = self.at(rank.floor() as u32);
        let above = self.at(rank.ceil() as u32);
        Some(below + (above - below) * rank.fract())
    }
}

//! What a window amounts to: records, distinct values, sums, percentiles, children that fired.
//!
//! A judge takes firings instant by instant as the window's end moves on, and gives back those that its beginning passes.
//! All firings of an instant are in the window before it is judged, so that identities, which order firings of one instant,
//! never decide. Each takes constant or logarithmic time for a firing.

use model::{Millis, RecordId};

use super::ordered::Chains;
use super::run::{Element, Group};
use super::tuple::{Numbers, Tuple};
use super::{Entry, NodeKind};
use crate::sigma::{Bound, Comparison, Condition, Quantifier};

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
        let mut numbers = Numbers::default();
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

/// Children that fired.
pub(super) struct Present {
    times: Vec<u32>,
    fired: usize,
    expression: Option<Expression>,
    /// Neither bounds nor an expression: all must have fired.
    all: bool,
}

impl Present {
    pub(super) fn new(children: usize, bounds: &[Bound], expression: Option<&Condition>) -> Present {
        let all = bounds.is_empty() && expression.is_none();
        let expression = expression.map(|e| Expression::new(e, children));
        Present { times: vec![0; children], fired: 0, expression, all }
    }
}

impl Judge for Present {
    fn enter(&mut self, instant: &[Element], _: Millis) {
        for element in instant {
            let times = &mut self.times[usize::from(element.child)];
            self.fired += usize::from(*times == 0);
            *times += 1;
        }
    }

    fn leave(&mut self, element: &Element) {
        let times = &mut self.times[usize::from(element.child)];
        *times -= 1;
        self.fired -= usize::from(*times == 0);
    }

    fn figure(&self, _: &Group, _: usize, _: usize, _: Millis) -> Option<f64> {
        let holds = match &self.expression {
            Some(expression) => expression.holds(&|child| self.times.get(child).is_some_and(|t| *t > 0)),
            None => !self.all || self.fired == self.times.len(),
        };
        holds.then_some(self.fired as f64)
    }
}

/// A condition over children by their number.
enum Expression {
    Child(usize),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    AtLeast(usize, Vec<usize>),
}

impl Expression {
    /// A name that is no child's number stands for one that never fires.
    fn new(condition: &Condition, children: usize) -> Expression {
        let child = |name: &String| name.parse().unwrap_or(children);
        let list =
            |conditions: &[Condition]| conditions.iter().map(|c| Expression::new(c, children)).collect();
        match condition {
            Condition::Search(name) => Expression::Child(child(name)),
            Condition::And(conditions) => Expression::And(list(conditions)),
            Condition::Or(conditions) => Expression::Or(list(conditions)),
            Condition::Not(inner) => Expression::Not(Box::new(Expression::new(inner, children))),
            Condition::Of(quantifier, names) => {
                let least = match quantifier {
                    Quantifier::AtLeast(least) => *least as usize,
                    Quantifier::All => names.len(),
                };
                Expression::AtLeast(least, names.iter().map(child).collect())
            }
        }
    }

    fn holds(&self, fired: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Expression::Child(child) => fired(*child),
            Expression::And(inner) => inner.iter().all(|e| e.holds(fired)),
            Expression::Or(inner) => inner.iter().any(|e| e.holds(fired)),
            Expression::Not(inner) => !inner.holds(fired),
            Expression::AtLeast(least, children) => {
                children.iter().filter(|&&child| fired(child)).count() >= *least
            }
        }
    }
}

/// Children that fired in their order.
pub(super) struct InOrder<'a> {
    entries: &'a [Entry],
    chains: Chains,
    /// Without bounds the chain must hold all children.
    needed: usize,
    firings: Vec<(usize, RecordId)>,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(entries: &'a [Entry], children: usize, bounds: &[Bound]) -> InOrder<'a> {
        let needed = if bounds.is_empty() { children } else { 0 };
        InOrder { entries, chains: Chains::new(children), needed, firings: Vec::new() }
    }
}

impl Judge for InOrder<'_> {
    fn enter(&mut self, instant: &[Element], now: Millis) {
        self.firings.clear();
        let record = |e: &Element| (usize::from(e.child), self.entries[e.entry as usize].id);
        self.firings.extend(instant.iter().map(record));
        self.chains.instant(now, &self.firings);
    }

    fn leave(&mut self, _: &Element) {}

    fn figure(&self, _: &Group, _: usize, _: usize, from: Millis) -> Option<f64> {
        let longest = self.chains.longest(from);
        (longest >= self.needed).then_some(longest as f64)
    }

    fn clear(&mut self) {
        self.chains.clear();
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

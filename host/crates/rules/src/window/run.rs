//! A correlation tree over sorted entries: which of its nodes fire where.
//!
//! Every node is worked out once, after its children, in one sweep for each of its groups. A node fires at every entry of
//! its group at which its window holds; those firings are entries of the node above.

use model::Millis;

use super::children::{InOrder, Present};
use super::folding::Numbers;
use super::judge::{self, Judge, Records, Values};
use super::numbers::{Percentile, Sum};
use super::tuple::Tuple;
use super::{Entry, Node, NodeKind};
use crate::sigma::Bound;

/// A firing of a child, as an entry of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// The entry at which the child fired.
    pub(super) entry: u32,
    /// Which firing of the child.
    pub(super) fire: u32,
    pub(super) child: u16,
    /// Whether it is the group's first element of its record.
    pub(super) new_record: bool,
    /// Records in the group up to this element.
    records: u32,
}

/// Elements with the same values in the node's group columns.
#[derive(Default)]
pub(super) struct Group {
    /// In order of their entries.
    pub(super) elements: Vec<Element>,
}

impl Group {
    /// Records among the elements. Ranges begin and end between instants, so no record is cut.
    pub(super) fn records(&self, low: usize, high: usize) -> u64 {
        let until = |at: usize| at.checked_sub(1).map_or(0, |before| self.elements[before].records);
        u64::from(until(high) - until(low))
    }

    fn push(&mut self, mut element: Element, entries: &[Entry]) {
        let id = |element: &Element| entries[element.entry as usize].id;
        let before = self.elements.last();
        element.new_record = before.is_none_or(|before| id(before) != id(&element));
        element.records = before.map_or(0, |before| before.records) + u32::from(element.new_record);
        self.elements.push(element);
    }
}

/// A firing of a node: at an entry, over a range of its group's elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fire {
    pub(super) entry: u32,
    pub(super) group: u32,
    pub(super) low: u32,
    pub(super) high: u32,
    pub(super) value: f64,
}

/// What one node did.
pub(super) struct Run {
    pub(super) is_leaf: bool,
    pub(super) groups: Vec<Group>,
    /// In order of entries, at most one for each.
    pub(super) fires: Vec<Fire>,
    pub(super) children: Vec<Run>,
}

/// Which entries may fire a leaf, and what figure they have.
pub(super) struct Passing<'a> {
    /// By entry; none if all may.
    pub(super) pass: Option<&'a [bool]>,
    /// By entry; none if it is one.
    pub(super) value: Option<&'a [f64]>,
}

/// Works out the root's firings at `from` or later. A leaf is taken as a window of no length around each of its entries.
pub(super) fn root(node: &Node, entries: &[Entry], passing: &Passing<'_>, from: Millis) -> Run {
    match node {
        Node::Leaf(_) => {
            let leaf = run(node, entries, passing, from);
            let groups = gather(std::slice::from_ref(&leaf), &[], entries);
            let mut fires = sweep(entries, &groups, Sweep { span: 0, from, bounds: &[] }, Records);
            if let Some(value) = passing.value {
                for fire in &mut fires {
                    fire.value = value[fire.entry as usize];
                }
            }
            Run { is_leaf: false, groups, fires, children: vec![leaf] }
        }
        Node::Correlation { .. } => run(node, entries, passing, from),
    }
}

fn run(node: &Node, entries: &[Entry], passing: &Passing<'_>, from: Millis) -> Run {
    let (kind, children, group) = match node {
        Node::Leaf(leaf) => {
            let first = entries.partition_point(|e| e.time < from);
            let fires = (first..entries.len())
                .filter(|&at| entries[at].leaf == *leaf && passing.pass.is_none_or(|pass| pass[at]))
                .map(|at| Fire { entry: at as u32, group: 0, low: 0, high: 0, value: 1.0 })
                .collect();
            return Run { is_leaf: true, groups: Vec::new(), fires, children: Vec::new() };
        }
        Node::Correlation { kind, children, group, .. } => (kind, children, group),
    };
    let span = node.timespan();
    // Windows that end at `from` reach so far back: no firing before has a part in them.
    let below = from.saturating_sub(span);
    let runs: Vec<Run> = children.iter().map(|child| run(child, entries, passing, below)).collect();
    let groups = gather(&runs, group, entries);
    let sweep_over = Sweep { span, from, bounds: judge::bounds(kind) };
    let fires = match kind {
        NodeKind::EventCount(_) => sweep(entries, &groups, sweep_over, Records),
        NodeKind::ValueCount(_, columns) => {
            sweep(entries, &groups, sweep_over, Values::new(entries, columns))
        }
        NodeKind::Temporal(bounds, expression) => {
            let judge = Present::new(children.len(), bounds, expression.as_ref());
            sweep(entries, &groups, sweep_over, judge)
        }
        NodeKind::TemporalOrdered(bounds) => {
            sweep(entries, &groups, sweep_over, InOrder::new(entries, children.len(), bounds))
        }
        NodeKind::Sum(_, columns) => sweep(entries, &groups, sweep_over, Sum::new(entries, columns, false)),
        NodeKind::Avg(_, columns) => sweep(entries, &groups, sweep_over, Sum::new(entries, columns, true)),
        NodeKind::Percentile(percent, _, columns) => {
            sweep(entries, &groups, sweep_over, Percentile::new(entries, columns, *percent))
        }
    };
    Run { is_leaf: false, groups, fires, children: runs }
}

/// The children's firings by group, groups in order of their first entry.
fn gather(children: &[Run], columns: &[Vec<usize>], entries: &[Entry]) -> Vec<Group> {
    let mut elements: Vec<Element> = Vec::with_capacity(children.iter().map(|c| c.fires.len()).sum());
    for (child, run) in children.iter().enumerate() {
        elements.extend(run.fires.iter().enumerate().map(|(fire, f)| Element {
            entry: f.entry,
            fire: fire as u32,
            child: child as u16,
            new_record: true,
            records: 0,
        }));
    }
    if children.len() > 1 {
        elements.sort_unstable_by_key(|e| (e.entry, e.child));
    }
    let mut groups: Vec<Group> = Vec::new();
    if columns.iter().all(Vec::is_empty) {
        if !elements.is_empty() {
            let mut group = Group { elements: Vec::with_capacity(elements.len()) };
            elements.iter().for_each(|e| group.push(*e, entries));
            groups.push(group);
        }
        return groups;
    }
    let mut numbers = Numbers::default();
    for element in elements {
        let next = groups.len() as u32;
        let number = *numbers.entry(Tuple::of(&entries[element.entry as usize], columns)).or_insert(next);
        if number == next {
            groups.push(Group::default());
        }
        groups[number as usize].push(element, entries);
    }
    groups
}

/// What a sweep looks for.
#[derive(Clone, Copy)]
struct Sweep<'a> {
    span: Millis,
    /// Instants before only fill the window.
    from: Millis,
    bounds: &'a [Bound],
}

/// Judges every instant of every group.
fn sweep<J: Judge>(entries: &[Entry], groups: &[Group], over: Sweep<'_>, mut judge: J) -> Vec<Fire> {
    let mut fires: Vec<Fire> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let elements = &group.elements;
        let time = |at: usize| entries[elements[at].entry as usize].time;
        let (mut low, mut begin) = (0, 0);
        while begin < elements.len() {
            let now = time(begin);
            let begins = now.saturating_sub(over.span);
            let mut high = begin + 1;
            while high < elements.len() && time(high) == now {
                high += 1;
            }
            judge.enter(&elements[begin..high], now);
            while time(low) < begins {
                judge.leave(&elements[low]);
                low += 1;
            }
            let figure = if now < over.from { None } else { judge.figure(group, low, high, begins) };
            if let Some(value) = figure.filter(|value| judge::holds(over.bounds, *value)) {
                for element in &elements[begin..high] {
                    // An entry at which several children fired is one.
                    if fires.last().is_some_and(|f| f.entry == element.entry && f.group == number as u32) {
                        continue;
                    }
                    let (low, high) = (low as u32, high as u32);
                    fires.push(Fire { entry: element.entry, group: number as u32, low, high, value });
                }
            }
            begin = high;
        }
        elements[low..].iter().for_each(|element| judge.leave(element));
        judge.clear();
    }
    if groups.len() > 1 {
        fires.sort_unstable_by_key(|fire| fire.entry);
    }
    fires
}

//! Why a rule finds something in given records or not: which of its rules hold of each, and what its windows amount to.
//!
//! Owns putting the parts' answers side by side for people. Does not own the parts: clauses (`matching`), scripts (`script`) and
//! windows (`window`) are asked exactly as the evaluator asks them. To see how near a window came it is worked out once more with
//! bounds that everything fulfils.

use std::collections::BTreeMap;

use model::{Millis, RecordId};

use crate::evaluator::{datum, finding};
use crate::record::{Field, Fields, World};
use crate::set::{Plan, RuleSet};
use crate::sigma::{Bound, Comparison};
use crate::window::{Cell, Datum, Entry, Episode, Node, NodeKind, Predicate, Spec};

/// Most windows told for one rule: the nearest ones.
pub const MAX_WINDOWS: usize = 20;

/// What a rule below a plan says of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct LeafSays {
    /// Which leaf of the plan.
    pub leaf: u16,
    /// Its rule.
    pub rule: String,
    /// Position of the detection in the set, to ask its program for clauses.
    pub detection: usize,
    /// Whether the declarative part holds.
    pub matched: bool,
    /// Whether the script holds, or why it failed; none without one, or if it asks for window counts.
    pub when: Option<Result<bool, String>>,
    /// What the script read.
    pub read: Vec<(&'static str, Option<String>)>,
    /// Fields of the group that the record belongs to.
    pub group: Vec<(&'static str, String)>,
}

impl LeafSays {
    /// Whether the record counts for this leaf, as far as the record itself decides.
    pub fn holds(&self) -> bool {
        self.matched && self.when != Some(Ok(false)) && !matches!(self.when, Some(Err(_)))
    }
}

/// What a window amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSays {
    /// Fields that all its records share.
    pub group: Vec<(&'static str, String)>,
    /// Records that took part.
    pub records: u64,
    /// Count, sum, mean or percentile where it was largest; of temporal kinds the number of rules.
    pub value: f64,
    /// First record.
    pub first: Millis,
    /// Last record.
    pub last: Millis,
    /// Whether the rule fires in it.
    pub fires: bool,
    /// It would fire, but is not unusual enough for the rule's baseline, or the history is too short to tell.
    pub usual: bool,
}

/// What each rule below a plan says of a record.
pub fn record<F: Fields>(set: &RuleSet, plan: &Plan, record: &F, world: &World) -> Vec<LeafSays> {
    let leaves = (0u16..).zip(&plan.leaves).filter_map(|(leaf, of)| {
        let detection = set.detections().get(of.detection)?;
        let mut memo = crate::matching::Memo::default();
        let matched = detection.program.matches(record, world, &mut memo);
        let when = detection.when.as_ref().map(|w| w.holds(record, world).map_err(|e| e.to_string()));
        let read = detection.when.as_ref().map_or_else(Vec::new, |when| {
            let fields = when.fields().iter().map(Field::Table);
            fields.map(|field| (field.name(), value(field, record, world))).collect()
        });
        let group = group_columns(plan, leaf).into_iter().map(|column| {
            let field = of.columns[column];
            (field.name(), value(field, record, world).unwrap_or_else(absent))
        });
        Some(LeafSays {
            leaf,
            rule: detection.name.clone(),
            detection: of.detection,
            matched,
            when,
            read,
            group: group.collect(),
        })
    });
    leaves.collect()
}

fn absent() -> String {
    "absent".to_owned()
}

/// A field of a record as people read it; none if it is absent.
pub fn value<F: Fields>(field: Field, record: &F, world: &World) -> Option<String> {
    finding::text(field, &datum::of(field, record, world), world)
}

/// What a bound asks for, in words.
pub fn bounds(plan: &Plan) -> Option<String> {
    let Node::Correlation { kind, children, timespan, .. } = &plan.spec.root else { return None };
    let (what, bounds) = match kind {
        NodeKind::EventCount(bounds) => ("records".to_owned(), bounds),
        NodeKind::ValueCount(bounds, _) => ("values".to_owned(), bounds),
        NodeKind::Temporal(bounds, _) => ("rules".to_owned(), bounds),
        NodeKind::TemporalOrdered(bounds) => ("rules in order".to_owned(), bounds),
        NodeKind::Sum(bounds, _) => ("as sum".to_owned(), bounds),
        NodeKind::Avg(bounds, _) => ("as mean".to_owned(), bounds),
        NodeKind::Percentile(percentile, bounds, _) => (format!("as percentile {percentile}"), bounds),
    };
    let wanted = match kind {
        NodeKind::Temporal(_, Some(_)) => "the rules that its condition asks for".to_owned(),
        NodeKind::Temporal(..) | NodeKind::TemporalOrdered(_) if bounds.is_empty() => {
            format!("all {} {what}", children.len())
        }
        _ => {
            let each = bounds.iter().map(|b| format!("{} {}", word(b.comparison), b.value));
            format!("{} {what}", each.collect::<Vec<_>>().join(" and "))
        }
    };
    Some(format!("{wanted} within {}", span(*timespan)))
}

fn word(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Lt => "less than",
        Comparison::Lte => "at most",
        Comparison::Gt => "more than",
        Comparison::Gte => "at least",
        Comparison::Eq => "exactly",
        Comparison::Neq => "other than",
    }
}

fn span(millis: Millis) -> String {
    const UNITS: [(Millis, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let unit = UNITS.iter().find(|(unit, _)| millis % unit == 0 && millis >= *unit);
    unit.map_or_else(|| format!("{millis}ms"), |(unit, name)| format!("{}{name}", millis / unit))
}

/// What the windows of a plan amount to over these records: those that fire, those that only the baseline keeps back, then the
/// fullest.
pub fn windows<F: Fields>(set: &RuleSet, plan: &Plan, records: &[F], world: &World) -> Vec<WindowSays> {
    let mut cells: BTreeMap<Vec<Datum>, Vec<Entry>> = BTreeMap::new();
    for one in records {
        for says in record(set, plan, one, world).into_iter().filter(LeafSays::holds) {
            let leaf = &plan.leaves[usize::from(says.leaf)];
            let columns: Box<[Datum]> = leaf.columns.iter().map(|f| datum::of(*f, one, world)).collect();
            let partition = leaf.partition.iter().map(|c| columns[*c].clone()).collect();
            let entry =
                Entry { time: one.start(), id: one.id(), leaf: says.leaf, report: one.report(), columns };
            cells.entry(partition).or_default().push(entry);
        }
    }
    let open =
        Spec { root: relaxed(&plan.spec.root), baseline: None, has_predicate: false, ..plan.spec.clone() };
    let unusual = Spec { baseline: None, ..plan.spec.clone() };
    let mut found = Vec::new();
    for entries in cells.into_values() {
        let fires = episodes(&plan.spec, &entries, plan, world);
        let would =
            if plan.spec.baseline.is_some() { episodes(&unusual, &entries, plan, world) } else { Vec::new() };
        for episode in episodes(&open, &entries, plan, world) {
            let overlaps = |other: &Episode| {
                other.first <= episode.last
                    && episode.first <= other.last
                    && is_same_group(plan, other, &episode)
            };
            let fired = fires.iter().any(overlaps);
            found.push(WindowSays {
                group: group_of(plan, &episode, world),
                records: episode.figures.count,
                value: episode.figures.value,
                first: episode.first,
                last: episode.last,
                fires: fired,
                usual: !fired && would.iter().any(overlaps),
            });
        }
    }
    let rank = |w: &WindowSays| (!w.fires, !w.usual);
    found.sort_by(|a, b| rank(a).cmp(&rank(b)).then(b.value.total_cmp(&a.value)).then(a.first.cmp(&b.first)));
    found.truncate(MAX_WINDOWS);
    found
}

fn episodes(spec: &Spec, entries: &[Entry], plan: &Plan, world: &World) -> Vec<Episode> {
    let mut cell = Cell::default();
    for entry in entries {
        // One that does not fit is one of thousands: the window is full enough to be told.
        let _ = cell.insert(spec, entry.clone());
    }
    let predicate = plan.predicate.as_ref().filter(|_| spec.has_predicate).zip(plan.leaves.first());
    let predicate = predicate.map(|(when, leaf)| when.predicate(&leaf.columns, world));
    let horizon = entries.iter().map(|e| e.time).min().unwrap_or(0);
    cell.evaluate(spec, horizon, predicate.as_ref().map(|p| p as &dyn Predicate));
    cell.episodes().cloned().collect()
}

/// The root with bounds that every number fulfils, so that its largest value shows.
fn relaxed(root: &Node) -> Node {
    let Node::Correlation { kind, children, timespan, group } = root else { return root.clone() };
    let any = vec![Bound { comparison: Comparison::Gte, value: f64::MIN }];
    let one = vec![Bound { comparison: Comparison::Gte, value: 1.0 }];
    let kind = match kind {
        NodeKind::EventCount(_) => NodeKind::EventCount(one),
        NodeKind::ValueCount(_, columns) => NodeKind::ValueCount(one, columns.clone()),
        NodeKind::Temporal(..) => NodeKind::Temporal(one, None),
        NodeKind::TemporalOrdered(_) => NodeKind::TemporalOrdered(one),
        NodeKind::Sum(_, columns) => NodeKind::Sum(any, columns.clone()),
        NodeKind::Avg(_, columns) => NodeKind::Avg(any, columns.clone()),
        NodeKind::Percentile(percentile, _, columns) => {
            NodeKind::Percentile(*percentile, any, columns.clone())
        }
    };
    Node::Correlation { kind, children: children.clone(), timespan: *timespan, group: group.clone() }
}

/// Columns of a leaf that separate the groups of the root.
fn group_columns(plan: &Plan, leaf: u16) -> Vec<usize> {
    let of = &plan.leaves[usize::from(leaf)];
    let mut columns = of.partition.clone();
    if let Node::Correlation { group, .. } = &plan.spec.root
        && let Some(more) = group.get(usize::from(leaf))
    {
        columns.extend(more);
    }
    columns
}

fn is_same_group(plan: &Plan, one: &Episode, other: &Episode) -> bool {
    let values = |episode: &Episode| -> Vec<Datum> {
        group_columns(plan, episode.leaf)
            .into_iter()
            .filter_map(|c| episode.columns.get(c).cloned())
            .collect()
    };
    values(one) == values(other)
}

fn group_of(plan: &Plan, episode: &Episode, world: &World) -> Vec<(&'static str, String)> {
    let leaf = &plan.leaves[usize::from(episode.leaf)];
    let columns = group_columns(plan, episode.leaf).into_iter();
    let told = columns.filter_map(|column| {
        let field = *leaf.columns.get(column)?;
        let text = finding::text(field, episode.columns.get(column)?, world);
        Some((field.name(), text.unwrap_or_else(absent)))
    });
    told.collect()
}

/// Which records of a plan's leaf a window with window counts in its script would take: the script's answer for each record.
pub fn predicate<F: Fields>(
    set: &RuleSet,
    plan: &Plan,
    records: &[F],
    world: &World,
) -> Vec<(RecordId, Result<bool, String>)> {
    let Some((when, leaf)) = plan.predicate.as_ref().zip(plan.leaves.first()) else { return Vec::new() };
    let mut groups: BTreeMap<Vec<Datum>, Vec<Entry>> = BTreeMap::new();
    for one in records {
        if record(set, plan, one, world).iter().any(LeafSays::holds) {
            let columns: Box<[Datum]> = leaf.columns.iter().map(|f| datum::of(*f, one, world)).collect();
            let partition = leaf.partition.iter().map(|c| columns[*c].clone()).collect();
            let entry = Entry { time: one.start(), id: one.id(), leaf: 0, report: one.report(), columns };
            groups.entry(partition).or_default().push(entry);
        }
    }
    let mut answers = Vec::new();
    for mut entries in groups.into_values() {
        entries.sort_by_key(|e| (e.time, e.id));
        let asked = when.predicate(&leaf.columns, world);
        for at in 0..entries.len() {
            answers.push((entries[at].id, asked.holds(&entries, at).map_err(|e| e.message)));
        }
    }
    answers
}

#[cfg(test)]
mod tests;

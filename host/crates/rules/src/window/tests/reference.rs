//! What a cell must amount to, worked out from all entries without any cleverness.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tuple::digest;
use super::super::{judge, numbers as exact};
use super::*;
use crate::sigma::{Baseline, Condition, Quantifier};

const DAY: Millis = 86_400_000;

#[derive(Clone, Debug)]
struct Fire {
    at: usize,
    value: f64,
    /// Time and entry of the window's first element.
    opening: usize,
    records: BTreeSet<(Millis, RecordId)>,
}

#[derive(Clone, Debug)]
struct Part<'a> {
    child: usize,
    fire: &'a Fire,
}

/// All episodes of a set of entries.
pub(super) fn episodes(spec: &Spec, entries: &[Entry], predicate: Option<&dyn Predicate>) -> Vec<Episode> {
    let mut entries = entries.to_vec();
    entries.sort_by_key(|e| (e.time, e.id, e.leaf));
    entries.dedup_by_key(|e| (e.time, e.id, e.leaf));
    let figures: Vec<Option<f64>> = (0..entries.len())
        .map(|at| {
            let figure = passes(spec, &entries, at)?;
            match predicate {
                Some(predicate) if spec.has_predicate => {
                    predicate.holds(&entries, at).ok()?.then_some(figure)
                }
                _ => Some(figure),
            }
        })
        .collect();
    let mut fires = fires(&spec.root, &entries, &figures);
    if matches!(spec.root, Node::Leaf(_)) {
        let all = fires.clone();
        for fire in &mut fires {
            let now = entries[fire.at].time;
            for other in all.iter().filter(|f| entries[f.at].time == now) {
                fire.records.extend(&other.records);
                fire.opening = fire.opening.min(other.at);
            }
        }
    }
    fold(spec, &entries, &fires)
}

fn columns(entry: &Entry, by_leaf: &[Vec<usize>]) -> Vec<Datum> {
    let columns = by_leaf.get(usize::from(entry.leaf)).cloned().unwrap_or_default();
    columns.iter().map(|&c| entry.columns.get(c).cloned().unwrap_or_default()).collect()
}

fn fires(node: &Node, entries: &[Entry], figures: &[Option<f64>]) -> Vec<Fire> {
    let (kind, children, span, group) = match node {
        Node::Leaf(leaf) => {
            return (0..entries.len())
                .filter(|&at| entries[at].leaf == *leaf)
                .filter_map(|at| {
                    let records = [(entries[at].time, entries[at].id)].into();
                    Some(Fire { at, value: figures[at]?, opening: at, records })
                })
                .collect();
        }
        Node::Correlation { kind, children, timespan, group } => (kind, children, *timespan, group),
    };
    let below: Vec<Vec<Fire>> = children.iter().map(|c| fires(c, entries, figures)).collect();
    let mut fired = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if !below.iter().flatten().any(|f| f.at == at) {
            continue;
        }
        let key = columns(entry, group);
        let mut window: Vec<Part<'_>> = Vec::new();
        for (child, fires) in below.iter().enumerate() {
            for fire in fires {
                let other = &entries[fire.at];
                let is_in = other.time <= entry.time && entry.time - other.time <= span;
                if is_in && columns(other, group) == key {
                    window.push(Part { child, fire });
                }
            }
        }
        window.sort_by_key(|part| (part.fire.at, part.child));
        let Some(value) = figure(kind, children.len(), &window, entries) else { continue };
        if judge::holds(judge::bounds(kind), value) {
            let records = window.iter().flat_map(|p| p.fire.records.clone()).collect();
            fired.push(Fire { at, value, opening: window[0].fire.at, records });
        }
    }
    fired
}

fn figure(kind: &NodeKind, children: usize, window: &[Part<'_>], entries: &[Entry]) -> Option<f64> {
    let numbers = |by_leaf: &[Vec<usize>]| -> Vec<f64> {
        let mut seen = BTreeSet::new();
        let first = window.iter().filter(|p| seen.insert(entries[p.fire.at].id));
        first.filter_map(|p| exact::number(&entries[p.fire.at], by_leaf)).collect()
    };
    let fired: BTreeSet<usize> = window.iter().map(|p| p.child).collect();
    match kind {
        NodeKind::EventCount(_) => {
            Some(window.iter().map(|p| entries[p.fire.at].id).collect::<BTreeSet<_>>().len() as f64)
        }
        NodeKind::ValueCount(_, by_leaf) => {
            let values = window.iter().map(|p| columns(&entries[p.fire.at], by_leaf));
            let whole = values.filter(|v| !v.is_empty() && !v.contains(&Datum::Absent));
            Some(whole.collect::<BTreeSet<_>>().len() as f64)
        }
        NodeKind::Sum(_, by_leaf) => {
            let numbers = numbers(by_leaf);
            (!numbers.is_empty()).then(|| exact::from_units(numbers.iter().map(|n| exact::units(*n)).sum()))
        }
        NodeKind::Avg(_, by_leaf) => {
            let numbers = numbers(by_leaf);
            let sum = exact::from_units(numbers.iter().map(|n| exact::units(*n)).sum());
            (!numbers.is_empty()).then(|| sum / numbers.len() as f64)
        }
        NodeKind::Percentile(percent, _, by_leaf) => {
            let mut numbers = numbers(by_leaf);
            numbers.sort_by(f64::total_cmp);
            let rank = percent / 100.0 * (numbers.len().checked_sub(1)? as f64);
            let (low, high) = (numbers[rank.floor() as usize], numbers[rank.ceil() as usize]);
            Some(low + (high - low) * rank.fract())
        }
        NodeKind::Temporal(bounds, expression) => {
            let holds = match expression {
                Some(expression) => condition(expression, &fired),
                None => !bounds.is_empty() || fired.len() == children,
            };
            holds.then_some(fired.len() as f64)
        }
        NodeKind::TemporalOrdered(bounds) => {
            let longest = chain(window, entries, 0, Millis::MIN, &mut Vec::new());
            (!bounds.is_empty() || longest == children).then_some(longest as f64)
        }
    }
}

fn condition(expression: &Condition, fired: &BTreeSet<usize>) -> bool {
    let holds = |name: &String| name.parse().is_ok_and(|child: usize| fired.contains(&child));
    match expression {
        Condition::Search(name) => holds(name),
        Condition::And(all) => all.iter().all(|c| condition(c, fired)),
        Condition::Or(any) => any.iter().any(|c| condition(c, fired)),
        Condition::Not(inner) => !condition(inner, fired),
        Condition::Of(Quantifier::All, names) => names.iter().all(holds),
        Condition::Of(Quantifier::AtLeast(n), names) => {
            names.iter().filter(|name| holds(name)).count() >= *n as usize
        }
    }
}

/// The longest chain from child `from` on, by trying everything.
fn chain(
    window: &[Part<'_>],
    entries: &[Entry],
    from: usize,
    after: Millis,
    used: &mut Vec<RecordId>,
) -> usize {
    let mut longest = 0;
    for part in window {
        let entry = &entries[part.fire.at];
        if part.child >= from && entry.time >= after && !used.contains(&entry.id) {
            used.push(entry.id);
            longest = longest.max(1 + chain(window, entries, part.child + 1, entry.time, used));
            used.pop();
        }
    }
    longest
}

fn fold(spec: &Spec, entries: &[Entry], fires: &[Fire]) -> Vec<Episode> {
    let (group, span) = match &spec.root {
        Node::Leaf(_) => (Vec::new(), 0),
        Node::Correlation { group, timespan, .. } => (group.clone(), *timespan),
    };
    let mut by_group: BTreeMap<Vec<Datum>, Vec<&Fire>> = BTreeMap::new();
    for fire in fires {
        by_group.entry(columns(&entries[fire.at], &group)).or_default().push(fire);
    }
    let mut episodes = Vec::new();
    for (key, fires) in by_group {
        let mut parts: Vec<Vec<&Fire>> = Vec::new();
        for fire in fires {
            let time = |f: &&Fire| entries[f.at].time;
            match parts.last_mut() {
                Some(part)
                    if time(&fire) - time(&part[part.len() - 1]) <= spec.gap.max(span)
                        && time(&fire) - time(&part[0]) <= (7 * DAY).max(span) =>
                {
                    part.push(fire);
                }
                _ => parts.push(vec![fire]),
            }
        }
        episodes.extend(parts.iter().map(|part| episode(spec, entries, &key, part)));
    }
    episodes
}

fn episode(spec: &Spec, entries: &[Entry], key: &[Datum], part: &[&Fire]) -> Episode {
    let records: BTreeSet<_> = part.iter().flat_map(|f| f.records.clone()).collect();
    let opening = &entries[part[0].opening];
    let first = *records.first().expect("a firing has records");
    let first_entry = if first == (opening.time, opening.id) {
        opening
    } else {
        entries.iter().find(|e| (e.time, e.id) == first).expect("a record is an entry")
    };
    let began = entries[part[0].at].time;
    let at_once = part.iter().map(|f| &entries[f.at]).filter(|e| e.time == began);
    let ids: BTreeSet<_> = part.iter().map(|f| entries[f.at].id).collect();
    let is_rate = matches!(spec.baseline, Some((Baseline::Rate { .. }, _)));
    let largest = part.iter().map(|f| f.value).fold(f64::MIN, f64::max);
    let is_count = matches!(spec.root, Node::Leaf(_)) && !is_rate;
    Episode {
        key: match key {
            [] => opening.time.to_string(),
            key => format!("{:016x}-{}", digest(key.iter()), opening.time),
        },
        columns: first_entry.columns.clone(),
        leaf: first_entry.leaf,
        first: first.0,
        last: entries[part[part.len() - 1].at].time,
        raised: at_once.map(|e| e.report).min().expect("a part has firings"),
        figures: Figures {
            count: records.len() as u64,
            value: if is_count { records.len() as f64 } else { largest },
            firings: ids.len() as u64,
        },
        evidence: records.into_iter().take(Episode::MAX_EVIDENCE).map(|(_, id)| id).collect(),
    }
}

/// Whether an entry passes the baseline, and its figure.
fn passes(spec: &Spec, entries: &[Entry], at: usize) -> Option<f64> {
    let Some((baseline, columns)) = &spec.baseline else { return Some(1.0) };
    let day = |time: Millis| time.div_euclid(DAY);
    let now = entries[at].time;
    let warm = |after: u32| entries.iter().any(|e| now - e.time >= Millis::from(after) * DAY);
    match baseline {
        Baseline::NewValue { days, after_days, .. } => {
            let value = |e: &Entry| -> Vec<Datum> {
                columns.iter().map(|&c| e.columns.get(c).cloned().unwrap_or_default()).collect()
            };
            let mine = value(&entries[at]);
            let is_known = entries.iter().any(|e| {
                value(e) == mine && now - e.time >= DAY && day(now) - day(e.time) <= i64::from(*days)
            });
            (warm(*after_days) && !mine.contains(&Datum::Absent) && !is_known).then_some(1.0)
        }
        Baseline::Rate { per, factor, at_least, days, after_days } => {
            let count = entries.iter().filter(|e| e.time <= now && now - e.time <= *per).count();
            let since = entries.iter().map(|e| day(e.time)).min()?;
            let mut peaks: Vec<usize> = (day(now) - i64::from(*days)..=day(now) - 2)
                .filter(|d| *d >= since)
                .map(|d| {
                    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
                    for e in entries {
                        let bucket = e.time.div_euclid(*per);
                        if day(bucket * per) == d {
                            *counts.entry(bucket).or_default() += 1;
                        }
                    }
                    counts.into_values().max().unwrap_or(0)
                })
                .collect();
            peaks.sort_unstable();
            let usual = match peaks.len() {
                0 => 0.0,
                n => (peaks[(n - 1) / 2] + peaks[n / 2]) as f64 / 2.0,
            };
            let is_more = count as f64 > factor * usual && count >= *at_least as usize;
            (warm(*after_days) && is_more).then_some(count as f64)
        }
    }
}

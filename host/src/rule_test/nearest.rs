//! Of a rule that found nothing in a case: what was missing on the record, or in the window, that came nearest.
//!
//! Owns what "nearest" means: the fewest lines that would have to hold besides. Does not own the explanations (`rules`).

use std::sync::Arc;

use model::{Event, FieldSet};
use rules::explain::{self, LeafSays};
use rules::matching::Explanation;
use rules::{Plan, RuleSet, World};

use super::expect::span_text;
use super::play::{Reader, services};
use super::record::Made;
use crate::config::Config;
use crate::directory::NamedPlaces;
use crate::engine::memory::MemoryState;

/// Records looked at: each costs a full evaluation without shortcuts.
const MAX_RECORDS: usize = 2_000;
/// Lines told.
const MAX_LINES: usize = 8;
/// Longest line told, in characters.
const MAX_LINE: usize = 300;

/// What was missing, in lines; empty if that cannot be said.
pub(super) fn nearest(set: &Arc<RuleSet>, detector: &str, config: &Config, records: &[Made]) -> Vec<String> {
    let Some(plan) = set.plans().iter().find(|plan| plan.detector == detector) else { return Vec::new() };
    let services = services(config, &Arc::new(MemoryState::default()));
    let places = NamedPlaces::new(services.directory.clone(), services.names.clone());
    let world = World { names: services.names.clone(), places: Arc::new(places) };
    let mut reader = Reader::new(&services, FieldSet::ALL);
    let mut events: Vec<Event> = Vec::new();
    for record in records.iter().take(MAX_RECORDS) {
        let Ok(event) = reader.read(record) else { return Vec::new() };
        events.push(event.clone());
    }
    let mut lines = of_leaves(set, plan, &events, records, &world);
    if lines.is_empty() {
        lines = of_windows(set, plan, &events, &world);
    }
    lines.truncate(MAX_LINES);
    lines.iter().map(|line| line.chars().take(MAX_LINE).collect()).collect()
}

/// For each rule that no record fulfils: what the nearest record lacks.
fn of_leaves(set: &RuleSet, plan: &Plan, events: &[Event], records: &[Made], world: &World) -> Vec<String> {
    // By leaf: the cost of the nearest record and which it is.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; plan.leaves.len()];
    for (at, event) in events.iter().enumerate() {
        for says in explain::record(set, plan, event, world) {
            let known = &mut best[usize::from(says.leaf)];
            if known.is_some_and(|(cost, _)| cost == 0) {
                continue;
            }
            let cost = if says.holds() {
                0
            } else if says.matched {
                1
            } else {
                cost(&set.detections()[says.detection].program.explain(event, world)).max(1)
            };
            if known.is_none_or(|(other, _)| cost < other) {
                *known = Some((cost, at));
            }
        }
    }
    let mut lines = Vec::new();
    for (leaf, at) in
        best.into_iter().enumerate().filter_map(|(leaf, b)| Some((leaf, b.filter(|(cost, _)| *cost > 0)?.1)))
    {
        let says = explain::record(set, plan, &events[at], world);
        let Some(says) = says.into_iter().find(|s| usize::from(s.leaf) == leaf) else { continue };
        lines.push(format!(
            "no record fulfils '{}'; the nearest is that of line {}{}:",
            says.rule,
            records[at].span.line,
            if records[at].repetition > 0 {
                format!(", repetition {}", records[at].repetition)
            } else {
                String::new()
            }
        ));
        lines.extend(lacks(set, &says, &events[at], world).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// What a record lacks for a rule.
fn lacks(set: &RuleSet, says: &LeafSays, event: &Event, world: &World) -> Vec<String> {
    if says.matched {
        let read: Vec<String> = says
            .read
            .iter()
            .map(|(name, value)| format!("{name} {}", value.as_deref().unwrap_or("absent")))
            .collect();
        return match &says.when {
            Some(Err(error)) => vec![format!("'when' failed: {error}")],
            _ => vec![format!("'when' is false with {}", read.join(", "))],
        };
    }
    let told = set.detections()[says.detection].program.explain(event, world);
    let mut failing = Vec::new();
    blame(&told, &mut failing);
    failing.into_iter().map(clause).collect()
}

/// A part of a rule with the record's value and how near it was.
pub fn clause(part: &Explanation) -> String {
    let mut text = part.what.clone();
    if part.span.line > 0 {
        text.push_str(&format!(" (line {})", part.span.line));
    }
    if let Some(actual) = &part.actual {
        text.push_str(&format!(": is {actual}"));
    }
    if let Some(near) = &part.near {
        text.push_str(&format!("; {near}"));
    }
    text
}

/// How many of a part's lines would have to change for it to hold.
fn cost(part: &Explanation) -> usize {
    if part.held {
        return 0;
    }
    let costs = || part.parts.iter().map(cost);
    match needed(part) {
        None => 1,
        Some(needed) => {
            let held = part.parts.iter().filter(|p| p.held).count();
            let mut missing: Vec<usize> = costs().filter(|c| *c > 0).collect();
            missing.sort_unstable();
            missing.into_iter().take(needed.saturating_sub(held)).sum::<usize>().max(1)
        }
    }
}

/// How many of its parts must hold; none for lines, and for `not`, whose parts must not.
fn needed(part: &Explanation) -> Option<usize> {
    match part.what.as_str() {
        _ if part.parts.is_empty() => None,
        "not" => None,
        "one of" => Some(1),
        what => {
            let number = what.strip_suffix(" of").and_then(|n| n.parse().ok());
            Some(number.unwrap_or(part.parts.len()))
        }
    }
}

/// The lines that keep a part from holding, those of the cheapest way.
fn blame<'a>(part: &'a Explanation, out: &mut Vec<&'a Explanation>) {
    if part.held {
        return;
    }
    let Some(needed) = needed(part) else {
        if part.what == "not" {
            fulfilled(part, out)
        } else {
            out.push(part)
        }
        return;
    };
    let held = part.parts.iter().filter(|p| p.held).count();
    let mut missing: Vec<&Explanation> = part.parts.iter().filter(|p| !p.held).collect();
    missing.sort_by_key(|p| cost(p));
    for part in missing.into_iter().take(needed.saturating_sub(held).max(1)) {
        blame(part, out);
    }
}

/// The lines that hold under a `not` and should not.
fn fulfilled<'a>(part: &'a Explanation, out: &mut Vec<&'a Explanation>) {
    for part in part.parts.iter().filter(|p| p.held) {
        if part.parts.is_empty() { out.push(part) } else { fulfilled(part, out) }
    }
}

/// How near the windows came.
fn of_windows(set: &RuleSet, plan: &Plan, events: &[Event], world: &World) -> Vec<String> {
    let windows = explain::windows(set, plan, events, world);
    let Some(nearest) = windows.first() else { return Vec::new() };
    let whom: Vec<String> = nearest.group.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let whom = if whom.is_empty() { "all together".to_owned() } else { whom.join(", ") };
    if nearest.usual {
        return vec![format!(
            "the baseline keeps it back: {whom} is not new or not unusual, or has too short a history"
        )];
    }
    let answers = explain::predicate(set, plan, events, world);
    if !answers.is_empty() {
        let held = answers.iter().filter(|(_, answer)| *answer == Ok(true)).count();
        return vec![format!("'when' with its window counts held on {held} of {} records", answers.len())];
    }
    let Some(bounds) = explain::bounds(plan) else { return Vec::new() };
    vec![format!(
        "the fullest window has {} ({whom}, {} over {}); the rule asks for {bounds}",
        nearest.value,
        counted(nearest.records),
        span_text(nearest.last - nearest.first)
    )]
}

fn counted(records: u64) -> String {
    if records == 1 { "1 record".to_owned() } else { format!("{records} records") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(held: bool, what: &str, parts: Vec<Explanation>) -> Explanation {
        Explanation {
            held,
            what: what.to_owned(),
            span: rules::Span::default(),
            actual: None,
            near: None,
            parts,
        }
    }

    #[test]
    fn the_cheapest_way_is_told() {
        let line = |held, what: &str| part(held, what, Vec::new());
        let far = part(false, "all of", vec![line(false, "a"), line(false, "b")]);
        let near = part(false, "all of", vec![line(true, "c"), line(false, "d")]);
        let not = part(false, "not", vec![part(true, "filter", vec![line(true, "e"), line(false, "f")])]);
        let rule = part(false, "rule", vec![part(false, "one of", vec![far, near]), not]);
        assert_eq!(cost(&rule), 2);
        let mut out = Vec::new();
        blame(&rule, &mut out);
        assert_eq!(out.iter().map(|p| p.what.as_str()).collect::<Vec<_>>(), ["d", "e"]);
        let two = part(false, "2 of", vec![line(false, "a"), line(true, "b"), line(false, "c")]);
        assert_eq!(cost(&two), 1);
    }
}

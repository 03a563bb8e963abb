//! Which documents run, in shadow, as a part of others, or not at all and why.
//!
//! Owns the rule of it. Does not own what is made of those that run (`plan`).

use super::link::{Linked, is_run};
use super::{LoadOptions, State, meaning};
use crate::matching::Placeholders;
use crate::sigma::{Document, Metadata, Ours, Status};

/// What each document is good for.
pub(super) fn states(linked: &Linked, options: &LoadOptions) -> Vec<State> {
    let mut states: Vec<Option<State>> = vec![None; linked.documents.len()];
    (0..linked.documents.len()).for_each(|at| {
        state_of(linked, options, at, &mut states);
    });
    let mut states: Vec<State> = states
        .into_iter()
        .map(|s| s.unwrap_or_else(|| State::Inactive("is not understood".to_owned())))
        .collect();
    // What a correlation uses runs as its part only, unless some correlation says `generate`.
    let mut used = vec![(false, false); states.len()];
    for (at, document) in linked.documents.iter().enumerate() {
        let Document::Correlation(correlation) = &**document else { continue };
        // Of one that does not run, the parts stand alone: so their own tests can be run.
        if matches!(states[at], State::Inactive(_)) {
            continue;
        }
        for child in correlation.rules.iter().filter_map(|r| linked.find(r)) {
            used[child].0 = true;
            used[child].1 |= correlation.generate;
        }
    }
    for (state, (is_used, generates)) in states.iter_mut().zip(used) {
        if is_used && !generates && !matches!(state, State::Inactive(_)) {
            *state = State::Part;
        }
    }
    states
}

fn state_of(linked: &Linked, options: &LoadOptions, at: usize, states: &mut [Option<State>]) -> State {
    if let Some(known) = &states[at] {
        return known.clone();
    }
    let meta = linked.documents[at].meta();
    let is_disabled = options.disabled.iter().any(|d| *d == linked.names[at] || Some(d) == meta.id.as_ref());
    let state = if !is_run(meta) {
        State::Inactive(format!(
            "its status is {}",
            if meta.status == Some(Status::Deprecated) { "deprecated" } else { "unsupported" }
        ))
    } else if is_disabled {
        State::Inactive("disabled in the configuration".to_owned())
    } else {
        match &*linked.documents[at] {
            Document::Filter(_) => State::Part,
            Document::Rule(rule) if !rule.logsource.is_ours() => {
                State::Inactive("for another product".to_owned())
            }
            Document::Rule(rule) => match unset(linked, at, &options.placeholders) {
                Some(name) => State::Inactive(format!("placeholder '{name}' is not set")),
                None => running(meta, &rule.ours),
            },
            Document::Correlation(correlation) => {
                let children = correlation.rules.iter().filter_map(|r| linked.find(r));
                let mut state = running(meta, &correlation.ours);
                for child in children.collect::<Vec<_>>() {
                    if let State::Inactive(why) = state_of(linked, options, child, states) {
                        state = State::Inactive(format!("stands on '{}': {why}", linked.names[child]));
                        break;
                    }
                }
                state
            }
        }
    };
    states[at] = Some(state.clone());
    state
}

fn running(meta: &Metadata, ours: &Ours) -> State {
    if ours.shadow || meta.status == Some(Status::Experimental) { State::Shadow } else { State::Active }
}

fn unset(linked: &Linked, at: usize, placeholders: &Placeholders) -> Option<String> {
    placeholders_of(linked, at).into_iter().find(|name| placeholders.values(name).is_empty())
}

/// Placeholders of a rule and its filters.
pub(super) fn placeholders_of(linked: &Linked, at: usize) -> Vec<String> {
    let Some(rule) = linked.rule(at) else { return Vec::new() };
    let mut names = meaning::placeholders_in(&rule.searches);
    linked.filters(at).iter().for_each(|filter| names.extend(meaning::placeholders_in(&filter.searches)));
    names
}

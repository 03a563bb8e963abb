//! What is told of a change: the report in the database and the answers to requests.

use serde_json::{Value, json};

use crate::engine::service::Changed;
use crate::policy::diff::Diff;
use crate::policy::{Policy, Refused};

/// Most warnings kept with a report.
const MAX_WARNINGS: usize = 100;

/// How a look at the files ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Another policy is in force.
    Changed,
    /// The same one.
    Unchanged,
    /// Some file was refused; the rest is in force.
    Refused,
    /// The old policy stays.
    Failed,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Outcome::Changed => "changed",
            Outcome::Unchanged => "unchanged",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }
}

/// Of the policy in force: what is refused, what was warned of, how long the last change took.
pub(super) fn report(policy: &Policy, done: Option<&Changed>) -> Value {
    let warnings: Vec<_> = policy.diagnostics.iter().filter(|d| !d.is_error()).take(MAX_WARNINGS).collect();
    json!({
        "refused": policy.refused,
        "warnings": warnings,
        "pause_micros": done.map(|d| d.pause.as_micros() as u64),
        "restarted": done.map(|d| d.restarted),
        "swapped": done.map(|d| &d.plugins),
    })
}

pub(super) fn changed(policy: &Policy, diff: &Diff, done: Option<&Changed>) -> Value {
    json!({
        "outcome": Outcome::Changed.name(),
        "generation": policy.generation,
        "summary": diff.summary(),
        "diff": diff,
        "refused": policy.refused,
        "pause_micros": done.map(|d| d.pause.as_micros() as u64),
        "restarted": done.is_none_or(|d| d.restarted),
        "swapped": done.map(|d| &d.plugins),
    })
}

pub(super) fn unchanged(generation: u64, refused: &[Refused]) -> Value {
    json!({ "outcome": Outcome::Unchanged.name(), "generation": generation, "refused": refused })
}

pub(super) fn failed(reason: &str) -> Value {
    json!({ "outcome": Outcome::Failed.name(), "reason": reason })
}

/// The reason of a generation that a person went back to.
pub(crate) fn rollback_reason(generation: u64, reason: &str) -> String {
    let more = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("rollback to {generation}{more}")
}

//! What a plugin uses over months of records: memory, state, output, time.
//!
//! Owns the bounds. They are generous: a plugin over one of them grows without end or would be stopped in service.

use std::time::Duration;

use model::Event;

use super::super::drive::{Failed, Figures};
use super::super::{Lab, Told};

/// Growth of memory per 100,000 rows after the warm-up. A hash table that doubles takes a few MiB at once; a leak of a hundred
/// bytes per record is ten.
const MEMORY_MIB_PER_100K: f64 = 8.0;
/// Allowed in any case: an allocator takes memory in pieces.
const MEMORY_SLACK_MIB: f64 = 1.0;
/// State per thing that the plugin is partitioned by. A built-in detector needs a few KiB for a busy user.
const STATE_BYTES_PER_SUBJECT: usize = 64 << 10;
/// State that belongs to no subject: habits of the organisation, counters.
const STATE_SLACK_BYTES: usize = 1 << 20;
/// Growth of state in the last third of a long run with the same people.
const STATE_GROWTH: f64 = 1.25;
/// Below this it does not matter how fast it grows.
const STATE_SMALL_BYTES: usize = 64 << 10;
/// Time per record; five hundred times what a built-in detector takes, ten times what Python takes.
const MAX_PER_RECORD: Duration = Duration::from_micros(50);

fn last<'a>(lab: &'a Lab<'_>) -> Result<(&'a Figures, &'a Figures), Failed> {
    let steps = &lab.long()?.steps;
    match steps.as_slice() {
        [.., before, last] => Ok((before, last)),
        _ => Err(Failed("the long run has too few steps".to_owned())),
    }
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

pub(super) fn memory(lab: &Lab<'_>, _: &[Event]) -> Told {
    let (before, last) = match last(lab) {
        Ok(both) => both,
        Err(Failed(reason)) => return Told::failed(format!("over months of records: {reason}")),
    };
    let rows = last.rows - before.rows;
    if rows == 0 {
        return Told::not_applicable("none of the traffic reaches it");
    }
    let grown = mib(last.memory.saturating_sub(before.memory));
    let allowed = MEMORY_SLACK_MIB + MEMORY_MIB_PER_100K * rows as f64 / 100_000.0;
    let told = if grown > allowed {
        Told::failed(format!(
            "memory grew from {:.1} to {:.1} MiB over the last {rows} of {} rows about the same people; {allowed:.1} MiB are allowed",
            mib(before.memory),
            mib(last.memory),
            last.rows
        ))
    } else {
        Told::ok()
    };
    told.figure("rows", last.rows as f64).figure("memory_mib", mib(last.memory)).figure("growth_mib", grown)
}

pub(super) fn state(lab: &Lab<'_>, _: &[Event]) -> Told {
    let (before, last) = match last(lab) {
        Ok(both) => both,
        Err(Failed(reason)) => return Told::failed(format!("over months of records: {reason}")),
    };
    if last.rows == 0 {
        return Told::not_applicable("none of the traffic reaches it");
    }
    let allowed = STATE_SLACK_BYTES + STATE_BYTES_PER_SUBJECT * last.subjects;
    let is_growing = last.state_bytes > STATE_SMALL_BYTES
        && last.state_bytes as f64 > before.state_bytes as f64 * STATE_GROWTH;
    let told = if last.state_bytes > allowed {
        Told::failed(format!(
            "{:.1} MiB of state about {} subjects; {:.1} MiB are allowed",
            mib(last.state_bytes),
            last.subjects,
            mib(allowed)
        ))
    } else if is_growing {
        Told::failed(format!(
            "state grew from {} to {} bytes over the last {} of {} rows about the same people",
            before.state_bytes,
            last.state_bytes,
            last.rows - before.rows,
            last.rows
        ))
    } else {
        Told::ok()
    };
    told.figure("keys", last.state_keys as f64)
        .figure("bytes", last.state_bytes as f64)
        .figure("bytes_per_subject", last.state_bytes as f64 / last.subjects.max(1) as f64)
        .figure("largest_value", last.largest_value as f64)
}

pub(super) fn output(lab: &Lab<'_>, _: &[Event]) -> Told {
    let last = match last(lab) {
        Ok((_, last)) => last,
        Err(Failed(reason)) => return Told::failed(format!("over months of records: {reason}")),
    };
    let limits = &lab.settings.limits;
    let told = if last.most_outputs > limits.findings_per_call / 2 {
        Told::failed(format!(
            "{} findings in one call of 512 rows; the limit is {} (limits.findings_per_call), and half of it should do",
            last.most_outputs, limits.findings_per_call
        ))
    } else if last.most_bytes > limits.output_bytes / 2 {
        Told::failed(format!(
            "{} bytes of findings in one call of 512 rows; the limit is {} (limits.output_bytes), and half of it should do",
            last.most_bytes, limits.output_bytes
        ))
    } else {
        Told::ok()
    };
    told.figure("most_findings", last.most_outputs as f64).figure("most_bytes", last.most_bytes as f64)
}

pub(super) fn time(lab: &Lab<'_>, _: &[Event]) -> Told {
    let last = match last(lab) {
        Ok((_, last)) => last,
        Err(Failed(reason)) => return Told::failed(format!("over months of records: {reason}")),
    };
    if last.rows == 0 {
        return Told::not_applicable("none of the traffic reaches it");
    }
    let each = last.busy.as_nanos() as f64 / last.rows as f64;
    let half = Duration::from_millis(lab.settings.limits.call_ms / 2);
    let told = if each > MAX_PER_RECORD.as_nanos() as f64 {
        Told::failed(format!(
            "{:.1} µs per record; {} µs are allowed, a built-in detector takes under 1",
            each / 1e3,
            MAX_PER_RECORD.as_micros()
        ))
    } else if last.longest > half {
        Told::failed(format!(
            "one call took {} ms; the limit is {} ms (limits.call_ms), and half of it should do",
            last.longest.as_millis(),
            lab.settings.limits.call_ms
        ))
    } else {
        Told::ok()
    };
    told.figure("ns_per_record", each.round()).figure("longest_call_ms", last.longest.as_secs_f64() * 1e3)
}

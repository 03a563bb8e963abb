//! The lines under a scan: what was read, set aside, evaluated, and what went wrong.

use std::fmt::Write as _;

use super::print::visible;
use crate::engine::scan::Scanned;
use crate::source::Summary;

/// Samples of rejected records shown.
const SAMPLES: usize = 5;
/// Unknown keys shown.
const KEYS: usize = 10;

/// Summary of a scan.
pub fn of_scan(scanned: &Scanned, colours: bool) -> String {
    let mut text = String::new();
    let evaluated = scanned.read.records.saturating_sub(scanned.duplicates);
    let _ = writeln!(
        text,
        "{} records read, {} duplicates, {} set aside, {evaluated} evaluated, {} findings",
        scanned.read.records,
        scanned.duplicates,
        scanned.read.rejected,
        scanned.findings.len()
    );
    if scanned.late > 0 {
        let _ = writeln!(text, "{} records were later than lateness_hours allows", scanned.late);
    }
    text.push_str(&of_reading(&scanned.read));
    for parked in &scanned.parked {
        let (detector, record, reason) = (&parked.detector, parked.record, visible(&parked.reason));
        let _ = writeln!(text, "{detector} failed on record {record}: {reason}");
    }
    for failure in scanned.failures.values() {
        let (rule, count, message) = (visible(&failure.rule), failure.count, visible(&failure.message));
        let _ = writeln!(
            text,
            "rule {rule}: a script failed on {count} records, so they do not count: {message}"
        );
    }
    for (detector, fate) in &scanned.fates {
        if let Some(reason) = &fate.quarantined {
            let warning = if colours { "\x1b[31mstopped\x1b[0m" } else { "stopped" };
            let _ =
                writeln!(text, "{detector} was {warning}, its findings are incomplete: {}", visible(reason));
        }
    }
    text
}

/// What reading set aside and met.
pub fn of_reading(read: &Summary) -> String {
    let mut text = String::new();
    for (reason, count) in &read.rejected_by_reason {
        let _ = writeln!(text, "  {count} set aside: {}", visible(reason));
    }
    for sample in read.samples.iter().take(SAMPLES) {
        let _ = writeln!(text, "    {}", visible(&sample.to_string()));
    }
    if read.samples.len() > SAMPLES {
        let _ = writeln!(text, "    …");
    }
    if !read.unknown_keys.is_empty() {
        let mut keys: Vec<_> = read.unknown_keys.iter().collect();
        keys.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let shown: Vec<String> =
            keys.iter().take(KEYS).map(|(k, n)| format!("'{}' ({n})", visible(k))).collect();
        let more = keys.len().saturating_sub(KEYS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(text, "  unknown keys, kept: {}{more}", shown.join(", "));
    }
    for error in &read.errors {
        let _ = writeln!(text, "error: {}", visible(&error.to_string()));
    }
    text
}

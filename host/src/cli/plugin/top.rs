//! `ringfence plugin top`: what each plugin of the running service uses.

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::output::{bytes, count, listing, print};
use crate::cli::session::with_store;
use crate::cli::{CliResult, Format, Global};
use crate::store::{MAX_LAG, PluginUsage, Quarantine};

/// Age in seconds from which on the figures are no longer those of a running service, which writes every two.
const STALE: f64 = 15.0;

/// A line of the listing.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    usage: PluginUsage,
    /// Seconds since it was written.
    age: f64,
    /// Set while the plugin is stopped, or watched after that.
    quarantine: Option<Quarantine>,
}

/// Prints the ledger as it was written last.
///
/// # Errors
/// When the database fails.
pub(super) fn run(format: Format, global: &Global) -> CliResult {
    with_store("plugin top", global, async |session| {
        let quarantines = session.store.quarantines().await?;
        let line = |(usage, age): (PluginUsage, f64)| {
            let quarantine = quarantines.iter().find(|q| q.detector == usage.plugin).cloned();
            Line { usage, age, quarantine }
        };
        let mut lines: Vec<Line> = session.store.usage().await?.into_iter().map(line).collect();
        lines.sort_by(|a, b| b.usage.seconds.total_cmp(&a.usage.seconds));
        let heading = [
            "PLUGIN",
            "ROWS",
            "US/ROW",
            "US/RECORD",
            "TIME",
            "MEMORY",
            "KEYS",
            "STATE",
            "FINDINGS/H",
            "LOG/H",
            "BUDGET",
            "PLACE",
            "LAG",
        ];
        print(&listing(&lines, format, &heading, row)?)?;
        if format == Format::Table {
            remarks(&lines);
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn row(line: &Line) -> Vec<String> {
    let u = &line.usage;
    let budget = u.fullest().map_or_else(String::new, |(key, part)| {
        format!("{:.0} % {}", part * 100.0, key.rsplit('.').next().unwrap_or(key))
    });
    let is_stopped = line.quarantine.as_ref().is_some_and(|q| q.until.is_some());
    vec![
        u.plugin.clone(),
        count(u.rows),
        format!("{:.2}", u.row_us),
        format!("{:.2}", u.record_us),
        format!("{:.0} %", u.time_share * 100.0),
        bytes(u.memory_bytes),
        count(u.state_keys),
        bytes(u.state_bytes),
        count(u.findings_hour),
        count(u.log_lines_hour),
        budget,
        if is_stopped { "stopped".to_owned() } else { u.place.clone() },
        match u.lag {
            MAX_LAG.. => format!("{} or more", count(MAX_LAG)),
            lag => count(lag),
        },
    ]
}

/// What a table has no room for; on standard error, as all that is not the listing.
fn remarks(lines: &[Line]) {
    if lines.is_empty() {
        eprintln!("nothing is known yet: 'ringfence run' writes it while it evaluates");
    }
    for q in lines.iter().filter_map(|line| line.quarantine.as_ref()) {
        let until = q
            .until
            .as_ref()
            .map_or_else(|| "runs again, on probation".to_owned(), |until| format!("stopped until {until}"));
        eprintln!("{}: {until}: {}", q.detector, crate::cli::print::visible(&q.reason));
    }
    if let Some(line) = lines.iter().find(|line| line.age > STALE) {
        eprintln!("these figures are {:.0} seconds old: no service has written them since", line.age);
    }
}

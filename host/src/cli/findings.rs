//! `ringfence findings`: what was found.

use std::fmt::Write as _;
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};
use comfy_table::{Cell, Color};
use model::finding::{attribute, format_time};
use model::{Finding, Millis, Severity, Status};

use super::output::{harmless, print, table};
use super::session::with_store;
use super::{CliError, CliResult, Format, Global};
use crate::store::{FindingFilter, Lookup};

/// Commands about findings.
#[derive(Debug, Subcommand)]
pub enum FindingsCommand {
    /// Lists findings, the one with the latest event first.
    List(ListArgs),
    /// Shows one finding with everything known about it.
    Show {
        /// Its identity, or an unambiguous beginning of it.
        id: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// What to list.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// This severity or worse: informational, low, medium, high, critical.
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<Severity>,
    /// Of this detector or rule.
    #[arg(long, value_name = "ID")]
    detector: Option<String>,
    /// With an event since then: a date, a time in RFC 3339, or how long ago (30m, 24h, 7d).
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<Millis>,
    /// Whose subject contains this text, whatever its capitals.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Withdrawn findings too, and those of rules on trial.
    #[arg(long)]
    all: bool,
    /// Findings of rules on trial (`shadow: true`, `status: experimental`) instead of those that count.
    #[arg(long, conflicts_with = "all")]
    shadow: bool,
    /// At most this many.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs a command about findings.
///
/// # Errors
/// When the database fails.
pub fn run(command: &FindingsCommand, global: &Global) -> CliResult {
    match command {
        FindingsCommand::List(args) => list(args, global),
        FindingsCommand::Show { id, format } => show(id, *format, global),
    }
}

fn list(args: &ListArgs, global: &Global) -> CliResult {
    let filter = FindingFilter {
        severity: args.severity,
        detector: args.detector.clone(),
        since: args.since,
        subject: args.subject.clone(),
        all: args.all,
        shadow: args.shadow,
        limit: args.limit,
    };
    with_store("findings list", global, async |session| {
        let findings = session.store.findings(&filter).await?;
        print(&render(&findings, args.format)?)?;
        if findings.is_empty() && args.format == Format::Table {
            eprintln!("no findings");
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn show(id: &str, format: Format, global: &Global) -> CliResult {
    with_store("findings show", global, async |session| match session.store.finding(id).await? {
        Lookup::Found(finding) => {
            print(&match format {
                Format::Table => describe(&finding),
                Format::Json => json(&*finding, true)? + "\n",
                Format::Ndjson => json(&*finding, false)? + "\n",
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Lookup::Missing => {
            eprintln!("no finding begins with '{}'", harmless(id));
            Ok(ExitCode::from(1))
        }
        Lookup::Ambiguous(ids) => {
            Err(CliError::Usage(format!("'{}' is ambiguous: {}", harmless(id), ids.join(", "))))
        }
    })
}

/// Findings in the form asked for. Shared by every command that lists findings.
///
/// # Errors
/// When one cannot be written as JSON.
pub fn render(findings: &[Finding], format: Format) -> Result<String, CliError> {
    match format {
        Format::Json => Ok(json(findings, true)? + "\n"),
        Format::Ndjson => findings.iter().map(|f| json(f, false).map(|line| line + "\n")).collect(),
        Format::Table if findings.is_empty() => Ok(String::new()),
        Format::Table => {
            let mut table = table(&["SEVERITY", "LAST EVENT", "DETECTOR", "SUBJECT", "TITLE", "ID"]);
            for f in findings {
                let title = match f.status {
                    Status::Open => harmless(&f.title).into_owned(),
                    other => format!("({}) {}", other.name(), harmless(&f.title)),
                };
                table.add_row([
                    Cell::new(f.severity).fg(color(f.severity)),
                    Cell::new(&format_time(f.last_event)[..16]),
                    Cell::new(format!("{}/{}", harmless(&f.detector), harmless(&f.kind))),
                    Cell::new(harmless(&f.subject.name)),
                    Cell::new(title),
                    Cell::new(f.id.get(..12).unwrap_or(&f.id)),
                ]);
            }
            Ok(table.trim_fmt() + "\n")
        }
    }
}

/// The colour of a severity.
pub fn color(severity: Severity) -> Color {
    match severity {
        Severity::Informational => Color::DarkGrey,
        Severity::Low => Color::Cyan,
        Severity::Medium => Color::Yellow,
        Severity::High => Color::Red,
        Severity::Critical => Color::Magenta,
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T, pretty: bool) -> Result<String, CliError> {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.map_err(|e| CliError::Environment(format!("cannot write a finding as JSON: {e}")))
}

/// Evidence shown of one finding; the JSON has all of it.
const MAX_SHOWN: usize = 10;

/// One finding for a person.
fn describe(f: &Finding) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<12} {}", harmless(value));
    };
    line("finding", &f.id);
    line("title", &f.title);
    line("severity", &format!("{} (score {:.2})", f.severity, f.score));
    line(
        "status",
        &format!("{}, revision {}, raised {}", f.status.name(), f.revision, format_time(f.raised_at)),
    );
    line("subject", &format!("{} {} ({})", f.subject.kind.name(), f.subject.name, f.subject.id));
    line("events", &format!("{} to {}", format_time(f.first_event), format_time(f.last_event)));
    line("detector", &format!("{}, kind {}", f.detector, f.kind));
    line("provenance", &format!("generation {}, {}", f.provenance.generation, f.provenance.digest));
    for (i, reason) in f.explanation.iter().enumerate() {
        line(if i == 0 { "because" } else { "" }, reason);
    }
    for (i, (name, value)) in f.attributes.iter().enumerate() {
        line(if i == 0 { "attributes" } else { "" }, &format!("{name} = {}", attribute_text(value)));
    }
    for (i, id) in f.evidence.iter().take(MAX_SHOWN).enumerate() {
        line(if i == 0 { "evidence" } else { "" }, &id.to_string());
    }
    if f.evidence.len() > MAX_SHOWN {
        line("", &format!("and {} more (--format json has all)", f.evidence.len() - MAX_SHOWN));
    }
    text
}

fn attribute_text(value: &attribute::Value) -> String {
    match value {
        attribute::Value::Bool(value) => value.to_string(),
        attribute::Value::Int(value) => value.to_string(),
        attribute::Value::Float(value) => value.to_string(),
        attribute::Value::Text(value) => value.clone(),
        attribute::Value::List(values) => values.iter().map(attribute_text).collect::<Vec<_>>().join(", "),
    }
}

/// A time as people give it.
pub(super) fn parse_since(text: &str) -> Result<Millis, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.timestamp_millis());
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis());
    }
    let unit = match text.chars().last() {
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => 86_400_000,
        _ => 0,
    };
    let length: Option<Millis> =
        text.get(..text.len().saturating_sub(1)).and_then(|n| n.parse::<u32>().ok()).map(Millis::from);
    match length {
        Some(length) if unit > 0 => Ok(Utc::now().timestamp_millis() - length * unit),
        _ => Err("use a date (2026-03-01), a time (2026-03-01T10:00:00Z) or how long ago (30m, 24h, 7d)"
            .to_owned()),
    }
}

#[cfg(test)]
#[path = "findings/tests.rs"]
mod tests;

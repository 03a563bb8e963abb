//! `ringfence db`: looking at the database, keeping its schema up to date.

mod hold;
mod retention;

use std::io::Read;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use comfy_table::{Cell, CellAlignment};
use serde_json::Value;

use super::output::{bytes, count, harmless, print, table};
use super::session::with_store;
use super::{CliError, CliResult, Format, Global};
use crate::store::{ConsumerStatus, MAX_LAG_COUNTED, SqlAnswer, SqlLimits, Status, StoreError};

/// Commands about the database.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Shows what the database holds: size, months, readers, findings.
    Status {
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Brings the schema up to date; every other command does so too.
    Migrate,
    /// Runs a query that only reads.
    Sql(SqlArgs),
    /// Months of the log that must be kept.
    #[command(subcommand)]
    Hold(hold::HoldCommand),
    /// Shows which months of the log would go, and why the others stay.
    Retention(retention::RetentionArgs),
}

/// A query.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// The query; `-` reads it from standard input.
    query: String,
    /// Longest time in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    timeout: u32,
    /// Most rows.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: u32,
    /// How to print the rows.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs a command about the database.
///
/// # Errors
/// When the database fails or a query is wrong.
pub fn run(command: &DbCommand, global: &Global) -> CliResult {
    match command {
        DbCommand::Status { format } => status(*format, global),
        DbCommand::Migrate => with_store("db migrate", global, async |_| {
            eprintln!("ok: the schema is up to date");
            Ok(ExitCode::SUCCESS)
        }),
        DbCommand::Sql(args) => sql(args, global),
        DbCommand::Hold(command) => hold::run(command, global),
        DbCommand::Retention(args) => retention::run(args, global),
    }
}

fn status(format: Format, global: &Global) -> CliResult {
    with_store("db status", global, async |session| {
        let status = session.store.status().await?;
        let json = |pretty: bool| {
            let text =
                if pretty { serde_json::to_string_pretty(&status) } else { serde_json::to_string(&status) };
            text.map(|t| t + "\n")
                .map_err(|e| CliError::Environment(format!("cannot write the status as JSON: {e}")))
        };
        print(&match format {
            Format::Table => describe(&status),
            Format::Json => json(true)?,
            Format::Ndjson => json(false)?,
        })?;
        Ok(ExitCode::SUCCESS)
    })
}

fn describe(status: &Status) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| text.push_str(&format!("{name:<12} {value}\n"));
    let place = match status.private_server {
        Some("own") => "private, run by this command",
        Some(_) => "private, run by another command",
        None => "by URL",
    };
    line("database", format!("PostgreSQL {}, {place}, {}", status.server_version, bytes(status.size_bytes)));
    line("records", count(status.records));
    if let (Some(oldest), Some(newest)) = (&status.oldest_record, &status.newest_record) {
        line("", format!("{oldest} to {newest}"));
    }
    line(
        "findings",
        format!("{} open, {} withdrawn", count(status.findings_open), count(status.findings_withdrawn)),
    );
    line("rejected", format!("{} kept", count(status.rejected)));
    line("set aside", format!("{} parked, {} late", count(status.parked), count(status.late)));
    let nobody = || "nobody evaluates".to_owned();
    line("leader", status.leader.as_deref().map_or_else(nobody, |l| harmless(l).into_owned()));
    line("state", format!("{} keys, {} names", count(status.state_keys), count(status.names)));
    let right = |value: String| Cell::new(value).set_alignment(CellAlignment::Right);
    if !status.consumers.is_empty() {
        let mut readers = table(&["READER", "LAG", "LAST MOVED"]);
        for c in &status.consumers {
            readers.add_row([Cell::new(harmless(&c.name)), right(lag(c)), Cell::new(&c.moved_at)]);
        }
        text.push_str(&format!("\n{}\n", readers.trim_fmt()));
    }
    if !status.partitions.is_empty() {
        let mut months = table(&["PARTITION", "RECORDS", "SIZE"]);
        for p in &status.partitions {
            months.add_row([Cell::new(&p.name), right(count(p.records)), right(bytes(p.size_bytes))]);
        }
        text.push_str(&format!("\n{}\n", months.trim_fmt()));
    }
    text
}

/// A lag is counted up to a bound.
fn lag(consumer: &ConsumerStatus) -> String {
    let more = if consumer.lag >= MAX_LAG_COUNTED { "≥ " } else { "" };
    format!("{more}{}", count(consumer.lag))
}

/// Longest query read from standard input.
const MAX_QUERY_BYTES: u64 = 1 << 20;

fn sql(args: &SqlArgs, global: &Global) -> CliResult {
    let mut query = args.query.clone();
    if query == "-" {
        query.clear();
        let mut input = std::io::stdin().lock().take(MAX_QUERY_BYTES);
        input
            .read_to_string(&mut query)
            .map_err(|e| CliError::Usage(format!("cannot read the query: {e}")))?;
    }
    let limits = SqlLimits { timeout_ms: args.timeout * 1000, rows: args.limit };
    with_store("db sql", global, async |session| {
        let answer = session.store.sql(&query, limits).await.map_err(|error| match error.code() {
            // Class 42 is wrong SQL, 22 and 25 are what this query does; the environment is fine.
            Some(code) if ["42", "22", "25", "57014"].iter().any(|c| code.starts_with(c)) => {
                CliError::Usage(explain(&error))
            }
            _ => error.into(),
        })?;
        print(&render(&answer, args.format)?)?;
        if answer.cut {
            eprintln!("only the first {} rows; --limit N allows more", count(u64::from(args.limit)));
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn explain(error: &StoreError) -> String {
    format!("{error} (only one SELECT, WITH … SELECT, VALUES or TABLE statement is allowed)")
}

fn render(answer: &SqlAnswer, format: Format) -> Result<String, CliError> {
    let fail = |e: serde_json::Error| CliError::Environment(format!("cannot write the answer as JSON: {e}"));
    if format == Format::Table {
        let heading: Vec<_> = answer.columns.iter().map(|c| harmless(c)).collect();
        let mut table = table(&heading.iter().map(|h| h.as_ref()).collect::<Vec<_>>());
        for row in &answer.rows {
            table.add_row(row.iter().map(cell));
        }
        return Ok(table.trim_fmt() + "\n");
    }
    let mut text = String::new();
    for (i, row) in answer.rows.iter().enumerate() {
        let object = object(&answer.columns, row).map_err(fail)?;
        let before = match (format, i) {
            (Format::Json, 0) => "[\n  ",
            (Format::Json, _) => ",\n  ",
            _ => "",
        };
        text.push_str(before);
        text.push_str(&object);
        if format == Format::Ndjson {
            text.push('\n');
        }
    }
    if format == Format::Json {
        text.push_str(if answer.rows.is_empty() { "[]\n" } else { "\n]\n" });
    }
    Ok(text)
}

/// A row as a JSON object with its columns in the query's order.
fn object(columns: &[String], row: &[Value]) -> Result<String, serde_json::Error> {
    let mut parts = Vec::with_capacity(row.len());
    for (name, value) in columns.iter().zip(row) {
        parts.push(format!("{}:{}", serde_json::to_string(name)?, serde_json::to_string(value)?));
    }
    Ok(format!("{{{}}}", parts.join(",")))
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::new(""),
        Value::String(text) => Cell::new(harmless(text)),
        Value::Number(number) => Cell::new(number).set_alignment(CellAlignment::Right),
        other => Cell::new(harmless(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_print_in_every_format() {
        let answer = SqlAnswer {
            columns: vec!["b".to_owned(), "a".to_owned()],
            rows: vec![vec![1.into(), "x\u{7}".into()], vec![Value::Null, true.into()]],
            cut: false,
        };
        assert_eq!(
            render(&answer, Format::Ndjson).unwrap(),
            "{\"b\":1,\"a\":\"x\\u0007\"}\n{\"b\":null,\"a\":true}\n"
        );
        let json: Value = serde_json::from_str(&render(&answer, Format::Json).unwrap()).unwrap();
        assert_eq!(json[1]["a"], true);
        let text = render(&answer, Format::Table).unwrap();
        assert!(text.contains("x\\u{7}") && !text.contains('\u{7}'), "{text}");
        assert_eq!(render(&SqlAnswer::default(), Format::Json).unwrap(), "[]\n");
    }
}

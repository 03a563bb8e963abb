//! `ringfence policy history`, `show` and `diff`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::as_json;
use crate::cli::output::{harmless, listing, print};
use crate::cli::session::{Session, with_store};
use crate::cli::{CliError, CliResult, Format, Global, ignore_closed_pipe};
use crate::policy::{Diff, PolicyFile, stored};
use crate::store::Generation;

pub(super) fn history(limit: u32, format: Format, global: &Global) -> CliResult {
    with_store("policy history", global, async |session| {
        let generations = session.store.generations(limit).await?;
        let rows: Vec<Value> = generations.iter().map(row).collect();
        print(&listing(&rows, format, &["GENERATION", "SINCE", "BY", "REASON", "CHANGES"], |g| {
            let text = |key: &str| harmless(g[key].as_str().unwrap_or_default()).into_owned();
            vec![
                g["generation"].to_string(),
                text("since"),
                format!("{} ({})", text("author_kind"), text("author")),
                text("reason"),
                text("summary"),
            ]
        })?)?;
        if rows.is_empty() && format == Format::Table {
            eprintln!("no policy has been in force on this database; 'ringfence run' stores the first");
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn row(generation: &Generation) -> Value {
    let diff: Diff = serde_json::from_value(generation.diff.clone()).unwrap_or_default();
    let mut row = serde_json::to_value(generation).unwrap_or_default();
    row["summary"] = diff.summary().into();
    row["diff"] = serde_json::to_value(diff).unwrap_or_default();
    row
}

async fn known(session: &Session, number: u64) -> Result<(Generation, Vec<PolicyFile>), CliError> {
    let Some(generation) = session.store.generation(Some(number)).await? else {
        return Err(CliError::Usage(format!(
            "no policy {number} has been in force; 'ringfence policy history' lists those that have"
        )));
    };
    Ok((generation, stored::files(&session.store, number).await?))
}

pub(super) fn show(number: u64, file: Option<&str>, format: Format, global: &Global) -> CliResult {
    with_store("policy show", global, async |session| {
        let (generation, files) = known(session, number).await?;
        if let Some(name) = file {
            let Some(file) = files.iter().find(|f| f.path == name) else {
                return Err(CliError::Usage(format!("policy {number} has no file '{}'", harmless(name))));
            };
            ignore_closed_pipe(std::io::stdout().lock().write_all(&file.bytes))?;
            return Ok(ExitCode::SUCCESS);
        }
        let rows: Vec<Value> =
            files.iter().map(|f| json!({ "kind": f.kind, "path": f.path, "bytes": f.bytes.len() })).collect();
        if format != Format::Table {
            let mut whole = row(&generation);
            whole["files"] = rows.into();
            print(&as_json(&whole, format)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = String::new();
        let Generation { since, author, reason, .. } = &generation;
        let _ = writeln!(
            text,
            "generation {number}, since {since}, by {}: {}",
            harmless(author),
            harmless(reason)
        );
        let content = stored::content(&generation);
        for (name, rule) in &content.rules {
            let why = if rule.why.is_empty() { String::new() } else { format!(": {}", harmless(&rule.why)) };
            let _ =
                writeln!(text, "rule    {} ({}, {}{why})", harmless(name), harmless(&rule.file), rule.state);
        }
        for (id, plugin) in &content.plugins {
            let _ = writeln!(
                text,
                "plugin  {} {} ({})",
                harmless(id),
                harmless(&plugin.version),
                harmless(&plugin.file)
            );
        }
        for file in &files {
            let _ = writeln!(
                text,
                "file    {} ({}, {} bytes)",
                harmless(&file.path),
                file.kind.name(),
                file.bytes.len()
            );
        }
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    })
}

pub(super) fn diff(from: u64, to: u64, format: Format, global: &Global) -> CliResult {
    with_store("policy diff", global, async |session| {
        let (before, files_before) = known(session, from).await?;
        let (after, files_after) = known(session, to).await?;
        let (before, after) = (stored::content(&before), stored::content(&after));
        let diff = Diff::between((&before, &files_before), (&after, &files_after));
        if format != Format::Table {
            let value = json!({ "from": from, "to": to, "summary": diff.summary(), "diff": diff });
            print(&as_json(&value, format)?)?;
        } else {
            print(&lines(&diff))?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// A line for everything that differs.
pub(super) fn lines(diff: &Diff) -> String {
    let mut text = String::new();
    for (what, changes) in [("rule", &diff.rules), ("plugin", &diff.plugins)] {
        for (sign, names) in [("+", &changes.added), ("-", &changes.removed)] {
            for name in names {
                let _ = writeln!(text, "{sign} {what} {}", harmless(name));
            }
        }
        for change in &changes.changed {
            let window = change.window.map_or_else(String::new, |w| format!(", windows {}", w.name()));
            let _ = writeln!(text, "~ {what} {}{window}", harmless(&change.name));
        }
    }
    for key in &diff.config {
        let _ = writeln!(text, "~ configuration {}", harmless(key));
    }
    text
}

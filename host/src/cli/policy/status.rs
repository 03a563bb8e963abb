//! `ringfence policy status`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::as_json;
use crate::cli::output::{harmless, print};
use crate::cli::session::{Session, with_store};
use crate::cli::{CliError, CliResult, Format, Global};
use crate::policy::{Content, Diff, stored};

/// Most rules whose windows are told line by line.
const MAX_LINES: usize = 50;

pub(super) fn status(format: Format, global: &Global) -> CliResult {
    with_store("policy status", global, async |session| {
        let status = gather(session).await?;
        if format != Format::Table {
            print(&as_json(&status, format)?)?;
        } else if status.is_null() {
            eprintln!("no policy has been in force on this database; 'ringfence run' stores the first");
        } else {
            print(&text(&status))?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Everything as one object; null if there is no policy yet.
async fn gather(session: &Session) -> Result<Value, CliError> {
    let store = &session.store;
    let Some(now) = store.generation(None).await? else { return Ok(Value::Null) };
    let report = store.policy_report().await?;
    let lease = store.lease().await?;
    let failures = store.rule_failures().await?;
    let content: Content = stored::content(&now);
    let inactive: Vec<Value> = content
        .rules
        .iter()
        .filter(|(_, rule)| rule.state == "inactive")
        .map(|(name, rule)| json!({ "rule": name, "why": rule.why }))
        .collect();
    let diff: Diff = serde_json::from_value(now.diff.clone()).unwrap_or_default();
    // A report of another generation was left by a process that ended in between.
    let report = report.filter(|r| r.generation == now.generation);
    let of = |key: &str| report.as_ref().map_or(Value::Null, |r| r.content[key].clone());
    Ok(json!({
        "generation": now.generation,
        "since": now.since,
        "author_kind": now.author_kind,
        "author": now.author,
        "reason": now.reason,
        "digest": now.digest,
        "leader": lease.map(|l| l.holder).filter(|holder| !holder.is_empty()),
        "checked_at": report.as_ref().map(|r| r.at.clone()),
        "refused": of("refused"),
        "warnings": of("warnings"),
        "pause_micros": of("pause_micros"),
        "restarted": of("restarted"),
        "swapped": of("swapped"),
        "rules": content.rules,
        "plugins": content.plugins,
        "inactive": inactive,
        "failures": failures,
        "summary": diff.summary(),
        "diff": diff,
    }))
}

fn text(status: &Value) -> String {
    let word = |key: &str| harmless(status[key].as_str().unwrap_or_default()).into_owned();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "policy       generation {} since {}, by {} ({}): {}",
        status["generation"],
        word("since"),
        word("author_kind"),
        word("author"),
        word("reason")
    );
    let _ = writeln!(out, "changes      {}", word("summary"));
    let _ = writeln!(out, "digest       {}", word("digest"));
    let leader = status["leader"].as_str().map_or("nobody now", |_| "");
    let _ = writeln!(out, "evaluated by {leader}{}", word("leader"));
    let _ = writeln!(out, "rules        {}", counts(status));
    let plugins = status["plugins"].as_object().map(|p| p.keys().cloned().collect::<Vec<_>>());
    let _ = writeln!(out, "plugins      {}", harmless(&plugins.unwrap_or_default().join(", ")));
    section(&mut out, "refused", &status["refused"], |r| {
        let kept =
            if r["kept"] == true { "the last good one stays in force" } else { "nothing of it is in force" };
        format!("{}: {}; {kept}", plain(&r["file"]), plain(&r["reason"]))
    });
    section(&mut out, "inactive", &status["inactive"], |r| {
        format!("{}: {}", plain(&r["rule"]), plain(&r["why"]))
    });
    section(&mut out, "scripts failed", &status["failures"], |f| {
        format!(
            "{}: {} times, last: {} (record {})",
            plain(&f["rule"]),
            f["failures"],
            plain(&f["message"]),
            plain(&f["record"])
        )
    });
    section(&mut out, "windows at the last change", &status["diff"]["rules"]["changed"], |c| {
        let window = c["window"].as_str().unwrap_or("none of its own");
        format!("{}: {window}", plain(&c["name"]))
    });
    section(&mut out, "warnings", &status["warnings"], |w| {
        format!("{}:{}: {}", plain(&w["file"]), w["line"], plain(&w["message"]))
    });
    out
}

fn plain(value: &Value) -> String {
    harmless(value.as_str().unwrap_or_default()).into_owned()
}

fn section(out: &mut String, title: &str, list: &Value, line: impl Fn(&Value) -> String) {
    let Some(entries) = list.as_array().filter(|entries| !entries.is_empty()) else { return };
    let _ = writeln!(out, "\n{title}:");
    for entry in entries.iter().take(MAX_LINES) {
        let _ = writeln!(out, "  {}", line(entry));
    }
    if entries.len() > MAX_LINES {
        let _ = writeln!(out, "  and {} more; --format json has them all", entries.len() - MAX_LINES);
    }
}

/// `25 active, 2 shadow, 4 inactive`.
fn counts(status: &Value) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in status["rules"].as_object().into_iter().flat_map(|rules| rules.values()) {
        *counts.entry(rule["state"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let words = [
        ("active", "active"),
        ("shadow", "in shadow"),
        ("part", "parts of others"),
        ("inactive", "inactive"),
    ];
    let known = words.iter().filter_map(|(state, word)| Some(format!("{} {word}", counts.get(state)?)));
    let known: Vec<String> = known.collect();
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

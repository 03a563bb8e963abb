//! `ringfence rules list`: which rules there are and which of them run.

use std::process::ExitCode;

use clap::Args;
use model::Severity;
use rules::set::{Listed, State};
use rules::sigma::Document;
use serde::Serialize;

use super::super::output::{listing, print};
use super::super::{CliResult, Format, Global};
use super::diagnose::counted;
use super::{Which, sources};
use crate::rule_test::scope::cases;

/// Lists rules: name, whether and how they run, level, category, tags, cases, digest, file.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    which: Which,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One document.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    id: Option<&'a str>,
    title: &'a str,
    /// `rule`, `correlation` or `filter`.
    kind: &'static str,
    /// `active`, `shadow`, `part` (of correlations or, for filters, of rules) or `inactive`.
    status: &'static str,
    /// Why it does not run.
    reason: Option<&'a str>,
    level: Option<Severity>,
    category: Option<String>,
    tags: &'a [String],
    tests: usize,
    digest: &'a str,
    file: &'a str,
}

/// Digits of a digest that people compare.
const SHOWN_DIGEST: usize = 12;

/// Runs the command.
pub(crate) fn run(args: &ListArgs, global: &Global) -> CliResult {
    let sources = sources::read(&args.which.paths, global)?;
    let loaded = rules::load(&sources.files, &sources.libs, &sources.options());
    let set = loaded.set.clone();
    let rows: Vec<Row<'_>> = set
        .listed()
        .iter()
        .filter(|one| sources.asked.contains(&one.document.meta().file))
        .map(|one| row(one, set.listed()))
        .collect();
    let heading = ["NAME", "STATUS", "LEVEL", "CATEGORY", "TAGS", "TESTS", "DIGEST", "FILE"];
    print(&listing(&rows, args.format, &heading, |r| {
        vec![
            r.name.to_owned(),
            r.reason.map_or_else(|| r.status.to_owned(), |why| format!("{}: {why}", r.status)),
            r.level.map(|l| l.to_string()).unwrap_or_default(),
            r.category.clone().unwrap_or_default(),
            r.tags.join(" "),
            r.tests.to_string(),
            r.digest.trim_start_matches("sha256:").chars().take(SHOWN_DIGEST).collect(),
            r.file.to_owned(),
        ]
    })?)?;
    let refused = loaded.refused.iter().filter(|file| sources.asked.contains(*file)).count();
    if refused > 0 {
        eprintln!("{} with errors not listed: 'ringfence rules check' says why", counted(refused, "file"));
    }
    Ok(ExitCode::SUCCESS)
}

fn row<'a>(one: &'a Listed, all: &[Listed]) -> Row<'a> {
    let meta = one.document.meta();
    let (status, reason) = match &one.state {
        State::Active => ("active", None),
        State::Shadow => ("shadow", None),
        State::Part => ("part", None),
        State::Inactive(why) => ("inactive", Some(why.as_str())),
    };
    Row {
        name: &one.name,
        id: meta.id.as_deref(),
        title: &meta.title,
        kind: match &*one.document {
            Document::Rule(_) => "rule",
            Document::Correlation(_) => "correlation",
            Document::Filter(_) => "filter",
        },
        status,
        reason,
        level: meta.level,
        category: category(&one.document, all, 0),
        tags: &meta.tags,
        tests: cases(&one.document).len(),
        digest: &one.digest,
        file: &meta.file,
    }
}

/// Deepest chain of correlations followed for their category; no longer one is loaded.
const MAX_CHAIN: usize = 10;

/// What kind of events it is about; of a correlation those of the rules it stands on.
fn category(document: &Document, all: &[Listed], depth: usize) -> Option<String> {
    match document {
        Document::Rule(rule) => rule.logsource.category.clone(),
        Document::Filter(filter) => filter.logsource.category.clone(),
        Document::Correlation(correlation) => {
            let mut found: Vec<String> = Vec::new();
            for reference in correlation.rules.iter().filter(|_| depth < MAX_CHAIN) {
                let child = all.iter().find(|one| {
                    let meta = one.document.meta();
                    [Some(&one.name), meta.id.as_ref(), meta.name.as_ref()].contains(&Some(&reference.name))
                });
                let category = child.and_then(|c| category(&c.document, all, depth + 1));
                found.extend(
                    category.into_iter().flat_map(|c| c.split(", ").map(str::to_owned).collect::<Vec<_>>()),
                );
            }
            found.sort();
            found.dedup();
            (!found.is_empty()).then(|| found.join(", "))
        }
    }
}

//! `ringfence rules diff`: what a change of rules gains and loses, over the same records.
//!
//! Owns the comparison. Does not own the evaluation (`engine::backtest`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use model::finding::format_time;
use model::{Finding, Provenance, Severity};
use serde::Serialize;

use super::super::output::{listing, print};
use super::super::{CliError, CliResult, Format, Global};
use super::backtest::{Past, load, tell};

/// Compares two versions of rules by what they would have found: findings gained, lost and changed. Exit code 1 if there are any.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Rules as they are: a file or a folder.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// Rules as they shall be.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    #[command(flatten)]
    past: Past,
    /// How differences are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A finding that is not the same with both.
#[derive(Debug, Serialize)]
struct Difference<'a> {
    /// `gained`, `lost` or `changed`.
    what: &'static str,
    rule: &'a str,
    severity: Severity,
    /// When it begins, RFC 3339.
    first_event: String,
    subject: &'a str,
    title: &'a str,
    /// What is not the same.
    differs_in: Vec<String>,
    id: &'a str,
}

/// Runs the command.
pub(crate) fn run(args: &DiffArgs, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let sets = [&args.old, &args.new].map(|path| load(std::slice::from_ref(path), global, &config));
    let sets = sets.into_iter().collect::<Result<Vec<_>, _>>()?;
    let done = args.past.evaluate(sets, config, global)?;
    let [old, new] = done.sets.as_slice() else { return Ok(ExitCode::SUCCESS) };
    let (differences, same) = compare(&old.findings, &new.findings)?;
    let heading = ["WHAT", "RULE", "SEVERITY", "FIRST EVENT", "SUBJECT", "TITLE", "DIFFERS IN"];
    print(&listing(&differences, args.format, &heading, |d| {
        vec![
            d.what.to_owned(),
            d.rule.to_owned(),
            d.severity.to_string(),
            d.first_event.get(..16).unwrap_or(&d.first_event).to_owned(),
            d.subject.to_owned(),
            d.title.to_owned(),
            d.differs_in.join(", "),
        ]
    })?)?;
    tell(&done);
    let count = |what| differences.iter().filter(|d| d.what == what).count();
    eprintln!(
        "{same} findings the same, {} gained, {} lost, {} changed",
        count("gained"),
        count("lost"),
        count("changed")
    );
    Ok(ExitCode::from(u8::from(!differences.is_empty())))
}

/// What differs, by first event, and how many are the same. Findings are the same episode if their rules have one name and they
/// begin with the same record in the same group.
fn compare<'a>(old: &'a [Finding], new: &'a [Finding]) -> Result<(Vec<Difference<'a>>, usize), CliError> {
    let mut pairs: BTreeMap<&str, (Option<&Finding>, Option<&Finding>)> = BTreeMap::new();
    old.iter().for_each(|f| pairs.entry(&f.id).or_default().0 = Some(f));
    new.iter().for_each(|f| pairs.entry(&f.id).or_default().1 = Some(f));
    let (mut differences, mut same) = (Vec::new(), 0);
    for (old, new) in pairs.into_values() {
        let Some(shown) = new.or(old) else { continue };
        let (what, differs_in) = match (old, new) {
            (Some(old), Some(new)) => match parts_that_differ(old, new)? {
                parts if parts.is_empty() => {
                    same += 1;
                    continue;
                }
                parts => ("changed", parts),
            },
            (None, _) => ("gained", Vec::new()),
            (_, None) => ("lost", Vec::new()),
        };
        differences.push(Difference {
            what,
            rule: &shown.kind,
            severity: shown.severity,
            first_event: format_time(shown.first_event),
            subject: &shown.subject.name,
            title: &shown.title,
            differs_in,
            id: &shown.id,
        });
    }
    differences.sort_by(|a, b| (&a.first_event, a.rule, a.id).cmp(&(&b.first_event, b.rule, b.id)));
    Ok((differences, same))
}

/// Names of the parts that are not the same; of attributes, which. The digest is another one wherever the rule is.
fn parts_that_differ(old: &Finding, new: &Finding) -> Result<Vec<String>, CliError> {
    let provenance = Provenance { generation: 0, digest: String::new() };
    let plain = |f: &Finding| Finding { provenance: provenance.clone(), ..f.clone() };
    let (old, new) = (plain(old), plain(new));
    if old.same_content(&new) {
        return Ok(Vec::new());
    }
    let unwritable = |e: serde_json::Error| CliError::Environment(format!("cannot compare a finding: {e}"));
    let old = serde_json::to_value(&old).map_err(unwritable)?;
    let new = serde_json::to_value(&new).map_err(unwritable)?;
    let names = |value: &serde_json::Value| -> BTreeSet<String> {
        value.as_object().map_or_else(BTreeSet::new, |object| object.keys().cloned().collect())
    };
    let mut parts = Vec::new();
    for name in names(&old) {
        if name == "attributes" {
            let each = names(&old[&name]).union(&names(&new[&name])).cloned().collect::<Vec<_>>();
            let unlike = each.into_iter().filter(|a| old[&name].get(a) != new[&name].get(a));
            parts.extend(unlike.map(|attribute| format!("attributes.{attribute}")));
        } else if !matches!(name.as_str(), "revision" | "raised_at") && old[&name] != new[&name] {
            parts.push(name);
        }
    }
    Ok(parts)
}

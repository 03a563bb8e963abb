//! `ringfence replay`: re-makes findings from the log, to look at, to compare, or to keep beside the stored ones.
//!
//! Owns the comparison with what is stored. Does not own the evaluation (`engine::replay`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use model::{Finding, Millis, Status};
use rules::RuleSet;
use serde::Serialize;
use serde_json::Value;

use super::findings::{parse_since, render};
use super::output::{listing, print};
use super::session::{Session, with_store};
use super::{CliError, CliResult, Format, Global, plugin_set, rule_set};
use crate::engine::replay::{Replay, Replayed};
use crate::engine::{LeftOut, Options};
use crate::plugin::Plugin;
use crate::store::{self, ReplayBasis};

/// Re-makes findings from the log, up to where each detector has evaluated it. Months that retention has dropped are missing
/// from the log, so findings that rest on them, or on what was usual in them, cannot be re-made.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Findings whose latest event is at or after this time: a date, a time in RFC 3339, or how long ago (24h, 7d). The log
    /// is read from its start all the same.
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    from: Millis,
    /// Findings whose latest event is before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    to: Option<Millis>,
    /// Writes the findings into the tables of this schema of the same database, which is made if it is not there.
    #[arg(long, value_name = "SCHEMA")]
    into: Option<String>,
    /// Replaces the findings that the schema holds.
    #[arg(long, requires = "into")]
    replace: bool,
    /// Compares with the stored findings and prints what differs; exit code 1 if anything does.
    #[arg(long)]
    verify: bool,
    /// Findings of rules on trial too.
    #[arg(long)]
    shadow: bool,
    /// Replays only this detector, or this rule as `rule:NAME`; may be given several times.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Folder with further plugins (`*.wasm`), the one that `run` is given.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// How findings or differences are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Worker threads; results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
}

/// Runs the command.
pub fn run(args: &ReplayArgs, global: &Global) -> CliResult {
    if args.to.is_some_and(|to| to <= args.from) {
        return Err(CliError::Usage("--to is not after --from, so nothing lies between them".to_owned()));
    }
    let config = global.load_config()?;
    let plugins = plugin_set::load(global, &config, args.plugins.as_deref(), &args.only)?;
    let rules = rule_set::load(global, &config, &args.only)?;
    with_store("replay", global, async |session| {
        let scratch = match &args.into {
            Some(schema) => {
                let options = store::Options::new("ringfence replay");
                Some(session.store.scratch(schema, args.replace, &session.config, &options).await?)
            }
            None => None,
        };
        let done = work(args, session, &plugins, &rules, scratch.as_ref()).await;
        if let Some(scratch) = scratch {
            scratch.close().await;
        }
        done
    })
}

async fn work(
    args: &ReplayArgs,
    session: &Session,
    plugins: &[Plugin],
    rules: &Arc<RuleSet>,
    scratch: Option<&store::Store>,
) -> CliResult {
    let basis = session.store.replay_basis().await?;
    let mut replayed = evaluate(args, session, plugins, rules, &basis).await?;
    let failed = report(&replayed);
    let inside = |f: &Finding| f.last_event >= args.from && args.to.is_none_or(|to| f.last_event < to);
    let mut differ = false;
    if args.verify {
        let is_loaded = |f: &Finding| {
            plugins.iter().any(|p| p.id() == f.detector)
                || rules.plans().iter().any(|p| p.detector == f.detector)
        };
        let stored = basis.findings.iter().filter(|f| is_loaded(f)).collect::<Vec<_>>();
        differ = verify(&stored, &replayed.findings, inside, args.format)?;
    }
    replayed.findings.retain(inside);
    if !args.shadow {
        replayed.findings.retain(|f| f.status != Status::Shadow);
    }
    if let (Some(scratch), Some(schema)) = (scratch, &args.into) {
        scratch.replace_findings(&replayed.findings).await?;
        eprintln!("{} findings written into schema {schema}", replayed.findings.len());
    } else if !args.verify {
        print(&render(&replayed.findings, args.format)?)?;
        if replayed.findings.is_empty() && args.format == Format::Table {
            eprintln!("no findings");
        }
    }
    Ok(ExitCode::from(match (failed, differ) {
        (true, _) => 2,
        (false, differ) => u8::from(differ),
    }))
}

async fn evaluate(
    args: &ReplayArgs,
    session: &Session,
    plugins: &[Plugin],
    rules: &Arc<RuleSet>,
    basis: &ReplayBasis,
) -> Result<Replayed, CliError> {
    let left_out: LeftOut =
        basis.left_out.iter().map(|(id, records)| (id.clone(), records.iter().copied().collect())).collect();
    let replay = Replay {
        store: session.store.clone(),
        runtime: tokio::runtime::Handle::current(),
        config: Arc::new(session.config.clone()),
        options: Options {
            workers: args.workers.map_or_else(super::scan::default_workers, usize::from),
            lateness: session.config.lateness(),
            generation: super::run::GENERATION,
        },
        left_out,
        stop: session.stop.clone(),
    };
    let (plugins, rules, cursors) = (plugins.to_vec(), rules.clone(), basis.cursors.clone());
    let done = tokio::task::spawn_blocking(move || replay.run(&plugins, Some(&rules), &cursors)).await;
    Ok(done.map_err(|e| CliError::Environment(format!("the replay ended: {e}")))??)
}

/// Says what happened beside findings, and whether they are incomplete.
fn report(replayed: &Replayed) -> bool {
    eprintln!("{} records replayed, {} findings", replayed.records, replayed.findings.len());
    if replayed.late > 0 {
        eprintln!("{} records later than lateness_hours allows", replayed.late);
    }
    if replayed.unreadable > 0 {
        eprintln!("{} records this version cannot read", replayed.unreadable);
    }
    if replayed.parked > 0 {
        eprintln!("{} records left out because a detector failed on them", replayed.parked);
    }
    for (detector, reason) in &replayed.quarantined {
        eprintln!("{detector} was stopped, its findings are incomplete: {}", super::print::visible(reason));
    }
    !replayed.quarantined.is_empty()
}

/// A finding that is not the same in both places.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Difference {
    id: String,
    /// `missing`: the log gives it and it is not stored; `surplus`: it is stored and the log does not give it; `different`.
    what: &'static str,
    detector: String,
    title: String,
    /// Which parts are not the same.
    differs_in: Vec<String>,
}

/// Compares, prints and counts; whether anything differs.
fn verify(
    stored: &[&Finding],
    remade: &[Finding],
    inside: impl Fn(&Finding) -> bool,
    format: Format,
) -> Result<bool, CliError> {
    let (differences, same) = compare(stored, remade, inside)?;
    let heading = ["WHAT", "DETECTOR", "ID", "TITLE", "DIFFERS IN"];
    print(&listing(&differences, format, &heading, |d| {
        vec![d.what.to_owned(), d.detector.clone(), d.id.clone(), d.title.clone(), d.differs_in.join(", ")]
    })?)?;
    let count = |what| differences.iter().filter(|d| d.what == what).count();
    eprintln!(
        "{same} findings identical, {} missing, {} surplus, {} different",
        count("missing"),
        count("surplus"),
        count("different")
    );
    Ok(!differences.is_empty())
}

/// What differs, by identity, and how many are the same. A finding counts if either form of it is inside.
fn compare(
    stored: &[&Finding],
    remade: &[Finding],
    inside: impl Fn(&Finding) -> bool,
) -> Result<(Vec<Difference>, usize), CliError> {
    let mut pairs: BTreeMap<&str, (Option<&Finding>, Option<&Finding>)> = BTreeMap::new();
    stored.iter().for_each(|f| pairs.entry(&f.id).or_default().0 = Some(f));
    remade.iter().for_each(|f| pairs.entry(&f.id).or_default().1 = Some(f));
    let (mut differences, mut same) = (Vec::new(), 0);
    for (stored, remade) in pairs.into_values() {
        let Some(shown) = remade.or(stored) else { continue };
        if ![stored, remade].into_iter().flatten().any(&inside) {
            continue;
        }
        let (what, differs_in) = match (stored, remade) {
            (Some(stored), Some(remade)) => match parts_that_differ(stored, remade)? {
                parts if parts.is_empty() => {
                    same += 1;
                    continue;
                }
                parts => ("different", parts),
            },
            (None, _) => ("missing", Vec::new()),
            (_, None) => ("surplus", Vec::new()),
        };
        differences.push(Difference {
            id: shown.id.clone(),
            what,
            detector: shown.detector.clone(),
            title: shown.title.clone(),
            differs_in,
        });
    }
    Ok((differences, same))
}

/// Names of the parts that [`Finding::same_content`] finds different; of attributes, which.
fn parts_that_differ(stored: &Finding, remade: &Finding) -> Result<Vec<String>, CliError> {
    // What is stored has been written and read as JSON, which may cost a fraction its last bit: so must what it is compared
    // with.
    let unwritable = |e: serde_json::Error| CliError::Environment(format!("cannot compare a finding: {e}"));
    let remade: Finding =
        serde_json::from_str(&serde_json::to_string(remade).map_err(unwritable)?).map_err(unwritable)?;
    if stored.same_content(&remade) {
        return Ok(Vec::new());
    }
    let stored = serde_json::to_value(stored).map_err(unwritable)?;
    let remade = serde_json::to_value(&remade).map_err(unwritable)?;
    let mut parts = Vec::new();
    for name in names(&stored, &remade) {
        match name {
            "revision" | "raised_at" => {}
            "subject" if ["kind", "id"].iter().all(|part| stored[name][part] == remade[name][part]) => {}
            "attributes" => {
                let each = names(&stored[name], &remade[name]).into_iter();
                let unlike = each.filter(|a| stored[name].get(a) != remade[name].get(a));
                parts.extend(unlike.map(|attribute| format!("attributes.{attribute}")));
            }
            _ if stored[name] == remade[name] => {}
            _ => parts.push(name.to_owned()),
        }
    }
    Ok(parts)
}

/// Names that stand in either object.
fn names<'a>(one: &'a Value, other: &'a Value) -> BTreeSet<&'a str> {
    let names = [one, other].into_iter().filter_map(Value::as_object).flat_map(|object| object.keys());
    names.map(String::as_str).collect()
}

//! `ringfence demo`: a synthetic organisation with planted attacks, from nothing to findings.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::run::Evaluation;
use super::session::{Session, with_store_in};
use super::{CliError, CliResult, Global, policy as policy_command};
use crate::demo::{self, Demo, Options, Parts, report};
use crate::directory::Directory;
use crate::engine::log::Progress;
use crate::eval::compare::{Comparison, compare};
use crate::eval::style::Style;
use crate::plugin::Runtime;
use crate::policy::{self, Policy};
use crate::source::Input;
use crate::store::FindingFilter;
use crate::store::ingest::{IngestOptions, ingest};
use crate::telemetry::Metrics;
use model::Finding;

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Seed of all chance: the same seed makes the same bytes.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// People in the organisation.
    #[arg(long, value_name = "N", default_value_t = Options::default().users)]
    users: u32,
    /// Length of the period in days.
    #[arg(long, value_name = "N", default_value_t = Options::default().days)]
    days: u32,
    /// First day of the period.
    #[arg(long, value_name = "DATE", default_value_t = Options::default().start)]
    start: NaiveDate,
    /// Leaves the records, labels and configuration in this folder.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Forms of the records that --write leaves.
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        value_delimiter = ',',
        default_value = "csv,pages",
        requires = "write"
    )]
    forms: Vec<Form>,
    /// Keeps the database of the demo, so that its findings can be looked at afterwards.
    #[arg(long)]
    keep: bool,
}

/// A form of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// `records.csv`: the Control Hub report.
    Csv,
    /// `pages/`: pages of the API.
    Pages,
    /// `feed.ndjson`: records and events in order of arrival.
    Feed,
}

/// Runs `demo`.
pub fn run(args: &DemoArgs, global: &Global) -> CliResult {
    let begun = Instant::now();
    let options = Options { seed: args.seed, users: args.users, days: args.days, start: args.start };
    let demo = demo::generate(&options).map_err(CliError::Usage)?;
    eprintln!(
        "organisation: {} users at 4 sites, {} days, {} records and {} events, {} attacks planted ({:.1} s)",
        options.users,
        options.days,
        demo.records(),
        demo.events(),
        demo.labels.attacks.len(),
        begun.elapsed().as_secs_f64()
    );
    if let Some(folder) = &args.write {
        write(&demo, folder, &args.forms)?;
    }
    if args.write.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = global.data_dir().join("demo");
    let findings = detect(&demo, &folder, global, begun)?;
    report(&demo, &findings, args, &folder)?;
    if !args.keep {
        remove(&folder)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Ingests the demo's records by the ordinary path into a private database of its own, and evaluates them.
fn detect(demo: &Demo, folder: &Path, global: &Global, begun: Instant) -> Result<Vec<Finding>, CliError> {
    let config = demo.config();
    let runtime = policy_command::runtime(global)?;
    let policy = policy::of(config.clone(), &runtime)?;
    remove(folder)?;
    let cannot_write = |e: std::io::Error| {
        CliError::Environment(format!("cannot write to {}: {e}: name another --data-dir", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(cannot_write)?;
    let feed = folder.join("feed.ndjson");
    let out = std::fs::File::create(&feed).map_err(cannot_write)?;
    demo.write_ndjson(std::io::BufWriter::new(out)).map_err(cannot_write)?;

    let mut findings = Vec::new();
    with_store_in("demo", config, folder, async |session| {
        eprintln!("database: private PostgreSQL started ({:.1} s)", begun.elapsed().as_secs_f64());
        findings = fill(session, policy, runtime, feed, begun).await?;
        Ok(ExitCode::SUCCESS)
    })?;
    Ok(findings)
}

async fn fill(
    session: &Session,
    policy: Policy,
    runtime: Runtime,
    feed: PathBuf,
    begun: Instant,
) -> Result<Vec<Finding>, CliError> {
    let directory = Arc::new(Directory::from_config(&session.config));
    let options = IngestOptions { stop: session.stop.clone(), ..IngestOptions::default() };
    let ingested = ingest(&session.store, vec![Input::File(feed)], directory, options).await;
    let counts = ingested.map_err(|e| CliError::Environment(e.to_string()))?.counts;
    let (seconds, new, known) = (begun.elapsed().as_secs_f64(), counts.new, counts.duplicates);
    eprintln!("ingested: {new} records, {known} delivered twice ({seconds:.1} s)");
    let work = Evaluation {
        policy,
        runtime,
        sources: None,
        workers: super::scan::default_workers(),
        metrics: Metrics::new(),
    };
    let first = AtomicBool::new(true);
    let tell = move |progress: &Progress| {
        if first.swap(false, Ordering::Relaxed) {
            let seconds = begun.elapsed().as_secs_f64();
            eprintln!("first findings: {} after {seconds:.1} s", progress.new);
        }
    };
    work.run(session, tell).await?;
    Ok(session.store.findings(&FindingFilter::default()).await?)
}

fn remove(folder: &Path) -> Result<(), CliError> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(CliError::Environment(format!("cannot remove {}: {e}", folder.display())))
        }
        _ => Ok(()),
    }
}

/// Prints what was found against what was planted, and what to try next.
///
/// # Errors
/// When standard output cannot be written.
pub fn report(demo: &Demo, findings: &[Finding], args: &DemoArgs, folder: &Path) -> Result<(), CliError> {
    let comparison = compare(&demo.labels, findings);
    let steps = next_steps(&comparison, args, folder);
    let mut out = std::io::stdout().lock();
    report::print(&mut out, Style::detect(), &comparison, &steps)
        .map_err(|e| CliError::Environment(format!("cannot print: {e}")))
}

fn next_steps(comparison: &Comparison<'_>, args: &DemoArgs, folder: &Path) -> Vec<(String, &'static str)> {
    let mut steps = Vec::new();
    if args.keep {
        let data = format!("--data-dir {}", folder.display());
        steps.push((format!("ringfence findings list {data}"), "all findings, worst first"));
        let best = comparison.attacks.iter().flat_map(|e| &e.findings).max_by_key(|f| f.severity);
        if let Some(finding) = best {
            steps.push((
                format!("ringfence findings show {} {data}", finding.id),
                "one of them with its records",
            ));
        }
    } else {
        steps.push((
            "ringfence demo --keep".to_owned(),
            "the same, and the database stays for `findings list`",
        ));
    }
    steps.push((format!("ringfence demo --seed {}", args.seed + 1), "another organisation, other attacks"));
    match &args.write {
        Some(folder) => {
            let folder = folder.display();
            let scan = format!("ringfence scan {folder}/records.csv --config {folder}/ringfence.yaml");
            steps.push((scan, "the same records without a database"));
        }
        None => steps.push(("ringfence demo --write demo".to_owned(), "leaves the records as CSV and JSON")),
    }
    steps.push((
        "ringfence scan FILE… --config ringfence.yaml".to_owned(),
        "your own records; start from ringfence.sample.yaml",
    ));
    steps
}

fn write(demo: &Demo, folder: &Path, forms: &[Form]) -> Result<(), CliError> {
    let has = |form| forms.contains(&form);
    let parts = Parts { csv: has(Form::Csv), pages: has(Form::Pages), feed: has(Form::Feed) };
    let begun = Instant::now();
    let written = demo
        .write(folder, parts)
        .map_err(|e| CliError::Environment(format!("cannot write the demo to {}: {e}", folder.display())))?;
    eprintln!(
        "written: {} files to {}, {} deliveries of records and {} events ({:.1} s)",
        written.files,
        folder.display(),
        written.records,
        written.events,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

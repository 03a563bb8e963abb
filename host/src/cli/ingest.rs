//! `ringfence ingest`: records from files into the database.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{count, harmless};
use super::session::{Session, with_options};
use super::{CliError, CliResult, Global};
use crate::directory::Directory;
use crate::source::Input;
use crate::store::Options;
use crate::store::ingest::{IngestError, IngestOptions, Ingested, RejectedFile, ingest};

/// Stores call records: JSON pages, arrays, NDJSON and Control Hub's CSV report, also gzip and zstd.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Files; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ends at the first bad record instead of setting it aside.
    #[arg(long)]
    strict: bool,
    /// Writes what is set aside to this file, one JSON object per line.
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
}

/// How long to wait for a database at the start: it may be restarting, but a wrong URL should be told soon.
const OPENING: Duration = Duration::from_secs(5);

/// Runs `ingest`.
///
/// # Errors
/// When files cannot be read (2) or the database fails (3).
pub fn run(args: &IngestArgs, global: &Global) -> CliResult {
    // Before the database is started: the usual mistake is a wrong name.
    for file in args.files.iter().filter(|f| !is_stdin(f)) {
        File::open(file).map_err(|e| CliError::Usage(format!("cannot read {}: {e}", file.display())))?;
    }
    let rejected = args.rejected.as_deref().map(create).transpose()?;
    let options = Options { patience: OPENING, ..Options::new("ringfence ingest") };
    let config = global.load_config()?;
    with_options(&options, config, &global.data_dir(), async |session| run_in(args, rejected, session).await)
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn create(path: &Path) -> Result<RejectedFile, CliError> {
    let file =
        File::create(path).map_err(|e| CliError::Usage(format!("cannot write {}: {e}", path.display())))?;
    Ok(Box::new(BufWriter::new(file)))
}

async fn run_in(args: &IngestArgs, rejected: Option<RejectedFile>, session: &Session) -> CliResult {
    let inputs: Vec<Input> =
        args.files.iter().map(|f| if is_stdin(f) { Input::Stdin } else { Input::File(f.clone()) }).collect();
    let progress = Arc::new(AtomicU64::new(0));
    let options = IngestOptions {
        strict: args.strict,
        progress: Some(progress.clone()),
        stop: session.stop.clone(),
        rejected,
        // One, so that records are committed in the order of the file: a running engine may look at any moment, and of two
        // writers that share a file of days the slower one's records would be late.
        workers: 1,
        patience: Duration::from_secs(u64::from(session.config.database_patience_seconds)),
    };
    let directory = Arc::new(Directory::from_config(&session.config));
    let start = Instant::now();
    let bar = Bar::show(&args.files, progress);
    let done = ingest(&session.store, inputs, directory, options).await;
    drop(bar);
    let ingested = done.map_err(|error| match error {
        IngestError::Strict(message) => {
            CliError::Usage(format!("{}: nothing after it was read", harmless(&message)))
        }
        other => CliError::Environment(other.to_string()),
    })?;
    report(&ingested, start.elapsed());
    match ingested.summary.errors.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => Err(CliError::Usage("not every file could be read to its end".to_owned())),
    }
}

/// Reasons and keys listed; the rest is counted in one line.
const MAX_LISTED: usize = 12;

fn report(ingested: &Ingested, took: Duration) {
    let (summary, counts) = (&ingested.summary, &ingested.counts);
    let rate = summary.records as f64 / took.as_secs_f64().max(0.001);
    eprintln!(
        "{} new, {} duplicates, {} rejected, from {} {} in {:.1} s ({} records/s)",
        count(counts.new),
        count(counts.duplicates),
        count(summary.rejected + counts.refused.values().sum::<u64>()),
        summary.files,
        if summary.files == 1 { "file" } else { "files" },
        took.as_secs_f64(),
        count(rate as u64),
    );
    let mut reasons: BTreeMap<String, u64> = summary.rejected_by_reason.clone();
    reasons.extend(counts.refused.iter().map(|(reason, n)| (reason.to_string(), *n)));
    list("rejected", &reasons);
    for sample in summary.samples.iter().take(5) {
        eprintln!("    {}", harmless(&sample.to_string()));
    }
    list("keys without a field (kept in the raw record)", &summary.unknown_keys);
    for error in &summary.errors {
        eprintln!("error: {}", harmless(&error.to_string()));
    }
}

fn list(what: &str, counts: &BTreeMap<String, u64>) {
    if counts.is_empty() {
        return;
    }
    eprintln!("  {what}:");
    let mut most: Vec<(&String, &u64)> = counts.iter().collect();
    most.sort_by_key(|(text, n)| (std::cmp::Reverse(**n), *text));
    for (text, n) in most.iter().take(MAX_LISTED) {
        eprintln!("    {:>10}  {}", count(**n), harmless(text));
    }
    if most.len() > MAX_LISTED {
        eprintln!("    and {} more", most.len() - MAX_LISTED);
    }
}

/// A progress bar on a terminal, nothing elsewhere; gone when dropped.
struct Bar {
    bar: ProgressBar,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Bar {
    fn show(files: &[PathBuf], progress: Arc<AtomicU64>) -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar { bar: ProgressBar::hidden(), task: None };
        }
        let sizes: Option<Vec<u64>> = files
            .iter()
            .map(|f| std::fs::metadata(f).ok().filter(|m| m.is_file()).map(|m| m.len()))
            .collect();
        let (bar, style) = match sizes {
            Some(sizes) => (
                ProgressBar::new(sizes.iter().sum()),
                "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {bytes} {bytes_per_sec}"),
        };
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        let shown = bar.clone();
        let task = tokio::spawn(async move {
            loop {
                shown.set_position(progress.load(Ordering::Relaxed));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Bar { bar, task: Some(task) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.bar.finish_and_clear();
    }
}

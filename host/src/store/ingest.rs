//! From files to the log: the one path by which records get into the database.
//!
//! Owns joining readers to log writers, one writer per reading thread. Does not own reading (`source`) or storing (`log`).

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Event, NameTable};
use serde::Serialize;

use super::log::{LogWriter, WriteCounts, log_fields};
use super::rejected::RejectedRow;
use super::{Outage, Patience, Store, StoreError};
use crate::directory::Directory;
use crate::source::{self, Input, ReadError, ReadOptions, Record, Rejected, Sink, SinkError, Summary};

/// Rejected records kept in the database of one run: enough to see what is wrong with a feed.
const MAX_KEPT: usize = 10_000;

/// Most reading threads. Each has a connection and some 30 MB of batches.
const MAX_WORKERS: usize = 8;

/// Where rejected records are written as they come.
pub type RejectedFile = Box<dyn Write + Send>;

/// How to ingest.
#[derive(Default)]
pub struct IngestOptions {
    /// Whether the first bad record ends the run.
    pub strict: bool,
    /// Counts bytes read, for a progress bar.
    pub progress: Option<Arc<AtomicU64>>,
    /// Ends the run early when set.
    pub stop: Arc<AtomicBool>,
    /// Takes every rejected record as one line of JSON.
    pub rejected: Option<RejectedFile>,
    /// Reading threads; 0 is one per processor.
    pub workers: usize,
    /// How long to keep trying while the database is away; zero ends the run at the first failure.
    pub patience: Duration,
}

/// What an ingest came to.
#[derive(Clone, Debug, Default)]
pub struct Ingested {
    /// What was read.
    pub summary: Summary,
    /// What became of it in the log.
    pub counts: WriteCounts,
}

/// Why an ingest ended early; what was committed before stays.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The database.
    #[error("{0}; what was committed stays, and ingesting the same files again goes on from there")]
    Store(#[from] StoreError),
    /// A bad record, with `strict`.
    #[error("{0}")]
    Strict(String),
    /// The file for rejected records.
    #[error("cannot write rejected records: {0}")]
    RejectedFile(String),
    /// It was asked to stop.
    #[error("stopped; what was committed stays, and ingesting the same files again goes on from there")]
    Stopped,
}

/// Reads all inputs into the log.
///
/// # Errors
/// When the database fails, when it is asked to stop, or with `strict` at the first bad record.
pub async fn ingest(
    store: &Store,
    inputs: Vec<Input>,
    directory: Arc<Directory>,
    options: IngestOptions,
) -> Result<Ingested, IngestError> {
    let workers = match options.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let names = Arc::new(NameTable::default());
    let patience = Patience { limit: options.patience, stop: options.stop.clone() };
    let outage = Outage::new();
    let shared = Arc::new(Shared {
        strict: options.strict,
        stop: options.stop,
        kept: Mutex::new(Vec::new()),
        file: Mutex::new(options.rejected),
    });
    let mut sinks = Vec::new();
    for _ in 0..workers.clamp(1, MAX_WORKERS) {
        let writer = store.patient_log_writer(&names, &patience, &outage).await?;
        sinks.push(LogSink { writer, shared: shared.clone(), raw: Vec::new() });
    }
    let reading = ReadOptions { wanted: log_fields(), strict: options.strict, progress: options.progress };
    let done = tokio::task::spawn_blocking(move || read(&inputs, &reading, &names, &directory, sinks)).await;
    let done = done.map_err(|e| StoreError::Ended(e.to_string()))?;
    // Also of a run that failed: they may tell why.
    let kept = std::mem::take(&mut *shared.kept.lock().unwrap_or_else(PoisonError::into_inner));
    if !matches!(done, Err(IngestError::Store(_))) {
        store.keep_rejected_patiently(&kept, &patience, &outage).await?;
    }
    if let Some(file) = shared.file.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        file.flush().map_err(|e| IngestError::RejectedFile(e.to_string()))?;
    }
    done
}

fn read(
    inputs: &[Input],
    options: &ReadOptions,
    names: &Arc<NameTable>,
    directory: &Arc<Directory>,
    mut sinks: Vec<LogSink>,
) -> Result<Ingested, IngestError> {
    let read = source::read_all(inputs, options, names, directory, &mut sinks);
    let mut counts = WriteCounts::default();
    let mut failed = None;
    // What was read before an end is stored too.
    for sink in sinks {
        match sink.writer.finish() {
            Ok(more) => counts.add(&more),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    let summary = read.map_err(|error| match error {
        ReadError::Sink(e) => match e.downcast::<IngestError>() {
            Ok(e) => *e,
            Err(e) => IngestError::Strict(e.to_string()),
        },
        other => IngestError::Strict(other.to_string()),
    })?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(Ingested { summary, counts }),
    }
}

struct Shared {
    strict: bool,
    stop: Arc<AtomicBool>,
    kept: Mutex<Vec<RejectedRow>>,
    file: Mutex<Option<RejectedFile>>,
}

/// One rejected record as a line of the file.
#[derive(Serialize)]
struct RejectedLine<'a> {
    file: &'a str,
    line: Option<i64>,
    field: Option<&'a str>,
    value: Option<&'a str>,
    reason: &'a str,
}

impl Shared {
    fn set_aside(&self, row: RejectedRow) -> Result<(), IngestError> {
        if let Some(file) = self.file.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let line = RejectedLine {
                file: &row.source,
                line: row.line,
                field: row.field.as_deref(),
                value: row.value.as_deref(),
                reason: &row.reason,
            };
            let fail = |e: std::io::Error| IngestError::RejectedFile(e.to_string());
            let text = serde_json::to_string(&line).map_err(|e| IngestError::RejectedFile(e.to_string()))?;
            writeln!(file, "{text}").map_err(fail)?;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_KEPT {
            kept.push(row);
        }
        Ok(())
    }
}

struct LogSink {
    writer: LogWriter,
    shared: Arc<Shared>,
    raw: Vec<u8>,
}

impl Sink for LogSink {
    fn event(&mut self, event: &Event, record: &Record<'_>) -> Result<(), SinkError> {
        if self.shared.stop.load(Ordering::Relaxed) {
            return Err(Box::new(IngestError::Stopped));
        }
        self.raw.clear();
        record.write_json(&mut self.raw);
        let refused = self.writer.append(event, &self.raw).map_err(|e| Box::new(IngestError::Store(e)))?;
        let Some(reason) = refused else { return Ok(()) };
        if self.shared.strict {
            return Err(Box::new(IngestError::Strict(format!(
                "record {} (line {}): {reason}",
                event.id,
                record.line()
            ))));
        }
        let row = RejectedRow {
            source: "-".to_owned(),
            line: i64::try_from(record.line()).ok(),
            field: None,
            value: Some(event.id.to_string()),
            reason: reason.to_string(),
        };
        self.shared.set_aside(row).map_err(|e| Box::new(e).into())
    }

    fn rejected(&mut self, rejected: &Rejected) -> Result<(), SinkError> {
        let fault = &rejected.fault;
        let row = RejectedRow {
            source: rejected.file.to_string(),
            line: i64::try_from(rejected.line).ok(),
            field: fault.field.map(|f| f.field().webex_key.unwrap_or(f.field().name).to_owned()),
            value: (!fault.value.is_empty()).then(|| fault.value.clone()),
            reason: fault.to_string(),
        };
        self.shared.set_aside(row).map_err(|e| Box::new(e).into())
    }
}

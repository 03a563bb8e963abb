//! Records out of files: any shape, any compression, on several threads, in bounded memory.
//!
//! Owns reading, decompression, recognising the shape, cutting into records and handing events to sinks. Does not
//! own what a record means (`normalize`) nor what becomes of events. One thread reads and cuts blocks at record
//! boundaries; one worker per sink parses and normalises them. Nothing here depends on the size of a file.

mod csv;
mod cut;
mod json;
mod open;
mod pipeline;
mod queue;
mod scan;
mod shape;
mod stored;
mod summary;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use model::{Event, FieldSet, NameTable};

use crate::directory::Directory;
pub use crate::normalize::{Fault, FaultKind, Key, Record, Value};
pub use json::{StoredRecord, stored_record};
pub use stored::StoredReader;
pub use summary::{FileError, Rejected, Summary};

/// Longest record, in bytes after decompression: a real one has 2 to 5 kB.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// How records are read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Fields the events get.
    pub wanted: FieldSet,
    /// Whether the first bad record is an error.
    pub strict: bool,
    /// Counts the bytes taken from the inputs as they are stored, for a progress bar.
    pub progress: Option<Arc<AtomicU64>>,
}

/// Why a sink could not go on.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes events; one per worker thread. Events of one block come in their order, blocks go to any worker.
pub trait Sink: Send {
    /// A good record.
    ///
    /// # Errors
    /// Ends the reading.
    fn event(&mut self, event: &Event, record: &Record<'_>) -> Result<(), SinkError>;

    /// A bad record, set aside.
    ///
    /// # Errors
    /// Ends the reading.
    fn rejected(&mut self, rejected: &Rejected) -> Result<(), SinkError> {
        let _ = rejected;
        Ok(())
    }
}

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No sink was given.
    #[error("there is no sink to read into")]
    NoSink,
    /// A sink could not go on.
    #[error("{0}")]
    Sink(SinkError),
    /// A bad record, with `strict`.
    #[error("{0}")]
    Rejected(Box<Rejected>),
}

/// Reads all inputs to their ends. Bad records and files that cannot be read on are in the summary, and do not keep
/// the rest from being read.
///
/// # Errors
/// When a sink fails, or with `strict` at the first bad record.
pub fn read_all<S: Sink>(
    inputs: &[Input],
    options: &ReadOptions,
    names: &Arc<NameTable>,
    directory: &Arc<Directory>,
    sinks: &mut [S],
) -> Result<Summary, ReadError> {
    pipeline::run(inputs, options, names, directory, sinks)
}

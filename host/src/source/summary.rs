//! What a reading came to: counts, bad records, files that failed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::normalize::{Fault, MAX_UNKNOWN_KEYS, OTHER_KEYS};

/// Bad records kept as examples.
const MAX_SAMPLES: usize = 20;

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Position of the file among the inputs.
    pub input: usize,
    /// Name of the file; `stdin` for standard input.
    pub file: Arc<str>,
    /// Line on which the record starts, from 1.
    pub line: u64,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fault)
    }
}

/// A file that could not be read, or not to its end; what was read before counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct FileError {
    /// Position of the file among the inputs.
    pub input: usize,
    /// Name of the file.
    pub file: String,
    /// Where, why, and what to do.
    pub message: String,
}

/// What a reading came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were opened, standard input included.
    pub files: u64,
    /// Good records.
    pub records: u64,
    /// Bad records.
    pub rejected: u64,
    /// Bad records by reason.
    pub rejected_by_reason: BTreeMap<String, u64>,
    /// The first bad records by file and line.
    pub samples: Vec<Rejected>,
    /// Keys without a field, and in how many records they were.
    pub unknown_keys: BTreeMap<String, u64>,
    /// Files that could not be read to their end.
    pub errors: Vec<FileError>,
    /// Bytes read, after decompression.
    pub bytes: u64,
}

impl Summary {
    pub(super) fn reject(&mut self, rejected: Rejected) {
        self.rejected += 1;
        *self.rejected_by_reason.entry(rejected.fault.reason()).or_default() += 1;
        self.samples.push(rejected);
        if self.samples.len() >= 2 * MAX_SAMPLES {
            self.keep_first_samples();
        }
    }

    fn keep_first_samples(&mut self) {
        self.samples.sort_by_key(|r| (r.input, r.line));
        self.samples.truncate(MAX_SAMPLES);
    }

    pub(super) fn count_unknown(&mut self, keys: BTreeMap<String, u64>) {
        for (key, count) in keys {
            *self.unknown_keys.entry(key).or_default() += count;
        }
        let mut more = self.unknown_keys.remove(OTHER_KEYS).unwrap_or_default();
        while self.unknown_keys.len() > MAX_UNKNOWN_KEYS {
            more += self.unknown_keys.pop_last().map_or(0, |(_, count)| count);
        }
        if more > 0 {
            self.unknown_keys.insert(OTHER_KEYS.to_owned(), more);
        }
    }

    pub(super) fn add(&mut self, other: Summary) {
        self.files += other.files;
        self.records += other.records;
        self.rejected += other.rejected;
        for (reason, count) in other.rejected_by_reason {
            *self.rejected_by_reason.entry(reason).or_default() += count;
        }
        self.samples.extend(other.samples);
        self.keep_first_samples();
        self.count_unknown(other.unknown_keys);
        self.errors.extend(other.errors);
        self.bytes += other.bytes;
    }
}

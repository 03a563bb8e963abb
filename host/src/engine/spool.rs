//! Orders a finite input by report time and drops records delivered twice, in bounded memory.
//!
//! Owns the external merge sort behind `scan`: packed rows are gathered until a buffer is full, sorted, and written
//! as a run to a temporary file; at the end the runs are merged. So a file in any order, of any length, is seen in
//! the order in which Webex would have delivered it. Does not own what the rows mean.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Event, RecordId};

use super::layout::{Layout, record_id, report_time};

/// Bytes of rows one worker gathers before it sorts and spills them: about 150,000 rows.
pub const RUN_BYTES: usize = 16 << 20;

/// Read buffers of all runs together while merging.
const MERGE_BYTES: usize = 16 << 20;

/// Smallest and largest read buffer of one run.
const RUN_BUFFER: std::ops::RangeInclusive<usize> = (16 << 10)..=(1 << 20);

/// Length prefix of a row in a run.
const PREFIX: usize = 4;

/// A spool that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("temporary file in {dir}: {source}; free some space there or name another folder with TMPDIR")]
pub struct SpoolError {
    dir: PathBuf,
    source: io::Error,
}

/// One worker's part of the spool.
#[derive(Debug)]
pub struct Spool {
    layout: Arc<Layout>,
    dir: PathBuf,
    run_bytes: usize,
    rows: Vec<u8>,
    index: Vec<Key>,
    spilled: Option<Spilled>,
    /// Rows taken.
    pub taken: u64,
}

/// What orders rows: report time, then identity. The rest says where the row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    time: i64,
    id: RecordId,
    at: u32,
    len: u32,
}

#[derive(Debug)]
struct Spilled {
    file: File,
    /// End offsets of the runs in the file.
    ends: Vec<u64>,
}

impl Spool {
    /// An empty spool that spills to an unnamed file in `dir`.
    pub fn new(layout: Arc<Layout>, dir: &Path) -> Spool {
        Spool::with_run_bytes(layout, dir, RUN_BYTES)
    }

    fn with_run_bytes(layout: Arc<Layout>, dir: &Path, run_bytes: usize) -> Spool {
        let dir = dir.to_owned();
        Spool { layout, dir, run_bytes, rows: Vec::new(), index: Vec::new(), spilled: None, taken: 0 }
    }

    /// Takes an event.
    ///
    /// # Errors
    /// When a full run cannot be written.
    pub fn push(&mut self, event: &Event) -> Result<(), SpoolError> {
        let at = self.rows.len();
        self.layout.pack(event, &mut self.rows);
        let row = &self.rows[at..];
        let (time, id, len) = (report_time(row), record_id(row), row.len() as u32);
        self.index.push(Key { time, id, at: at as u32, len });
        self.taken += 1;
        if self.rows.len() >= self.run_bytes {
            self.spill().map_err(|source| SpoolError { dir: self.dir.clone(), source })?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.index.sort_unstable();
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled { file: tempfile::tempfile_in(&self.dir)?, ends: Vec::new() }),
        };
        let mut out = BufWriter::with_capacity(1 << 20, &spilled.file);
        let mut end = spilled.ends.last().copied().unwrap_or(0);
        for key in &self.index {
            let row = &self.rows[key.at as usize..(key.at + key.len) as usize];
            out.write_all(&key.len.to_le_bytes())?;
            out.write_all(row)?;
            end += (PREFIX + row.len()) as u64;
        }
        out.flush()?;
        drop(out);
        spilled.ends.push(end);
        self.rows.clear();
        self.index.clear();
        Ok(())
    }
}

/// Merges the spools of all workers into one ordered sequence without duplicates.
#[derive(Debug)]
pub struct Merge {
    runs: Vec<Run>,
    heap: BinaryHeap<Reverse<(i64, RecordId, u32)>>,
    last: Option<(i64, RecordId)>,
    dir: PathBuf,
    /// Records dropped because they had been delivered before.
    pub duplicates: u64,
}

/// A sorted run, read from memory or from a file.
#[derive(Debug)]
struct Run {
    source: Source,
    buffer: Vec<u8>,
    at: usize,
    row: std::ops::Range<usize>,
}

#[derive(Debug)]
enum Source {
    Memory { index: std::vec::IntoIter<Key> },
    File { file: Arc<File>, next: u64, end: u64, want: usize },
}

impl Merge {
    /// Starts merging.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn new(spools: Vec<Spool>) -> Result<Merge, SpoolError> {
        let dir = spools.first().map(|s| s.dir.clone()).unwrap_or_default();
        let count: usize = spools.iter().map(|s| s.spilled.as_ref().map_or(0, |f| f.ends.len())).sum();
        let want = (MERGE_BYTES / count.max(1)).clamp(*RUN_BUFFER.start(), *RUN_BUFFER.end());
        let mut runs = Vec::new();
        for mut spool in spools {
            if let Some(spilled) = spool.spilled.take() {
                let file = Arc::new(spilled.file);
                let mut next = 0;
                for end in spilled.ends {
                    let source = Source::File { file: file.clone(), next, end, want };
                    runs.push(Run { source, buffer: Vec::new(), at: 0, row: 0..0 });
                    next = end;
                }
            }
            spool.index.sort_unstable();
            let source = Source::Memory { index: spool.index.into_iter() };
            runs.push(Run { source, buffer: spool.rows, at: 0, row: 0..0 });
        }
        let mut merge = Merge { runs, heap: BinaryHeap::new(), last: None, dir, duplicates: 0 };
        for run in 0..merge.runs.len() {
            if let Some((time, id)) = merge.advance(run)? {
                merge.heap.push(Reverse((time, id, run as u32)));
            }
        }
        Ok(merge)
    }

    /// Moves a run to its next row; its key, or none at its end.
    fn advance(&mut self, run: usize) -> Result<Option<(i64, RecordId)>, SpoolError> {
        let more = self.runs[run].advance().map_err(|source| SpoolError { dir: self.dir.clone(), source })?;
        Ok(more.then(|| {
            let row = self.runs[run].row();
            (report_time(row), record_id(row))
        }))
    }

    /// Appends the next rows to `chunk` until it holds `limit` rows; false when nothing was left.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn fill(&mut self, chunk: &mut Chunk, limit: usize) -> Result<bool, SpoolError> {
        while chunk.len() < limit {
            let Some(Reverse((mut time, mut id, run))) = self.heap.pop() else { break };
            // Runs hold long stretches in order: stay with one while it is ahead of all others.
            loop {
                if self.last == Some((time, id)) {
                    self.duplicates += 1;
                } else {
                    self.last = Some((time, id));
                    chunk.push(self.runs[run as usize].row());
                }
                let Some(next) = self.advance(run as usize)? else { break };
                (time, id) = next;
                let ahead = self.heap.peek().is_none_or(|Reverse(other)| (time, id, run) <= *other);
                if !ahead || chunk.len() >= limit {
                    self.heap.push(Reverse((time, id, run)));
                    break;
                }
            }
        }
        Ok(!chunk.is_empty())
    }
}

impl Run {
    fn row(&self) -> &[u8] {
        &self.buffer[self.row.clone()]
    }

    fn advance(&mut self) -> io::Result<bool> {
        match &mut self.source {
            Source::Memory { index } => {
                let Some(key) = index.next() else { return Ok(false) };
                self.row = key.at as usize..(key.at + key.len) as usize;
            }
            Source::File { .. } => {
                if !self.ensure(PREFIX)? {
                    return Ok(false);
                }
                let mut prefix = [0; PREFIX];
                prefix.copy_from_slice(&self.buffer[self.at..self.at + PREFIX]);
                let len = u32::from_le_bytes(prefix) as usize;
                self.at += PREFIX;
                if !self.ensure(len)? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.row = self.at..self.at + len;
                self.at += len;
            }
        }
        Ok(true)
    }

    /// Makes `bytes` available at `self.at`; false at the end of the run.
    fn ensure(&mut self, bytes: usize) -> io::Result<bool> {
        let Source::File { file, next, end, want } = &mut self.source else { return Ok(true) };
        if self.buffer.len() - self.at >= bytes {
            return Ok(true);
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let have = self.buffer.len();
        let fetch = ((*end - *next) as usize).min(bytes.max(*want));
        if have + fetch < bytes {
            return Ok(false);
        }
        self.buffer.resize(have + fetch, 0);
        file.read_exact_at(&mut self.buffer[have..], *next)?;
        *next += fetch as u64;
        Ok(true)
    }
}

/// Some packed rows in order.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Chunk {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Appends a packed row.
    pub fn push(&mut self, row: &[u8]) {
        self.bytes.extend_from_slice(row);
        self.ends.push(self.bytes.len() as u32);
    }

    /// Room for so many rows of that length.
    pub fn reserve(&mut self, rows: usize, bytes: usize) {
        self.ends.reserve(rows);
        self.bytes.reserve(rows * bytes);
    }

    /// Packs an event and appends it.
    pub fn push_event(&mut self, layout: &Layout, event: &Event) {
        layout.pack(event, &mut self.bytes);
        self.ends.push(self.bytes.len() as u32);
    }

    /// The row at `index`, which must be below [`Chunk::len`].
    pub fn row(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
    }

    /// Makes it empty, keeping its buffers.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let row = &self.bytes[start..*end as usize];
            start = *end as usize;
            row
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{FieldId, FieldSet};
    use proptest::prelude::*;

    fn event(time: i64, id: u8) -> Event {
        let mut event = Event::default();
        event.id = RecordId(u128::from(id));
        event.set_millis(FieldId::report_time, time);
        event.set_text(FieldId::call_id, &"x".repeat(id as usize % 50));
        event
    }

    proptest! {
        #[test]
        fn any_order_over_any_workers_comes_out_sorted_and_single(
            records in proptest::collection::vec((0i64..50, any::<u8>()), 0..300),
            workers in 1usize..4,
            run_bytes in 100usize..5000,
        ) {
            let fields: FieldSet = [FieldId::call_id, FieldId::start_time].into_iter().collect();
            let layout = Arc::new(Layout::new(fields));
            let dir = tempfile::tempdir().unwrap();
            let mut spools: Vec<Spool> =
                (0..workers).map(|_| Spool::with_run_bytes(layout.clone(), dir.path(), run_bytes)).collect();
            for (i, (time, id)) in records.iter().enumerate() {
                spools[i % workers].push(&event(*time, *id)).unwrap();
            }
            let mut merge = Merge::new(spools).unwrap();
            let mut seen = Vec::new();
            loop {
                let mut chunk = Chunk::default();
                if !merge.fill(&mut chunk, 7).unwrap() {
                    break;
                }
                for bytes in chunk.rows() {
                    let row = super::super::layout::Row { layout: &layout, bytes };
                    seen.push((row.report_time(), row.id().0 as u8, row.text(FieldId::call_id).len()));
                }
            }
            let mut wanted: Vec<_> = records.iter().map(|(t, id)| (*t, *id, *id as usize % 50)).collect();
            wanted.sort_unstable();
            wanted.dedup();
            prop_assert_eq!(merge.duplicates as usize, records.len() - wanted.len());
            prop_assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let layout = Arc::new(Layout::new(FieldSet::NONE));
        let mut spool = Spool::with_run_bytes(layout, Path::new("/nonexistent-folder"), 1);
        let message = spool.push(&event(1, 1)).unwrap_err().to_string();
        assert!(message.contains("/nonexistent-folder") && message.contains("TMPDIR"), "{message}");
    }
}

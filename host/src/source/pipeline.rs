//! The workers: blocks to records to events to sinks.
//!
//! Owns threads and how they end. Does not own where blocks end (`cut`).

use std::sync::Arc;

use model::{Event, NameTable};

use super::json::ObjectParser;
use super::queue::{Block, Content, Header, Queue};
use super::{Input, ReadError, ReadOptions, Rejected, Sink, SinkError, Summary, csv, cut};
use crate::directory::Directory;
use crate::normalize::{Fault, FaultKind, Normalizer, Record, Value};

/// Blocks waiting per worker: enough to ride out a slow one.
const WAITING_PER_WORKER: usize = 2;

pub(super) fn run<S: Sink>(
    inputs: &[Input],
    options: &ReadOptions,
    names: &Arc<NameTable>,
    directory: &Arc<Directory>,
    sinks: &mut [S],
) -> Result<Summary, ReadError> {
    if sinks.is_empty() {
        return Err(ReadError::NoSink);
    }
    let queue = Queue::new(sinks.len() * WAITING_PER_WORKER);
    let mut summary = Summary::default();
    let ends = std::thread::scope(|scope| {
        let workers: Vec<_> = sinks
            .iter_mut()
            .map(|sink| {
                let normalizer = Normalizer::new(names.clone(), directory.clone(), options.wanted);
                let queue = &queue;
                scope.spawn(move || Worker::new(queue, sink, normalizer, options.strict).run())
            })
            .collect();
        for (index, input) in inputs.iter().enumerate() {
            match cut::read(&queue, index, input, options.progress.clone()) {
                Ok(bytes) => {
                    summary.files += 1;
                    summary.bytes += bytes;
                }
                Err((bytes, error)) => {
                    summary.files += u64::from(bytes > 0);
                    summary.bytes += bytes;
                    if queue.is_stopped() {
                        break;
                    }
                    summary.errors.push(error);
                }
            }
        }
        queue.finish();
        workers.into_iter().map(|worker| worker.join()).collect::<Vec<_>>()
    });
    let mut failure = None;
    for end in ends {
        match end {
            Ok((part, why)) => {
                summary.add(part);
                failure = failure.or(why);
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    if let Some(error) = failure {
        return Err(ReadError::Sink(error));
    }
    if options.strict && !summary.samples.is_empty() {
        return Err(ReadError::Rejected(Box::new(summary.samples.swap_remove(0))));
    }
    Ok(summary)
}

struct Worker<'w, S> {
    queue: &'w Queue,
    sink: &'w mut S,
    normalizer: Normalizer,
    strict: bool,
    event: Event,
    summary: Summary,
}

/// Why a worker leaves a block before its end.
enum Leave {
    Sink(SinkError),
    /// A bad record, with `strict`.
    Strict,
}

/// Lets the reader go when a worker ends by a panic.
struct StopOnPanic<'q>(&'q Queue);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

impl<'w, S: Sink> Worker<'w, S> {
    fn new(queue: &'w Queue, sink: &'w mut S, normalizer: Normalizer, strict: bool) -> Self {
        let (event, summary) = (Event::default(), Summary::default());
        Worker { queue, sink, normalizer, strict, event, summary }
    }

    fn run(mut self) -> (Summary, Option<SinkError>) {
        let _guard = StopOnPanic(self.queue);
        let mut failure = None;
        while let Some(mut block) = self.queue.pop() {
            let left = self.block(&block);
            self.queue.recycle(std::mem::take(&mut block.bytes));
            match left {
                Ok(()) => {}
                Err(Leave::Strict) => self.queue.stop(),
                Err(Leave::Sink(error)) => {
                    self.queue.stop();
                    failure = Some(error);
                }
            }
        }
        self.summary.count_unknown(self.normalizer.take_unknown_keys());
        (self.summary, failure)
    }

    fn block(&mut self, block: &Block) -> Result<(), Leave> {
        for (line, text, kind) in &block.broken {
            self.reject(block, *line, Fault::of_record(text, *kind, ""))?;
        }
        match &block.content {
            Content::Rows(header) => self.rows(block, header),
            Content::Lines => self.lines(block),
            Content::Elements(elements) => {
                let whole = std::str::from_utf8(&block.bytes).ok();
                let mut parser = ObjectParser::default();
                for (range, line) in elements {
                    match text_of(&block.bytes, whole, range.start, range.end) {
                        Ok(text) => self.object(block, text, *line, &mut parser)?,
                        Err(fault) => self.reject(block, *line, fault)?,
                    }
                }
                Ok(())
            }
        }
    }

    fn lines(&mut self, block: &Block) -> Result<(), Leave> {
        let whole = std::str::from_utf8(&block.bytes).ok();
        let mut parser = ObjectParser::default();
        let mut line = block.line;
        let mut at = 0;
        while at < block.bytes.len() {
            let next = csv::next_line(&block.bytes, at);
            match text_of(&block.bytes, whole, at, next) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => self.object(block, text, line, &mut parser)?,
                Err(fault) => self.reject(block, line, fault)?,
            }
            line += 1;
            at = next;
        }
        Ok(())
    }

    fn object<'b>(
        &mut self,
        block: &'b Block,
        text: &'b str,
        line: u64,
        parser: &mut ObjectParser<'b>,
    ) -> Result<(), Leave> {
        match parser.parse(text, line) {
            Ok(record) => self.record(block, &record),
            Err(fault) => self.reject(block, line, fault),
        }
    }

    fn rows(&mut self, block: &Block, header: &Header) -> Result<(), Leave> {
        let bytes = &block.bytes[..];
        let whole = std::str::from_utf8(bytes).ok();
        let mut values: Vec<Value<'_>> = Vec::with_capacity(header.keys.len());
        let mut line = block.line;
        let mut at = 0;
        while at < bytes.len() {
            let row = csv::row_end(bytes, at, header.delimiter);
            let (start, here) = (at, line);
            at = row.next;
            // Only a quoted cell can hold line breaks.
            let breaks =
                if row.quoted { memchr::memchr_iter(b'\n', &bytes[start..row.end]).count() } else { 0 };
            line += 1 + breaks as u64;
            let mut fault = None;
            if row.open {
                fault = Some((FaultKind::UnclosedQuote, String::new()));
            } else if row.end == start {
                continue;
            } else {
                match text_of(bytes, whole, start, row.end) {
                    Err(bad) => {
                        self.reject(block, here, bad)?;
                        continue;
                    }
                    Ok(text) => match csv::cells(text, header.delimiter, row.quoted, &mut values) {
                        Err(kind) => fault = Some((kind, String::new())),
                        Ok(()) if values.len() == header.keys.len() => {
                            self.record(block, &Record::new(&header.keys, &values, here))?;
                        }
                        Ok(()) if breaks > 0 => fault = Some((FaultKind::UnclosedQuote, String::new())),
                        Ok(()) => {
                            let detail = format!("{}, the header has {}", values.len(), header.keys.len());
                            fault = Some((FaultKind::WrongColumns, detail));
                        }
                    },
                }
            }
            let Some((kind, detail)) = fault else { continue };
            if kind == FaultKind::UnclosedQuote {
                // Only the line with the quote is given up: those it seems to swallow are read as rows.
                at = csv::next_line(bytes, start);
                line = here + 1;
            }
            let shown = String::from_utf8_lossy(&bytes[start..row.end.min(start + 200)]);
            self.reject(block, here, Fault::of_record(&shown, kind, detail))?;
        }
        Ok(())
    }

    fn record(&mut self, block: &Block, record: &Record<'_>) -> Result<(), Leave> {
        match self.normalizer.normalize(record, &mut self.event) {
            Ok(()) => {
                self.summary.records += 1;
                self.sink.event(&self.event, record).map_err(Leave::Sink)
            }
            Err(fault) => self.reject(block, record.line(), fault),
        }
    }

    fn reject(&mut self, block: &Block, line: u64, fault: Fault) -> Result<(), Leave> {
        let rejected = Rejected { input: block.input, file: block.file.clone(), line, fault };
        self.sink.rejected(&rejected).map_err(Leave::Sink)?;
        self.summary.reject(rejected);
        if self.strict { Err(Leave::Strict) } else { Ok(()) }
    }
}

/// A part of a block as text: cut from the whole if that is valid, else checked by itself.
fn text_of<'b>(bytes: &'b [u8], whole: Option<&'b str>, start: usize, end: usize) -> Result<&'b str, Fault> {
    if let Some(text) = whole.and_then(|w| w.get(start..end)) {
        return Ok(text);
    }
    std::str::from_utf8(&bytes[start..end]).map_err(|e| {
        let shown = String::from_utf8_lossy(&bytes[start..end.min(start + 200)]);
        Fault::of_record(&shown, FaultKind::InvalidUtf8, format!("at byte {} of it", e.valid_up_to() + 1))
    })
}

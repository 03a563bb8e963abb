//! Reading one input and cutting it into blocks of whole records.
//!
//! Owns where blocks end, line numbers, and what becomes of a file that is damaged or cut off.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::normalize::{FaultKind, Key, MAX_KEYS, Value};
use model::FieldId;

use super::queue::{Block, Content, Header, Queue};
use super::scan::Scanner;
use super::shape::{self, Shape};
use super::{FileError, Input, MAX_RECORD_BYTES, csv, open};

/// Bytes in a block: long enough that handing it over costs nothing, short enough for the cache and for a small file
/// to use all workers.
const BLOCK_BYTES: usize = 512 << 10;
/// Beginning of a bad record kept for its message.
const EXCERPT: usize = 200;

/// One input being read.
struct Cutter<'q> {
    queue: &'q Queue,
    input: usize,
    file: Arc<str>,
    reader: Box<dyn Read>,
    /// What is read and not handed over; starts at a record.
    buffer: Vec<u8>,
    /// Line of the buffer's first byte.
    line: u64,
    /// Bytes handed over.
    offset: u64,
    /// Nothing follows the buffer.
    last: bool,
    /// Reading failed after what is in the buffer.
    failed: Option<String>,
    broken: Vec<(u64, String, FaultKind)>,
}

/// Reads an input to its end, or as far as it goes. Returns the bytes read after decompression.
pub(super) fn read(
    queue: &Queue,
    index: usize,
    input: &Input,
    progress: Option<Arc<AtomicU64>>,
) -> Result<u64, (u64, FileError)> {
    let file: Arc<str> = match input {
        Input::Stdin => "stdin".into(),
        Input::File(path) => path.to_string_lossy().into(),
    };
    let error = |message: String| FileError { input: index, file: file.to_string(), message };
    let reader = open::open(input, progress).map_err(|m| (0, error(m)))?;
    let mut cutter = Cutter {
        queue,
        input: index,
        file: file.clone(),
        reader,
        buffer: queue.buffer(),
        line: 1,
        offset: 0,
        last: false,
        failed: None,
        broken: Vec::new(),
    };
    let done = cutter.run();
    let bytes = cutter.offset + cutter.buffer.len() as u64;
    done.map(|()| bytes).map_err(|m| (bytes, error(m)))
}

impl Cutter<'_> {
    fn run(&mut self) -> Result<(), String> {
        self.fill();
        let shape = loop {
            let whole = self.last || self.failed.is_some();
            match shape::recognise(&self.buffer, whole) {
                Some(shape) => break shape,
                None if self.buffer.len() > MAX_RECORD_BYTES => break shape::of_long_beginning(&self.buffer),
                None => self.fill(),
            }
        };
        match shape {
            Shape::Csv(delimiter) => {
                let header = Arc::new(self.header(delimiter)?);
                self.rows(
                    |text, last| csv::last_row_end(text, delimiter, MAX_RECORD_BYTES, last),
                    || Content::Rows(header.clone()),
                )?;
            }
            Shape::Lines => self.rows(
                |text, last| {
                    if last { text.len() } else { memchr::memrchr(b'\n', text).map_or(0, |n| n + 1) }
                },
                || Content::Lines,
            )?,
            Shape::Document => self.document()?,
        }
        match self.failed.take() {
            None => Ok(()),
            Some(why) => Err(format!("{}{why}", self.place(0))),
        }
    }

    /// Reads another block behind what is in the buffer.
    fn fill(&mut self) {
        if self.last || self.failed.is_some() {
            return;
        }
        let mut end = self.buffer.len();
        let full = end + BLOCK_BYTES;
        self.buffer.resize(full, 0);
        while end < full {
            match self.reader.read(&mut self.buffer[end..]) {
                Ok(0) => {
                    self.last = true;
                    break;
                }
                Ok(count) => end += count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.failed = Some(open::damaged(&e));
                    break;
                }
            }
        }
        self.buffer.truncate(end);
    }

    /// Where in the file a position of the buffer is, for a message; what was read until there counts.
    fn place(&self, at: usize) -> String {
        let at = at.min(self.buffer.len());
        let line = self.line + count_lines(&self.buffer[..at]);
        format!("after line {line}, byte {}: ", self.offset + at as u64)
    }

    /// Hands over the first `cut` bytes.
    fn hand_over(&mut self, cut: usize, content: Content) -> Result<(), String> {
        let mut rest = self.queue.buffer();
        rest.extend_from_slice(&self.buffer[cut..]);
        self.buffer.truncate(cut);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let line = self.line;
        self.line += count_lines(&bytes);
        self.offset += cut as u64;
        let broken = std::mem::take(&mut self.broken);
        let block = Block { input: self.input, file: self.file.clone(), bytes, line, content, broken };
        if self.queue.push(block) { Ok(()) } else { Err("not read to its end".to_owned()) }
    }

    fn rows(
        &mut self,
        last_end: impl Fn(&[u8], bool) -> usize,
        content: impl Fn() -> Content,
    ) -> Result<(), String> {
        loop {
            let end = last_end(&self.buffer, self.last);
            if end > 0 {
                self.hand_over(end, content())?;
            }
            if self.last || self.failed.is_some() {
                return Ok(());
            }
            if end == 0 && self.buffer.len() > MAX_RECORD_BYTES {
                self.skip_line();
                self.hand_over(0, content())?;
            }
            self.fill();
        }
    }

    /// Passes over a line that is longer than a record may be.
    fn skip_line(&mut self) {
        self.broken.push((self.line, excerpt(&self.buffer), FaultKind::TooLong));
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                self.offset += end as u64 + 1;
                self.line += 1;
                self.buffer.drain(..=end);
                return;
            }
            self.offset += self.buffer.len() as u64;
            self.buffer.clear();
            if self.last || self.failed.is_some() {
                return;
            }
            self.fill();
        }
    }

    fn header(&mut self, delimiter: u8) -> Result<Header, String> {
        let start = self.buffer.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
        let row = csv::row_end(&self.buffer, start, delimiter);
        let text = std::str::from_utf8(&self.buffer[start..row.end])
            .map_err(|_| "the first line is not UTF-8 text: expected Webex call records as CSV or JSON")?;
        let mut cells = Vec::new();
        csv::cells(text, delimiter, row.quoted, &mut cells)
            .map_err(|_| "line 1: a quote in the header is not closed")?;
        if cells.len() > MAX_KEYS {
            return Err(format!("line 1: the header has more than {MAX_KEYS} columns"));
        }
        let keys: Vec<Key<'static>> = cells
            .into_iter()
            .map(|cell| match cell {
                Value::Text(text) => Key::new(text.into_owned()),
                _ => Key::new(""),
            })
            .collect();
        for field in [FieldId::record_id, FieldId::start_time] {
            if !keys.iter().any(|k| k.field == Some(field)) {
                let key = field.field().webex_key.unwrap_or_default();
                return Err(format!(
                    "line 1: there is no column '{key}': expected a header like that of Webex's report \
                     \"Calling Detailed Call History\", or JSON records"
                ));
            }
        }
        let lines = count_lines(&self.buffer[..row.next]);
        self.buffer.drain(..row.next);
        self.line += lines;
        self.offset += row.next as u64;
        Ok(Header { keys, delimiter })
    }

    fn document(&mut self) -> Result<(), String> {
        let mut scanner = Scanner::new();
        loop {
            let scanned = scanner.scan(&self.buffer, self.last);
            let mut lines = Lines { text: &self.buffer, at: 0, line: self.line };
            let elements: Vec<_> =
                scanned.elements.into_iter().map(|r| (r.clone(), lines.of(r.start))).collect();
            let mut lines = Lines { text: &self.buffer, at: 0, line: self.line };
            for (at, kind) in scanned.broken {
                self.broken.push((lines.of(at), excerpt(&self.buffer[at..]), kind));
            }
            let error = scanned.error.map(|(at, why)| format!("{}{why}", self.place(at)));
            if scanned.consumed > 0 || !self.broken.is_empty() {
                self.hand_over(scanned.consumed, Content::Elements(elements))?;
            }
            if let Some(error) = error {
                return Err(error);
            }
            if self.last || self.failed.is_some() {
                return Ok(());
            }
            self.fill();
        }
    }
}

/// Lines of ascending positions.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: usize) -> u64 {
        self.line += count_lines(&self.text[self.at..position]);
        self.at = position;
        self.line
    }
}

fn count_lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

fn excerpt(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(EXCERPT)]).into_owned()
}

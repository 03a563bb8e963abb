//! Opening an input: compression is recognised by its first bytes.
//!
//! A decompression bomb costs time, not memory: what comes out is taken in blocks, and no record is longer than
//! [`super::MAX_RECORD_BYTES`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Input;

/// Bytes taken from a file at once.
const FILE_BUFFER: usize = 256 << 10;

/// Formats we do not read, by their first bytes, and what to do.
const FOREIGN: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "is a zip archive: unpack it first"),
    (b"BZh", "is compressed with bzip2: unpack it first (gzip and zstd are read as they are)"),
    (b"\xfd7zXZ", "is compressed with xz: unpack it first (gzip and zstd are read as they are)"),
    (b"7z\xbc\xaf", "is a 7z archive: unpack it first"),
    (b"\xff\xfe", "is UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16: save it as UTF-8"),
    (b"%PDF", "is a PDF: export the report as CSV"),
];

/// Opens an input and takes off compression and byte order mark.
pub(super) fn open(input: &Input, progress: Option<Arc<AtomicU64>>) -> Result<Box<dyn Read>, String> {
    match input {
        Input::Stdin => decompressed(Box::new(io::stdin()), progress),
        Input::File(path) => {
            let cannot = |e: io::Error| format!("cannot be read: {e}");
            let file = File::open(path).map_err(cannot)?;
            if file.metadata().map_err(cannot)?.is_dir() {
                return Err("is a folder: name the files in it".to_owned());
            }
            decompressed(Box::new(file), progress)
        }
    }
}

fn decompressed(raw: Box<dyn Read>, progress: Option<Arc<AtomicU64>>) -> Result<Box<dyn Read>, String> {
    let cannot = |e: io::Error| format!("cannot be read: {e}");
    let mut stored = BufReader::with_capacity(FILE_BUFFER, Counted { inner: raw, progress });
    let head = peek(&mut stored).map_err(cannot)?;
    let plain: Box<dyn Read> = match &head[..] {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(Cursor::new(head).chain(stored))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(
            zstd::stream::read::Decoder::with_buffer(Cursor::new(head).chain(stored)).map_err(cannot)?,
        ),
        _ => Box::new(Cursor::new(head).chain(stored)),
    };
    let mut plain = BufReader::with_capacity(16, plain);
    let head = peek(&mut plain).map_err(|e| damaged(&e))?;
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err((*what).to_owned());
    }
    let skip = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let (_, rest) = (plain.buffer().len(), plain.into_inner());
    Ok(Box::new(Cursor::new(head[skip..].to_vec()).chain(rest)))
}

/// What a failed decompression means.
pub(super) fn damaged(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed file ends too early: fetch it again".to_owned(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
            format!("the compressed file is damaged ({error}): fetch it again")
        }
        _ => format!("cannot be read on: {error}"),
    }
}

/// The first bytes, taken off the reader.
fn peek(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while head.len() < 8 {
        let buffer = match reader.fill_buf() {
            Ok(buffer) => buffer,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        if buffer.is_empty() {
            break;
        }
        let taken = buffer.len();
        head.extend_from_slice(buffer);
        reader.consume(taken);
    }
    Ok(head)
}

/// Counts what is read.
struct Counted {
    inner: Box<dyn Read>,
    progress: Option<Arc<AtomicU64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(progress) = &self.progress {
            progress.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(count)
    }
}

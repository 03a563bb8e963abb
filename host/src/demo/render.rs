//! Records as live JSON and as lines of the Control Hub report.
//!
//! Owns the two formats. Does not own what the columns hold (`row`).

use std::io::{self, Write};

use super::columns::{COLUMNS, Column, Empty, REPORT_COLUMNS};
use super::row::Row;

/// Writes a record as one JSON object with all of its 87 keys, without a line end.
pub(super) fn push_json(out: &mut Vec<u8>, row: &Row) {
    for (index, column) in COLUMNS.iter().enumerate() {
        out.push(if index == 0 { b'{' } else { b',' });
        out.push(b'"');
        out.extend_from_slice(column.key.as_bytes());
        let value = row.get(index);
        match (column.empty, value.is_empty()) {
            (Empty::Num, _) => {
                out.extend_from_slice(b"\":");
                out.extend_from_slice(value);
            }
            (Empty::Both, true) => out.extend_from_slice(b"\":\"NA\""),
            _ => {
                out.extend_from_slice(b"\":\"");
                push_escaped(out, value);
                out.push(b'"');
            }
        }
    }
    out.push(b'}');
}

/// Text of a JSON string: quotes, backslashes and control characters escaped.
fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let special = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
    if !text.iter().any(special) {
        out.extend_from_slice(text);
        return;
    }
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
}

/// Line of the report with the column names, after the byte order mark that Control Hub writes.
pub(super) fn push_header(out: &mut Vec<u8>) {
    out.extend_from_slice("\u{feff}".as_bytes());
    for (index, column) in COLUMNS[..REPORT_COLUMNS].iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(column.header.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// A record as a line of the report: `TRUE` and `FALSE`, `NA` for much that is unused.
pub(super) fn push_csv(out: &mut Vec<u8>, row: &Row) {
    for (index, column) in COLUMNS[..REPORT_COLUMNS].iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let value = row.get(index);
        if value.is_empty() {
            if matches!(column.empty, Empty::Na | Empty::Both) {
                out.extend_from_slice(b"NA");
            }
        } else if index == Column::Answered as usize {
            out.extend_from_slice(if value == b"true" { b"TRUE" } else { b"FALSE" });
        } else if value.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
            out.push(b'"');
            for byte in value {
                if *byte == b'"' {
                    out.push(b'"');
                }
                out.push(*byte);
            }
            out.push(b'"');
        } else {
            out.extend_from_slice(value);
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Bytes collected before they are written.
const CHUNK: usize = 256 << 10;

/// Collects bytes and writes them in large pieces.
pub(super) struct Chunks<W: Write> {
    pub(super) buffer: Vec<u8>,
    out: W,
}

impl<W: Write> Chunks<W> {
    pub(super) fn new(out: W) -> Chunks<W> {
        Chunks { buffer: Vec::with_capacity(CHUNK + (16 << 10)), out }
    }

    /// To be called after every record.
    pub(super) fn flush_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Writes what is left.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_text_is_escaped_as_serde_escapes_it() {
        for text in ["plain", "a \"b\" \\ c", "line\nend\u{1b}[31m\t", "\u{202e}oñ"] {
            let mut out = vec![b'"'];
            push_escaped(&mut out, text.as_bytes());
            out.push(b'"');
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}

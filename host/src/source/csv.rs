//! Cutting CSV text into rows and cells (RFC 4180).
//!
//! Owns quotes and row boundaries. Hand-written: the cells of a row without quotes are slices of the block, found by
//! `memchr`, which costs a third of the general parser. A quote inside an unquoted cell is text, as in the csv crate.

use std::borrow::Cow;

use crate::normalize::{FaultKind, Value};

/// Where a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowEnd {
    /// After its line break.
    pub next: usize,
    /// Without the line break.
    pub end: usize,
    /// Whether a line break ended it, not the end of the text.
    pub terminated: bool,
    /// Whether a quote opens in it.
    pub quoted: bool,
    /// Whether a quoted cell is still open at the end of the text.
    pub open: bool,
}

/// Finds the end of the row that starts at `start`; the end of the text ends it too.
pub(super) fn row_end(text: &[u8], start: usize, delimiter: u8) -> RowEnd {
    let line = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
    if memchr::memchr(b'"', &text[start..line]).is_none() {
        return finished(text, start, line, false);
    }
    let mut at = start;
    let mut quoted = false;
    while let Some(found) = memchr::memchr2(b'"', b'\n', &text[at..]) {
        let here = at + found;
        if text[here] == b'\n' {
            return finished(text, start, here, quoted);
        }
        at = here + 1;
        if here > start && text[here - 1] != delimiter {
            continue;
        }
        quoted = true;
        loop {
            let Some(close) = memchr::memchr(b'"', &text[at..]) else {
                return RowEnd { open: true, ..finished(text, start, text.len(), true) };
            };
            at += close + 1;
            if text.get(at) != Some(&b'"') {
                break;
            }
            at += 1;
        }
    }
    finished(text, start, text.len(), quoted)
}

fn finished(text: &[u8], start: usize, line: usize, quoted: bool) -> RowEnd {
    let end = if line > start && text[line - 1] == b'\r' { line - 1 } else { line };
    RowEnd { next: (line + 1).min(text.len()), end, terminated: line < text.len(), quoted, open: false }
}

/// Where the last whole row of `text` ends, 0 if there is none. Rows whose quote does not close within
/// `longest` bytes are passed over line by line, so that one quote cannot hold up a file.
pub(super) fn last_row_end(text: &[u8], delimiter: u8, longest: usize, last: bool) -> usize {
    if memchr::memchr(b'"', text).is_none() {
        return if last { text.len() } else { memchr::memrchr(b'\n', text).map_or(0, |n| n + 1) };
    }
    let mut at = 0;
    while at < text.len() {
        let row = row_end(text, at, delimiter);
        let whole = !row.open && (row.terminated || last);
        if whole {
            at = row.next;
        } else if row.open && (last || text.len() - at > longest) {
            at = next_line(text, at);
        } else {
            break;
        }
    }
    at
}

/// Start of the line after the one that starts at `at`.
pub(super) fn next_line(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1)
}

/// Splits a row into cells.
pub(super) fn cells<'a>(
    row: &'a str,
    delimiter: u8,
    quoted: bool,
    out: &mut Vec<Value<'a>>,
) -> Result<(), FaultKind> {
    out.clear();
    let bytes = row.as_bytes();
    if !quoted {
        let mut start = 0;
        for end in memchr::memchr_iter(delimiter, bytes) {
            out.push(Value::Text(Cow::Borrowed(&row[start..end])));
            start = end + 1;
        }
        out.push(Value::Text(Cow::Borrowed(&row[start..])));
        return Ok(());
    }
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b'"') {
            let (cell, end) = quoted_cell(row, at)?;
            // Text between the closing quote and the delimiter is kept, as the csv crate does.
            let stop = memchr::memchr(delimiter, &bytes[end..]).map_or(bytes.len(), |n| end + n);
            let cell = if stop > end { Cow::Owned(cell.into_owned() + &row[end..stop]) } else { cell };
            out.push(Value::Text(cell));
            at = stop;
        } else {
            let stop = memchr::memchr(delimiter, &bytes[at..]).map_or(bytes.len(), |n| at + n);
            out.push(Value::Text(Cow::Borrowed(&row[at..stop])));
            at = stop;
        }
        if at == bytes.len() {
            return Ok(());
        }
        at += 1;
    }
}

/// The content of a quoted cell and the position after its closing quote.
fn quoted_cell(row: &str, start: usize) -> Result<(Cow<'_, str>, usize), FaultKind> {
    let bytes = row.as_bytes();
    let mut cell = Cow::Borrowed("");
    let mut from = start + 1;
    loop {
        let close = from + memchr::memchr(b'"', &bytes[from..]).ok_or(FaultKind::UnclosedQuote)?;
        let piece = &row[from..close];
        if bytes.get(close + 1) != Some(&b'"') {
            if cell.is_empty() {
                cell = Cow::Borrowed(piece);
            } else {
                cell.to_mut().push_str(piece);
            }
            return Ok((cell, close + 1));
        }
        let text = cell.to_mut();
        text.push_str(piece);
        text.push('"');
        from = close + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All rows as texts, by our parser.
    fn ours(text: &str) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut at = 0;
        let mut out = Vec::new();
        while at < text.len() {
            let row = row_end(text.as_bytes(), at, b',');
            if row.end > at {
                cells(&text[at..row.end], b',', row.quoted, &mut out).unwrap();
                rows.push(
                    out.iter()
                        .map(|v| match v {
                            Value::Text(t) => t.to_string(),
                            other => panic!("{other:?}"),
                        })
                        .collect(),
                );
            }
            at = row.next;
        }
        rows
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z\",\n;ñ ]{0,6}", 3), 1..8)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(ours(&text), rows);
            prop_assert_eq!(last_row_end(text.as_bytes(), b',', 1 << 20, true), text.len());
        }

        #[test]
        fn any_text_ends(text in "[a\",\n\r]{0,40}") {
            let mut at = 0;
            let mut out = Vec::new();
            while at < text.len() {
                let row = row_end(text.as_bytes(), at, b',');
                prop_assert!(row.next > at);
                let _ = cells(&text[at..row.end], b',', row.quoted, &mut out);
                at = row.next;
            }
            for longest in [3, 1000] {
                prop_assert!(last_row_end(text.as_bytes(), b',', longest, false) <= text.len());
            }
        }
    }

    #[test]
    fn quotes_breaks_and_line_ends() {
        assert_eq!(
            ours("a,\"b\n\"\"c\"\"\",d\r\ne,f\"g,\n"),
            [vec!["a", "b\n\"c\"", "d"], vec!["e", "f\"g", ""]]
        );
    }
}

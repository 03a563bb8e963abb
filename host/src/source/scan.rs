//! Cutting JSON documents into records without parsing them.
//!
//! Owns brackets, strings and where an element ends, also after damage: an element that does not end properly is
//! set aside and the next object looked for. Does not own whether an element is valid JSON (`json` parses it).

use std::ops::Range;

use crate::normalize::FaultKind;

use super::MAX_RECORD_BYTES;

/// Keys under which a page holds its records; the second is in the report API's description.
const PAGE_KEYS: [&[u8]; 2] = [b"items", b"report attributes"];
/// Deepest nesting followed: records have none.
const MAX_DEPTH: u32 = 64;

/// Where a bracketed value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Balanced {
    /// Just after its closing bracket.
    End(usize),
    /// Beyond the buffer.
    Incomplete,
    /// It cannot end: mismatched brackets, a line break inside a string, or too deep.
    Broken(usize),
}

/// Finds the end of the array or object that starts at `start`.
pub(super) fn balanced(text: &[u8], start: usize) -> Balanced {
    let mut depth = 0u32;
    // One bit per open bracket, 1 for an object.
    let mut kinds = 0u64;
    let mut at = start;
    while let Some(b) = text.get(at) {
        match b {
            b'"' => match string_end(text, at) {
                Balanced::End(end) => {
                    at = end;
                    continue;
                }
                other => return other,
            },
            b'{' | b'[' => {
                if depth == MAX_DEPTH {
                    return Balanced::Broken(at);
                }
                kinds = (kinds << 1) | u64::from(*b == b'{');
                depth += 1;
            }
            b'}' | b']' => {
                if kinds & 1 != u64::from(*b == b'}') {
                    return Balanced::Broken(at);
                }
                kinds >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Balanced::End(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    Balanced::Incomplete
}

/// Finds the end of the string that starts at `start`. A raw line break is not allowed in one, so it shows that a
/// quote is missing.
fn string_end(text: &[u8], start: usize) -> Balanced {
    let mut at = start + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr3(b'"', b'\\', b'\n', rest)) {
        at += found;
        match text[at] {
            b'"' => return Balanced::End(at + 1),
            b'\n' => return Balanced::Broken(at),
            _ => at += 2,
        }
    }
    Balanced::Incomplete
}

/// In an object that starts at `start`: where the array under a page's key starts, if one begins before `end`.
pub(super) fn items(text: &[u8], start: usize, end: usize) -> Option<usize> {
    let text = &text[..end];
    let mut at = start + 1;
    loop {
        at += text.get(at..)?.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b','))?;
        if text[at] != b'"' {
            return None;
        }
        let Balanced::End(key_end) = string_end(text, at) else { return None };
        let key = &text[at + 1..key_end - 1];
        at = key_end + text.get(key_end..)?.iter().position(|b| !b.is_ascii_whitespace())?;
        if text[at] != b':' {
            return None;
        }
        at += 1;
        at += text.get(at..)?.iter().position(|b| !b.is_ascii_whitespace())?;
        if text[at] == b'[' && PAGE_KEYS.iter().any(|k| key.eq_ignore_ascii_case(k)) {
            return Some(at);
        }
        at = match value_end(text, at) {
            Balanced::End(end) => end,
            _ => return None,
        };
    }
}

/// The end of any value; that of a number or word may be the buffer's.
fn value_end(text: &[u8], start: usize) -> Balanced {
    match text[start] {
        b'{' | b'[' => balanced(text, start),
        b'"' => string_end(text, start),
        _ => {
            let stops = |b: &u8| matches!(b, b',' | b']' | b'}' | b'\n');
            match text[start..].iter().position(stops) {
                // A stop at once would be no progress.
                Some(n) => Balanced::End(start + n.max(1)),
                None => Balanced::Incomplete,
            }
        }
    }
}

/// Where in a document the scanner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// Between top-level values.
    Top,
    /// In the array of records; `nested` arrays are open inside it, which records never are in: it is read as if they
    /// were not, so that a stray bracket costs no record behind it.
    Array { of_page: bool, nested: u32 },
    /// After a page's array, with that many brackets open.
    PageTail(u32),
}

/// Cuts a document; fed with the unread rest of a file, longer each time.
#[derive(Debug)]
pub(super) struct Scanner {
    within: Within,
}

/// What a scan found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Bytes done with; the rest is to be given again with more.
    pub consumed: usize,
    /// Records, in order.
    pub elements: Vec<Range<usize>>,
    /// Elements that do not end properly: where they start, and why.
    pub broken: Vec<(usize, FaultKind)>,
    /// Why the document cannot be read on, from this position.
    pub error: Option<(usize, &'static str)>,
}

impl Scanner {
    pub(super) fn new() -> Scanner {
        Scanner { within: Within::Top }
    }

    /// Scans `text`; `last` says that nothing follows it.
    pub(super) fn scan(&mut self, text: &[u8], last: bool) -> Scanned {
        let mut out = Scanned::default();
        let mut at = 0;
        loop {
            let Some(skipped) = text[at..].iter().position(|b| !b.is_ascii_whitespace() && *b != b',') else {
                at = text.len();
                break;
            };
            at += skipped;
            let next = match self.within {
                Within::Top => self.top(text, at, last, &mut out),
                Within::Array { of_page, nested } => self.array(text, at, last, (of_page, nested), &mut out),
                Within::PageTail(depth) => self.tail(text, at, depth),
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        out.consumed = at;
        if last && out.error.is_none() && (self.within != Within::Top || at < text.len()) {
            out.error = Some((at, "the file ends in the middle of a JSON document: fetch it again"));
        }
        out
    }

    fn top(&mut self, text: &[u8], at: usize, last: bool, out: &mut Scanned) -> Option<usize> {
        match text[at] {
            b'[' => {
                self.within = Within::Array { of_page: false, nested: 0 };
                Some(at + 1)
            }
            b'{' => {
                if let Some(array) = items(text, at, text.len()) {
                    self.within = Within::Array { of_page: true, nested: 0 };
                    return Some(array + 1);
                }
                self.element(text, at, last, out)
            }
            _ => match next_object(text, at) {
                // Damage between objects; what follows them is read.
                Some(next) => {
                    out.broken.push((at, FaultKind::MalformedJson));
                    Some(next)
                }
                None => {
                    out.error = Some((at, "expected a JSON object or array here: check what the file is"));
                    None
                }
            },
        }
    }

    fn array(
        &mut self,
        text: &[u8],
        at: usize,
        last: bool,
        (of_page, nested): (bool, u32),
        out: &mut Scanned,
    ) -> Option<usize> {
        match text[at] {
            b'[' => {
                if nested == 0 {
                    out.broken.push((at, FaultKind::NotAnObject));
                }
                self.within = Within::Array { of_page, nested: nested.saturating_add(1) };
                Some(at + 1)
            }
            // No element begins so: the page itself ends, and a bracket in it was one too many or too few.
            b'}' if of_page => {
                self.within = Within::Top;
                Some(at + 1)
            }
            b']' if nested > 0 => {
                self.within = Within::Array { of_page, nested: nested - 1 };
                Some(at + 1)
            }
            b']' => {
                self.within = if of_page { Within::PageTail(1) } else { Within::Top };
                Some(at + 1)
            }
            _ => self.element(text, at, last, out),
        }
    }

    fn element(&mut self, text: &[u8], at: usize, last: bool, out: &mut Scanned) -> Option<usize> {
        let too_long = text.len() - at > MAX_RECORD_BYTES;
        let (resume, fault) = match value_end(text, at) {
            Balanced::End(end) if end - at > MAX_RECORD_BYTES => (end, FaultKind::TooLong),
            Balanced::End(end) => {
                out.elements.push(at..end);
                return Some(end);
            }
            Balanced::Broken(place) if text[place] == b'\n' => (place, FaultKind::MalformedJson),
            Balanced::Broken(_) => (at + 1, FaultKind::MalformedJson),
            Balanced::Incomplete if too_long => (at + 1, FaultKind::TooLong),
            Balanced::Incomplete if last => (at + 1, FaultKind::MalformedJson),
            Balanced::Incomplete => return None,
        };
        // Looks for the next object; at the end of a file that was cut off there is none, and the cut is the error.
        match next_object(text, resume) {
            Some(next) => {
                out.broken.push((at, fault));
                Some(next)
            }
            None if last => None,
            None => {
                out.broken.push((at, fault));
                Some(text.len())
            }
        }
    }

    fn tail(&mut self, text: &[u8], at: usize, depth: u32) -> Option<usize> {
        match text[at] {
            b'"' => match string_end(text, at) {
                Balanced::End(end) => Some(end),
                Balanced::Broken(place) => Some(place),
                Balanced::Incomplete if text.len() - at > MAX_RECORD_BYTES => Some(text.len()),
                Balanced::Incomplete => None,
            },
            b'{' | b'[' => {
                self.within = Within::PageTail(depth.saturating_add(1));
                Some(at + 1)
            }
            b'}' | b']' => {
                self.within = if depth <= 1 { Within::Top } else { Within::PageTail(depth - 1) };
                Some(at + 1)
            }
            _ => Some(at + 1),
        }
    }
}

/// The next `{` that is followed by a key, as far as the text shows.
fn next_object(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'{', text.get(at..)?)?;
        let after = text[at + 1..].iter().find(|b| !b.is_ascii_whitespace());
        if matches!(after, Some(b'"') | None) {
            return Some(at);
        }
        at += 1;
    }
}

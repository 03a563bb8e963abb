//! Which shape a file has, from its beginning.

use super::scan;

/// The shape of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Cells separated by this byte, with a header.
    Csv(u8),
    /// One JSON object per line.
    Lines,
    /// JSON values one after another: pages `{"items":[…]}`, arrays, single records.
    Document,
}

/// Recognises the shape. `head` is the beginning of the file, or all of it if `whole`; `None` means there is not
/// enough of it. An empty file counts as lines.
pub(super) fn recognise(head: &[u8], whole: bool) -> Option<Shape> {
    let Some(start) = head.iter().position(|b| !b.is_ascii_whitespace()) else {
        return whole.then_some(Shape::Lines);
    };
    let text = &head[start..];
    match text[0] {
        b'[' => Some(Shape::Document),
        b'{' => match memchr::memchr(b'\n', text) {
            Some(end) => object_lines(&text[..end], &text[end..], whole),
            None => whole.then_some(Shape::Document),
        },
        _ => match memchr::memchr(b'\n', text) {
            None if !whole => None,
            // A broken first line of records; no row of a report starts like an object.
            Some(end) if starts_object(&text[end..]) => Some(Shape::Lines),
            end => Some(Shape::Csv(delimiter(&text[..end.unwrap_or(text.len())]))),
        },
    }
}

/// The shape of a file whose beginning, longer than any record, shows none: a page or objects in one line are a
/// document; one object that goes on and on is a line that is too long, and others follow it.
pub(super) fn of_long_beginning(head: &[u8]) -> Shape {
    let text = head.trim_ascii_start();
    let record = text.first() == Some(&b'{')
        && scan::balanced(text, 0) == scan::Balanced::Incomplete
        && scan::items(text, 0, text.len()).is_none();
    if record { Shape::Lines } else { Shape::Document }
}

fn starts_object(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.first() == Some(&b'{') && rest[1..].trim_ascii_start().first() == Some(&b'"')
}

/// A file that starts with an object: lines if the first line is a whole record, or is broken and the next line
/// starts another; else a document.
fn object_lines(first: &[u8], rest: &[u8], whole: bool) -> Option<Shape> {
    if let scan::Balanced::End(end) = scan::balanced(first, 0) {
        let alone = first[end..].iter().all(u8::is_ascii_whitespace);
        return Some(if alone && scan::items(first, 0, first.len()).is_none() {
            Shape::Lines
        } else {
            Shape::Document
        });
    }
    let opens = matches!(first.trim_ascii_end().last(), Some(b'{' | b'[' | b',' | b':'));
    match rest.trim_ascii_start().first() {
        _ if opens => Some(Shape::Document),
        Some(b'{') => Some(Shape::Lines),
        None if !whole => None,
        _ => Some(Shape::Document),
    }
}

/// The delimiter of a header: whichever of comma, semicolon and tab is there most, outside of quotes.
fn delimiter(header: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for b in header {
        if *b == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some((_, count)) = counts.iter_mut().find(|(d, _)| d == b) {
            *count += 1;
        }
    }
    // Of equal counts the earlier listed wins.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(d, _)| *d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_recognised_by_their_beginning() {
        for (text, shape) in [
            ("", Shape::Lines),
            ("\n[\n", Shape::Document),
            ("{\"items\":[{\"a\":1}]}", Shape::Document),
            ("{\"items\":[{\"a\":1}]}\n{\"items\":[]}\n", Shape::Document),
            ("{\"count\":1,\"items\":[\n{\"a\":1}]}", Shape::Document),
            ("{\n \"items\": [\n", Shape::Document),
            ("{\"items\": [\n{\"a\":1},\n", Shape::Document),
            ("{\"a\":1}\n{\"a\":2}\n", Shape::Lines),
            ("{\"a\":1}", Shape::Document),
            ("{\"a\": brok\"en\n{\"a\":2}\n", Shape::Lines),
            ("{\"items\":\"x\"}\n{\"a\":2}\n", Shape::Lines),
            ("Start time,User\n", Shape::Csv(b',')),
            ("\"Start time\";\"User, name\"\n", Shape::Csv(b';')),
            ("Report ID\n", Shape::Csv(b',')),
            ("\0\0,oops\n\n{ \"a\":1}\n", Shape::Lines),
        ] {
            assert_eq!(recognise(text.as_bytes(), true), Some(shape), "{text}");
        }
        assert_eq!(recognise(b"{\"a\":", false), None);
        assert_eq!(recognise(b"Start time,", false), None);
        assert_eq!(of_long_beginning(b"{\"a\":\"xxxxx"), Shape::Lines);
        assert_eq!(of_long_beginning(b"{\"items\":[{\"a\":\"xxxxx"), Shape::Document);
        assert_eq!(of_long_beginning(b"{\"a\":1}{\"a\":2}"), Shape::Document);
    }
}

//! Printing for people: tables, harmless text, a closed pipe.
//!
//! Owns what hostile text may do to a terminal: nothing. Data goes to standard output through here.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, ContentArrangement, Table};

use serde::Serialize;

use super::{CliError, Format};

/// Text that cannot steer a terminal or hide: control and direction characters are shown as escapes.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

/// Writes to standard output. A reader that has gone (`| head`) is no error.
///
/// # Errors
/// When it cannot be written, for example to a full disk.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Environment(format!("cannot write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// A table with a heading, fitted to the terminal.
pub fn table(heading: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heading.iter().map(|h| Cell::new(h).add_attribute(Attribute::Bold)));
    table
}

/// A listing in the form asked for; `row` makes a line of the table.
///
/// # Errors
/// When an entry cannot be written as JSON.
pub fn listing<T: Serialize>(
    entries: &[T],
    format: Format,
    heading: &[&str],
    row: impl Fn(&T) -> Vec<String>,
) -> Result<String, CliError> {
    let unwritable = |e: serde_json::Error| CliError::Environment(format!("cannot write as JSON: {e}"));
    match format {
        Format::Json => Ok(serde_json::to_string_pretty(entries).map_err(unwritable)? + "\n"),
        Format::Ndjson => {
            entries.iter().map(|e| Ok(serde_json::to_string(e).map_err(unwritable)? + "\n")).collect()
        }
        Format::Table if entries.is_empty() => Ok(String::new()),
        Format::Table => {
            let mut table = table(heading);
            for entry in entries {
                table.add_row(row(entry).iter().map(|cell| harmless(cell).into_owned()));
            }
            Ok(table.trim_fmt() + "\n")
        }
    }
}

/// A number of bytes for people.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// A count with its thousands apart: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_shown_not_obeyed() {
        assert_eq!(harmless("\u{1b}[2J\u{202e}ñ\n"), "\\u{1b}[2J\\u{202e}ñ\\u{a}");
        assert!(matches!(harmless("Ana Núñez"), Cow::Borrowed(_)));
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!(
            (bytes(12), bytes(1_536), bytes(5 << 30)),
            ("12 B".into(), "1.5 KiB".into(), "5.0 GiB".into())
        );
        assert_eq!(
            (count(7), count(1_234_567), count(999_000)),
            ("7".into(), "1,234,567".into(), "999,000".into())
        );
    }
}

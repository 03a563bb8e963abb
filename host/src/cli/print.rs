//! Findings on a terminal or as JSON.
//!
//! Owns the escaping of hostile text for terminals. JSON needs none beyond JSON's own.

use std::io::{self, Write};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, Color, ContentArrangement, Table};
use model::{Finding, Severity};

use super::Format;

/// Prints findings in the given format.
///
/// # Errors
/// When the output cannot be written.
pub fn findings(out: &mut impl Write, findings: &[Finding], format: Format) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, findings)?;
            writeln!(out)
        }
        Format::Ndjson => {
            for finding in findings {
                serde_json::to_writer(&mut *out, finding)?;
                writeln!(out)?;
            }
            Ok(())
        }
        Format::Table => {
            if findings.is_empty() {
                return writeln!(out, "no findings");
            }
            writeln!(out, "{}", table(findings))
        }
    }
}

fn table(findings: &[Finding]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header([
        "severity",
        "first event (UTC)",
        "detector",
        "subject",
        "what",
    ]);
    for finding in findings {
        let when = model::finding::format_time(finding.first_event);
        table.add_row([
            Cell::new(finding.severity).fg(color(finding.severity)),
            Cell::new(when.get(..16).unwrap_or(&when).replace('T', " ")),
            Cell::new(visible(&finding.detector)),
            Cell::new(visible(&finding.subject.name)),
            Cell::new(visible(&finding.title)),
        ]);
    }
    table
}

/// Colour of a severity.
pub fn color(severity: Severity) -> Color {
    match severity {
        Severity::Informational => Color::Reset,
        Severity::Low => Color::Blue,
        Severity::Medium => Color::Yellow,
        Severity::High => Color::Red,
        Severity::Critical => Color::Magenta,
    }
}

/// Text of unknown origin, safe for a terminal: control and bidirectional characters become visible escapes.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| {
            let hidden = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
            if hidden { format!("\\u{{{:x}}}", c as u32) } else { c.to_string() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_visible() {
        assert_eq!(visible("a\u{202e}b\x1b[31mñ\n"), "a\\u{202e}b\\u{1b}[31mñ\\u{a}");
    }

    #[test]
    fn nothing_found_is_said_to_people_and_is_empty_json() {
        let mut out = Vec::new();
        findings(&mut out, &[], Format::Table).unwrap();
        assert_eq!(out, b"no findings\n");
        out.clear();
        findings(&mut out, &[], Format::Json).unwrap();
        assert_eq!(out, b"[]\n");
        out.clear();
        findings(&mut out, &[], Format::Ndjson).unwrap();
        assert!(out.is_empty());
    }
}

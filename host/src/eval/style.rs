//! How reports look: colours, widths, tables.
//!
//! Owns what depends on the terminal. Does not own what a report says.

use std::io::{self, IsTerminal, Write};

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use model::Severity;
use owo_colors::{OwoColorize, Style as Paint};

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: u16,
}

/// Width where the terminal does not say.
const USUAL_WIDTH: u16 = 110;
/// Below this the tables cannot be read; above, lines get too long to follow.
const WIDTHS: std::ops::RangeInclusive<u16> = 80..=140;
/// Below this a terminal is narrow.
const COMFORTABLE: u16 = 100;

impl Style {
    /// As standard output wants it: colours on a terminal only, and not if `NO_COLOR` is set.
    pub fn detect() -> Style {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let colour = wanted && io::stdout().is_terminal();
        let width = Table::new().width().unwrap_or(USUAL_WIDTH);
        Style { colour, width: width.clamp(*WIDTHS.start(), *WIDTHS.end()) }
    }

    /// Paints a text.
    pub fn paint(self, text: &str, paint: Paint) -> String {
        if self.colour { text.style(paint).to_string() } else { text.to_owned() }
    }

    /// Whether names and notes have to be cut.
    pub fn is_narrow(self) -> bool {
        self.width < COMFORTABLE
    }

    /// Bold text.
    pub fn bold(self, text: &str) -> String {
        self.paint(text, Paint::new().bold())
    }

    /// Text in the background.
    pub fn dim(self, text: &str) -> String {
        self.paint(text, Paint::new().dimmed())
    }

    /// An empty table as wide as the terminal.
    pub fn table(self, header: &[&str]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.width);
        if self.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_header(header.iter().map(|h| self.cell(h, None).add_attribute(Attribute::Dim)));
        table
    }

    /// Writes a table whose columns `whole` are not broken over lines.
    ///
    /// # Errors
    /// When writing fails.
    pub fn print(self, out: &mut impl Write, table: &mut Table, whole: &[usize]) -> io::Result<()> {
        for index in whole {
            if let Some(column) = table.column_mut(*index) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        writeln!(out, "{}", table.trim_fmt())
    }

    /// A cell in a colour.
    pub fn cell(self, text: impl ToString, colour: Option<Color>) -> Cell {
        let cell = Cell::new(text);
        match colour {
            Some(colour) if self.colour => cell.fg(colour),
            _ => cell,
        }
    }
}

/// The colour of a severity.
pub fn colour_of(severity: Severity) -> Color {
    match severity {
        Severity::Critical => Color::Magenta,
        Severity::High => Color::Red,
        Severity::Medium => Color::Yellow,
        Severity::Low => Color::Cyan,
        Severity::Informational => Color::Grey,
    }
}

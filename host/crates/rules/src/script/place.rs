//! Where a script stands in its file.
//!
//! Owns the way from a script's lines and columns to the file's: a script of one line continues where its text begins, and
//! the lines of a block are indented alike.

use rhai::Position;

use crate::{Diagnostic, Span};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub file: String,
    /// Where the script's text begins: behind a quotation mark, or in the line under `|`.
    pub begin: Span,
}

impl Place {
    /// A file that is all script.
    pub(super) fn whole(file: &str) -> Place {
        Place { file: file.to_owned(), begin: Span { line: 1, column: 1, len: 1 } }
    }

    /// A position of the script as a place of the file.
    pub(super) fn span(&self, at: Position) -> Span {
        let (Some(line), Some(column)) = (at.line(), at.position()) else { return self.begin };
        let (line, column) = (line.saturating_sub(1) as u32, column.saturating_sub(1) as u32);
        Span { line: self.begin.line + line, column: self.begin.column + column, len: 1 }
    }

    /// The same for a word.
    pub(super) fn word(&self, at: Position, word: &str) -> Span {
        Span { len: (word.chars().count() as u32).max(1), ..self.span(at) }
    }

    pub(super) fn error(
        &self,
        at: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(&self.file, self.span(at), message, help)
    }
}

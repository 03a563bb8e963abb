//! Why a record cannot be used: which field, which value, what is wrong.
//!
//! Owns the kinds by which bad records are counted, and the shortening that keeps hostile text out of terminals.

use std::fmt;

use model::FieldId;

use super::keys::key_of;

/// Characters of a bad value that are shown.
const SHOWN_CHARACTERS: usize = 40;

/// What is wrong; the name by which faults are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// A field no record may lack.
    Missing,
    /// Not a time.
    NotATime,
    /// A time before 2000 or after 2100.
    TimeOutOfRange,
    /// Not a whole number, or one that is too large.
    NotAWholeNumber,
    /// Not a number.
    NotANumber,
    /// Neither true nor false.
    NotABoolean,
    /// A JSON boolean, array or object where text belongs.
    NotText,
    /// Released more than a day before the start.
    ReleasedBeforeStart,
    /// An event kind we do not know.
    UnknownEvent,
    /// The table of names is full.
    TooManyNames,
    /// Not JSON.
    MalformedJson,
    /// JSON, but not an object.
    NotAnObject,
    /// A CSV row with more or fewer cells than the header.
    WrongColumns,
    /// A CSV quote that is not closed.
    UnclosedQuote,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// Longer than a record may be.
    TooLong,
}

impl FaultKind {
    /// Short text, the same for every fault of the kind.
    pub fn text(self) -> &'static str {
        match self {
            FaultKind::Missing => "missing",
            FaultKind::NotATime => "not a time",
            FaultKind::TimeOutOfRange => "before 2000 or after 2100",
            FaultKind::NotAWholeNumber => "not a whole number",
            FaultKind::NotANumber => "not a number",
            FaultKind::NotABoolean => "not true or false",
            FaultKind::NotText => "not text",
            FaultKind::ReleasedBeforeStart => "more than a day before the start",
            FaultKind::UnknownEvent => "unknown kind of event",
            FaultKind::TooManyNames => "too many distinct names",
            FaultKind::MalformedJson => "malformed JSON",
            FaultKind::NotAnObject => "not a JSON object",
            FaultKind::WrongColumns => "wrong number of columns",
            FaultKind::UnclosedQuote => "unclosed quote",
            FaultKind::InvalidUtf8 => "not UTF-8",
            FaultKind::TooLong => "too long",
        }
    }

    /// What was expected, or what to do.
    fn remedy(self) -> &'static str {
        match self {
            FaultKind::Missing => "every record must have it",
            FaultKind::NotATime => "expected a time like 2026-03-01T10:00:00.000Z",
            FaultKind::TimeOutOfRange => "check the clock of whatever wrote it",
            FaultKind::NotAWholeNumber => "expected digits like 36",
            FaultKind::NotANumber => "expected a number like 4.5",
            FaultKind::NotABoolean => "expected true or false",
            FaultKind::NotText => "expected text or a number",
            FaultKind::ReleasedBeforeStart => "expected it after Start time",
            FaultKind::UnknownEvent => "expected call, forwarding-change, admin-change or sign-in",
            FaultKind::TooManyNames => "the organisation has more distinct names than one table holds",
            FaultKind::MalformedJson | FaultKind::NotAnObject => {
                "expected one record as {\"key\": \"value\", …}"
            }
            FaultKind::WrongColumns => "expected as many cells as the header has",
            FaultKind::UnclosedQuote => "close it, or write a quote inside a cell twice",
            FaultKind::InvalidUtf8 => "write the file as UTF-8",
            FaultKind::TooLong => "a record has at most 1 MiB",
        }
    }
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, if the fault is in one.
    pub field: Option<FieldId>,
    /// The value, shortened and with control characters escaped; empty if there is none to show.
    pub value: String,
    /// What is wrong.
    pub kind: FaultKind,
    /// More, where the kind does not say it all.
    pub detail: String,
}

impl Fault {
    /// A fault in a field's value.
    pub fn in_field(field: FieldId, value: &str, kind: FaultKind) -> Fault {
        Fault { field: Some(field), value: shorten(value), kind, detail: String::new() }
    }

    /// A fault of the record as a whole.
    pub fn of_record(value: &str, kind: FaultKind, detail: impl Into<String>) -> Fault {
        Fault { field: None, value: shorten(value), kind, detail: detail.into() }
    }

    /// The words under which faults like this one are counted.
    pub fn reason(&self) -> String {
        match self.field {
            Some(field) => format!("{}: {}", key_of(field), self.kind.text()),
            None => self.kind.text().to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            write!(f, "{} ", key_of(field))?;
            if !self.value.is_empty() {
                write!(f, "'{}' ", self.value)?;
            }
            write!(f, "is {}", self.kind.text())?;
        } else {
            f.write_str(self.kind.text())?;
            if !self.value.is_empty() {
                write!(f, " in '{}'", self.value)?;
            }
        }
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        write!(f, ": {}", self.kind.remedy())
    }
}

impl std::error::Error for Fault {}

/// At most 40 characters of a text, control and direction characters escaped: what is shown must not steer a
/// terminal.
pub(crate) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == SHOWN_CHARACTERS {
            short.push('…');
            break;
        }
        let steers = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if steers {
            short.extend(c.escape_unicode());
        } else {
            short.push(c);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_field_value_and_remedy() {
        let fault = Fault::in_field(FieldId::duration, "abc", FaultKind::NotAWholeNumber);
        assert_eq!(fault.to_string(), "Duration 'abc' is not a whole number: expected digits like 36");
        assert_eq!(fault.reason(), "Duration: not a whole number");
        let fault = Fault::in_field(FieldId::record_id, "", FaultKind::Missing);
        assert_eq!(fault.to_string(), "Report ID is missing: every record must have it");
    }

    #[test]
    fn values_are_short_and_harmless() {
        let short = shorten(&format!("\u{1b}[31m\u{202e}{}", "ñ".repeat(100)));
        assert!(short.starts_with("\\u{1b}[31m\\u{202e}ñ") && short.ends_with("ñ…"), "{short}");
        assert_eq!(shorten("plain"), "plain");
    }
}

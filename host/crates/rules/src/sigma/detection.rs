//! Searches: what of a record is compared with what.

use std::net::IpAddr;

use crate::Span;

/// A search identifier's content.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// A map: all items hold.
    All(Vec<Item>),
    /// A list of maps or keywords: one of them holds.
    Any(Vec<Search>),
}

/// One line of a map, or one or more keywords (then `field` is none).
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The field's name as written; none for keywords, which are looked for in every value of the record.
    pub field: Option<String>,
    /// Where the field's name stands.
    pub span: Span,
    /// Take this part of the field's time.
    pub part: Option<TimePart>,
    /// All matchers must hold (`|all`), else one.
    pub all: bool,
    /// The item holds if the matchers do not (`|neq`). A field that is absent differs from every value.
    pub negate: bool,
    /// At least one. Encodings (`base64`, `windash`, …) have become several matchers.
    pub matchers: Vec<Matcher>,
}

/// What one value of an item asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Matcher {
    /// The field as text is like this. Numbers are compared by their text as well: `4769` matches `"4769"`.
    Text {
        /// Literal text and wildcards.
        pattern: Pattern,
        /// Capitals count.
        cased: bool,
    },
    /// Equal to this number, whether the field is a number or a text that reads as one.
    Number(f64),
    /// Equal to this truth value, or to its text.
    Bool(bool),
    /// The field is absent, or null.
    Null,
    /// Whether the field is there, with whatever value.
    Exists(bool),
    /// The regular expression is found somewhere in the field's text.
    Regex {
        /// The expression.
        source: String,
        /// `i`, `m`, `s`.
        flags: Flags,
    },
    /// The field is an address in this network.
    Cidr(Network),
    /// The field as a number stands in this relation to the value.
    Compare {
        /// How.
        relation: Relation,
        /// With what.
        value: f64,
    },
    /// The field is like another field of the same record. Does not hold if either is absent.
    FieldRef {
        /// The other field.
        field: String,
        /// `startswith`, `endswith` and `contains` put wildcards around it: (before, after).
        open: (bool, bool),
        /// Capitals count.
        cased: bool,
    },
    /// A placeholder to be filled in by the operator (`|expand`): text pieces and names in turn.
    Placeholder {
        /// The pieces; names as written between the percent signs.
        pieces: Vec<Piece>,
        /// Wildcards around the whole: (before, after).
        open: (bool, bool),
        /// Capitals count.
        cased: bool,
    },
}

/// A piece of a value with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text, with wildcards.
    Pattern(Pattern),
    /// `%name%`.
    Name(String),
}

/// Text with wildcards. Without any part it matches the empty text only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pattern(pub Vec<Part>);

/// A piece of a pattern; two literals never stand side by side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// This text. May hold any character, NUL included (`utf16`).
    Literal(String),
    /// `*`: any text.
    Any,
    /// `?`: one character.
    One,
}

/// Flags of a regular expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// Whatever capitals.
    pub insensitive: bool,
    /// `^` and `$` at lines.
    pub multi_line: bool,
    /// `.` takes line ends.
    pub dot_all: bool,
}

/// A network in CIDR notation; bits after the prefix are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// First address.
    pub address: IpAddr,
    /// Leading bits that count.
    pub prefix: u8,
}

/// Order of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
}

/// A part of a time. UTC, unless `ringfence.zone` says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimePart {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Day of the month, 1 to 31.
    Day,
    /// ISO 8601 week, 1 to 53.
    Week,
    /// 1 to 12.
    Month,
    /// With century.
    Year,
}

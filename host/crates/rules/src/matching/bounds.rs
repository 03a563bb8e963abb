//! What a rule may cost: every bound of compiling and matching in one place, each with its reason.
//!
//! Does not own the bounds of parsing (`yaml`, `sigma`) or of scripts (`script`).

/// Search identifiers of a rule and its filters together. The largest public rules have fewer than a hundred; ten thousand
/// are a mistake or an attack, and each costs an evaluation per record.
pub(crate) const MAX_SEARCHES: usize = 1_024;

/// Lines (field and values) of a rule. As above.
pub(crate) const MAX_ITEMS: usize = 8_192;

/// Values of one line after modifiers and placeholders: a list of known bad numbers fits.
pub(crate) const MAX_MATCHERS: usize = 20_000;

/// Values of a whole rule: at some 100 bytes each this keeps one rule below 10 MB.
pub(crate) const MAX_MATCHERS_TOTAL: usize = 100_000;

/// Bytes of one pattern's literal text. Windows command lines, the longest texts that rules are written for, end at 32 KiB,
/// and encodings double that.
pub(crate) const MAX_PATTERN_BYTES: usize = 65_536;

/// Characters between two `*` of a pattern where some of them are `?`: such a piece is tried at every place of the text.
pub(crate) const MAX_ONE_PIECE: usize = 512;

/// Tests that a condition may make when nothing is cut short. `1 of them` over many searches, repeated, multiplies.
pub(crate) const MAX_COST: usize = 200_000;

/// Nesting of a condition or of searches; evaluation recurses.
pub(crate) const MAX_DEPTH: usize = 128;

/// Bytes of a compiled regular expression, tried in turn: what fits a small size counts as that. The largest public rule needs the
/// last, most need the first.
pub(crate) const REGEX_BYTES: [usize; 3] = [1 << 16, 1 << 19, 8 << 20];

/// Bytes of all compiled regular expressions of a rule, each counted as the size of [`REGEX_BYTES`] that it fits: a text of 60 KiB
/// could ask for gigabytes.
pub(crate) const MAX_REGEX_TOTAL: usize = 32 << 20;

/// Bytes of one expression's lazily built automaton; when it is full it is built anew, so time stays linear.
pub(crate) const REGEX_CACHE_BYTES: usize = 1 << 20;

/// Nesting of a regular expression's groups.
pub(crate) const MAX_REGEX_NESTING: u32 = 100;

/// Bytes of all regular expressions of a rule, as written: compiling costs about a microsecond per byte.
pub(crate) const MAX_REGEX_SOURCE: usize = 65_536;

/// Verdicts about names that one worker remembers (16 bytes each); then it begins anew.
pub(crate) const MAX_REMEMBERED: usize = 1 << 17;

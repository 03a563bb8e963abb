//! Counts over the entries of the rule's own group: `count("1h")`, `distinct("called_number", "1h")`,
//! `sum("duration", "1h")`, `seconds_since_first("1h")`.
//!
//! A window reaches from the record back to and including what is so much older. Fields and durations are written out in
//! the script, so that what a script asks for is known before it runs: the answers are worked out here, from one entry to
//! the next in constant time, and the script only picks them up.

use model::{FieldId, Millis};
use rhai::{Dynamic, ImmutableString};
use rustc_hash::FxHashMap;

use crate::window::{Datum, Entry};

/// Longest window of a script: entries older than an episode's end are not kept anyway.
const MAX_WINDOW: Millis = 366 * 86_400_000;

/// What is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Distinct(FieldId),
    Sum(FieldId),
    SinceFirst,
}

/// A call of a window function in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub function: Function,
    pub window: Millis,
    /// As written.
    pub arguments: Vec<ImmutableString>,
}

impl Site {
    /// From a call whose arguments are written out; an error says what is wrong with them.
    pub(super) fn new(function: &str, arguments: &[ImmutableString]) -> Result<Site, String> {
        let field = |name: &ImmutableString| {
            FieldId::from_name(name).ok_or_else(|| format!("'{name}' is not in the field table"))
        };
        let (function, window) = match (function, arguments) {
            ("count", [window]) => (Function::Count, parse_duration(window)?),
            ("distinct", [name, window]) => (Function::Distinct(field(name)?), parse_duration(window)?),
            ("sum", [name, window]) => (Function::Sum(field(name)?), parse_duration(window)?),
            ("seconds_since_first", [window]) => (Function::SinceFirst, parse_duration(window)?),
            _ => return Err("wrong arguments".to_owned()),
        };
        Ok(Site { function, window, arguments: arguments.to_vec() })
    }

    pub(super) fn field(&self) -> Option<FieldId> {
        match self.function {
            Function::Distinct(field) | Function::Sum(field) => Some(field),
            Function::Count | Function::SinceFirst => None,
        }
    }

    pub(super) fn is(&self, function: &str, arguments: &[&ImmutableString]) -> bool {
        let name = match self.function {
            Function::Count => "count",
            Function::Distinct(_) => "distinct",
            Function::Sum(_) => "sum",
            Function::SinceFirst => "seconds_since_first",
        };
        name == function
            && self.arguments.len() == arguments.len()
            && self.arguments.iter().zip(arguments).all(|(a, b)| a == *b)
    }
}

/// `90s`, `15m`, `24h`, `7d` in milliseconds.
pub(super) fn parse_duration(text: &str) -> Result<Millis, String> {
    let wrong = || format!("'{text}' is not a duration: write it as 90s, 15m, 24h or 7d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let digits = &text[..text.len() - unit.len_utf8()];
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let millis = digits.parse::<Millis>().map_err(|_| wrong())? * seconds * 1_000;
    if !(1..=MAX_WINDOW).contains(&millis) {
        return Err(format!("'{text}' is not between 1s and 366d"));
    }
    Ok(millis)
}

/// The answer of one site, carried from entry to entry.
#[derive(Debug, Default)]
pub(super) struct Sliding {
    /// Where the entries stood and how many there were: others start anew.
    of: (usize, usize),
    /// Entries `low..next` are counted in.
    low: usize,
    next: usize,
    values: FxHashMap<Datum, u32>,
    whole: i128,
    /// Values that are not whole numbers: their sum depends on the order of adding, so it is made anew each time.
    real: usize,
}

impl Sliding {
    /// The answer for `entries[at]`. `column` is where the site's field stands.
    pub(super) fn answer(
        &mut self,
        site: &Site,
        column: Option<usize>,
        entries: &[Entry],
        at: usize,
    ) -> Dynamic {
        let Some(entry) = entries.get(at) else { return Dynamic::UNIT };
        let from = entry.time.saturating_sub(site.window);
        let low = entries[..=at].partition_point(|e| e.time < from);
        if site.function == Function::SinceFirst {
            // Of what is kept from before the window nothing may be seen: how much that is, is an accident.
            return (entry.time.saturating_sub(entries[low].time) as f64 / 1_000.0).into();
        }
        if site.function == Function::Count {
            return ((at + 1 - low) as i64).into();
        }
        let value = |e: &Entry| column.and_then(|c| e.columns.get(c)).cloned().unwrap_or_default();
        self.slide(site, entries, low, at, &value);
        match site.function {
            Function::Distinct(_) => (self.values.len() as i64).into(),
            _ if self.real > 0 => {
                entries[low..=at].iter().filter_map(|e| value(e).number()).sum::<f64>().into()
            }
            _ => i64::try_from(self.whole).map_or_else(|_| (self.whole as f64).into(), Dynamic::from),
        }
    }

    fn slide(
        &mut self,
        site: &Site,
        entries: &[Entry],
        low: usize,
        at: usize,
        value: &impl Fn(&Entry) -> Datum,
    ) {
        let of = (entries.as_ptr() as usize, entries.len());
        if self.of != of || self.next > at + 1 || self.low > low || low > self.next {
            *self = Sliding { of, low, next: low, ..Sliding::default() };
        }
        let is_sum = matches!(site.function, Function::Sum(_));
        for entry in &entries[self.next..=at] {
            match value(entry) {
                Datum::Absent => {}
                Datum::Int(n) if is_sum => self.whole += i128::from(n),
                other if is_sum => self.real += usize::from(other.number().is_some()),
                other => *self.values.entry(other).or_default() += 1,
            }
        }
        for entry in &entries[self.low..low] {
            match value(entry) {
                Datum::Absent => {}
                Datum::Int(n) if is_sum => self.whole -= i128::from(n),
                other if is_sum => self.real -= usize::from(other.number().is_some()),
                other => {
                    if let Some(count) = self.values.get_mut(&other) {
                        *count -= 1;
                        if *count == 0 {
                            self.values.remove(&other);
                        }
                    }
                }
            }
        }
        (self.low, self.next) = (low, at + 1);
    }
}

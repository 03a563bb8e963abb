//! One line of a search, compiled: what a value must be like.
//!
//! Owns what each kind of matcher means for a value; both ways of matching, open values and call records, end here, so they
//! cannot differ in it. Does not own finding the value.

use std::net::{IpAddr, Ipv6Addr};

use regex::Regex;
use rustc_hash::FxHashSet;

use super::fold;
use super::glob::Glob;
use super::scalar::Scalar;
use crate::sigma::{Network, Relation};

/// What one value of a line asks for. References to other fields are kept beside ([`Line::refs`]).
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// Like this; the pattern is in lower case unless capitals count.
    Text { glob: Glob, cased: bool },
    /// Equal to this number.
    Number(f64),
    /// Equal to this truth value.
    Bool(bool),
    /// Null or absent.
    Null,
    /// There, or not.
    Exists(bool),
    /// Found in the text.
    Regex(Regex),
    /// In this network.
    Cidr(Network),
    /// In this relation to the number.
    Compare { relation: Relation, value: f64 },
}

/// A reference to another field.
#[derive(Clone, Debug)]
pub(crate) struct Ref<F> {
    /// The other field.
    pub(crate) field: F,
    /// Anything may stand (before, after) its text.
    pub(crate) open: (bool, bool),
    /// Capitals count.
    pub(crate) cased: bool,
}

/// A line's values. `F` names fields: by text in the open, by table line for calls.
#[derive(Clone, Debug)]
pub(crate) struct Line<F> {
    /// All must hold, else one.
    pub(crate) all: bool,
    /// Whole texts, in lower case, where one of many must be it: one look-up instead of many comparisons.
    pub(crate) exact: FxHashSet<Box<str>>,
    /// Everything else.
    pub(crate) checks: Vec<Check>,
    /// References.
    pub(crate) refs: Vec<Ref<F>>,
}

/// From so many whole texts on they are looked up instead of compared one by one.
const EXACT_FROM: usize = 4;

/// Checks that are asked again rather than remembered.
const QUICK: usize = 4;

impl<F> Line<F> {
    /// From compiled matchers.
    pub(crate) fn new(all: bool, checks: Vec<Check>, refs: Vec<Ref<F>>) -> Line<F> {
        let whole = |c: &Check| matches!(c, Check::Text { glob: Glob::Exact(_), cased: false });
        let mut line = Line { all, exact: FxHashSet::default(), checks: Vec::new(), refs };
        if all || checks.iter().filter(|c| whole(c)).count() < EXACT_FROM {
            line.checks = checks;
            return line;
        }
        for check in checks {
            match check {
                Check::Text { glob: Glob::Exact(text), cased: false } => {
                    line.exact.insert(text);
                }
                other => line.checks.push(other),
            }
        }
        line
    }

    /// Whether it holds of a field's values: all elements of a list, or the one; none if the field is absent. `reference` tells
    /// whether a reference holds.
    pub(crate) fn holds(
        &self,
        values: Option<&[Scalar<'_>]>,
        scratch: &mut Scratch,
        reference: &mut dyn FnMut(&Ref<F>) -> bool,
    ) -> bool {
        if self.all {
            return self.checks.iter().all(|c| c.holds(values, scratch)) && self.refs.iter().all(reference);
        }
        let looked_up = !self.exact.is_empty()
            && values.is_some_and(|values| values.iter().any(|v| self.is_one_of(v, scratch)));
        looked_up || self.checks.iter().any(|c| c.holds(values, scratch)) || self.refs.iter().any(reference)
    }

    /// Whether asking it about a text costs no more than remembering the answer.
    #[inline]
    pub(crate) fn is_quick(&self) -> bool {
        self.checks.len() <= QUICK
            && !self.checks.iter().any(|c| matches!(c, Check::Regex(_) | Check::Cidr(_)))
    }

    /// As [`Line::holds`], of one text that is known in lower case as well; a line without references.
    pub(crate) fn holds_text(&self, text: &str, lower: &str, scratch: &mut Scratch) -> bool {
        let mut holds = |check: &Check| match check {
            Check::Text { glob, cased } => glob.matches(if *cased { text } else { lower }),
            other => other.holds_of(&Scalar::Text(text), scratch),
        };
        if self.all {
            return self.checks.iter().all(holds);
        }
        !self.exact.is_empty() && self.exact.contains(lower) || self.checks.iter().any(&mut holds)
    }

    fn is_one_of(&self, value: &Scalar<'_>, scratch: &mut Scratch) -> bool {
        value
            .text(&mut scratch.number)
            .is_some_and(|text| self.exact.contains(fold::lower(text, &mut scratch.lower)))
    }
}

/// Buffers for texts that are made for comparing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    number: String,
    lower: String,
}

impl Check {
    /// Whether it holds of a field's values.
    pub(crate) fn holds(&self, values: Option<&[Scalar<'_>]>, scratch: &mut Scratch) -> bool {
        match (self, values) {
            (Check::Exists(wanted), _) => values.is_some() == *wanted,
            (Check::Null, None) => true,
            (_, None) => false,
            (_, Some(values)) => values.iter().any(|value| self.holds_of(value, scratch)),
        }
    }

    /// Whether it holds of one value.
    pub(crate) fn holds_of(&self, value: &Scalar<'_>, scratch: &mut Scratch) -> bool {
        match self {
            Check::Exists(wanted) => *wanted,
            Check::Null => *value == Scalar::Null,
            Check::Text { glob, cased } => value.text(&mut scratch.number).is_some_and(|text| {
                glob.matches(if *cased { text } else { fold::lower(text, &mut scratch.lower) })
            }),
            Check::Regex(regex) => value.text(&mut scratch.number).is_some_and(|text| regex.is_match(text)),
            Check::Number(wanted) => value.number() == Some(*wanted),
            Check::Compare { relation, value: bound } => {
                value.number().is_some_and(|number| compare(*relation, number, *bound))
            }
            Check::Bool(wanted) => match value {
                Scalar::Bool(value) => value == wanted,
                Scalar::Text(text) => text.eq_ignore_ascii_case(if *wanted { "true" } else { "false" }),
                Scalar::Null | Scalar::Number(_) | Scalar::Map => false,
            },
            Check::Cidr(network) => match value {
                Scalar::Text(text) => text.trim().parse().is_ok_and(|address| contains(network, address)),
                Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) | Scalar::Map => false,
            },
        }
    }
}

/// Whether two numbers stand in the relation.
pub(crate) fn compare(relation: Relation, number: f64, bound: f64) -> bool {
    match relation {
        Relation::Lt => number < bound,
        Relation::Lte => number <= bound,
        Relation::Gt => number > bound,
        Relation::Gte => number >= bound,
    }
}

/// Whether the address lies in the network. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is taken as what it is.
fn contains(network: &Network, address: IpAddr) -> bool {
    let v6 = |n: Ipv6Addr, wanted: Ipv6Addr, prefix: u8| {
        let shift = 128 - u32::from(prefix.min(128));
        u128::from(n).checked_shr(shift).unwrap_or(0) == u128::from(wanted).checked_shr(shift).unwrap_or(0)
    };
    match (network.address, address) {
        (IpAddr::V4(wanted), address) => {
            let IpAddr::V4(address) = address.to_canonical() else { return false };
            let shift = 32 - u32::from(network.prefix.min(32));
            u32::from(address).checked_shr(shift).unwrap_or(0)
                == u32::from(wanted).checked_shr(shift).unwrap_or(0)
        }
        (IpAddr::V6(wanted), IpAddr::V6(address)) => v6(address, wanted, network.prefix),
        (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// Whether a value is like another: equal numbers, equal truth values, else texts, with anything before or after where `open`
/// says so.
pub(crate) fn alike(value: &Scalar<'_>, other: &Scalar<'_>, open: (bool, bool), cased: bool) -> bool {
    if open == (false, false)
        && let (Scalar::Number(a), Scalar::Number(b)) = (value, other)
    {
        return a.value() == b.value();
    }
    let (mut first, mut second) = (String::new(), String::new());
    let (Some(text), Some(wanted)) = (value.text(&mut first), other.text(&mut second)) else { return false };
    let (mut low_text, mut low_wanted) = (String::new(), String::new());
    let (text, wanted) = if cased {
        (text, wanted)
    } else {
        (fold::lower(text, &mut low_text), fold::lower(wanted, &mut low_wanted))
    };
    match open {
        (false, false) => text == wanted,
        (false, true) => text.starts_with(wanted),
        (true, false) => text.ends_with(wanted),
        (true, true) => text.contains(wanted),
    }
}

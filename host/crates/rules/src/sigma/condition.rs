//! Conditions over search identifiers.

/// A condition. Names are checked against the searches when parsed; patterns match at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A search identifier.
    Search(String),
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// Does not hold.
    Not(Box<Condition>),
    /// `1 of …`, `all of …` over these search identifiers: the pattern is resolved already.
    Of(Quantifier, Vec<String>),
}

/// How many of several searches must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At least so many; `any of` is 1.
    AtLeast(u32),
    /// Every one.
    All,
}

//! Which children of a correlation fired within a window, in any order or in theirs.

use model::{Millis, RecordId};

use super::Entry;
use super::judge::Judge;
use super::ordered::Chains;
use super::run::{Element, Group};
use crate::sigma::{Bound, Condition, Quantifier};

/// Children that fired.
pub(super) struct Present {
    times: Vec<u32>,
    fired: usize,
    expression: Option<Expression>,
    /// Neither bounds nor an expression: all must have fired.
    all: bool,
}

impl Present {
    pub(super) fn new(children: usize, bounds: &[Bound], expression: Option<&Condition>) -> Present {
        let all = bounds.is_empty() && expression.is_none();
        let expression = expression.map(|e| Expression::new(e, children));
        Present { times: vec![0; children], fired: 0, expression, all }
    }
}

impl Judge for Present {
    fn enter(&mut self, instant: &[Element], _: Millis) {
        for element in instant {
            let times = &mut self.times[usize::from(element.child)];
            self.fired += usize::from(*times == 0);
            *times += 1;
        }
    }

    fn leave(&mut self, element: &Element) {
        let times = &mut self.times[usize::from(element.child)];
        *times -= 1;
        self.fired -= usize::from(*times == 0);
    }

    fn figure(&self, _: &Group, _: usize, _: usize, _: Millis) -> Option<f64> {
        let holds = match &self.expression {
            Some(expression) => expression.holds(&|child| self.times.get(child).is_some_and(|t| *t > 0)),
            None => !self.all || self.fired == self.times.len(),
        };
        holds.then_some(self.fired as f64)
    }
}

/// A condition over children by their number.
enum Expression {
    Child(usize),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    AtLeast(usize, Vec<usize>),
}

impl Expression {
    /// A name that is no child's number stands for one that never fires.
    fn new(condition: &Condition, children: usize) -> Expression {
        let child = |name: &String| name.parse().unwrap_or(children);
        let list =
            |conditions: &[Condition]| conditions.iter().map(|c| Expression::new(c, children)).collect();
        match condition {
            Condition::Search(name) => Expression::Child(child(name)),
            Condition::And(conditions) => Expression::And(list(conditions)),
            Condition::Or(conditions) => Expression::Or(list(conditions)),
            Condition::Not(inner) => Expression::Not(Box::new(Expression::new(inner, children))),
            Condition::Of(quantifier, names) => {
                let least = match quantifier {
                    Quantifier::AtLeast(least) => *least as usize,
                    Quantifier::All => names.len(),
                };
                Expression::AtLeast(least, names.iter().map(child).collect())
            }
        }
    }

    fn holds(&self, fired: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Expression::Child(child) => fired(*child),
            Expression::And(inner) => inner.iter().all(|e| e.holds(fired)),
            Expression::Or(inner) => inner.iter().any(|e| e.holds(fired)),
            Expression::Not(inner) => !inner.holds(fired),
            Expression::AtLeast(least, children) => {
                children.iter().filter(|&&child| fired(child)).count() >= *least
            }
        }
    }
}

/// Children that fired in their order.
pub(super) struct InOrder<'a> {
    entries: &'a [Entry],
    chains: Chains,
    /// Without bounds the chain must hold all children.
    needed: usize,
    firings: Vec<(usize, RecordId)>,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(entries: &'a [Entry], children: usize, bounds: &[Bound]) -> InOrder<'a> {
        let needed = if bounds.is_empty() { children } else { 0 };
        InOrder { entries, chains: Chains::new(children), needed, firings: Vec::new() }
    }
}

impl Judge for InOrder<'_> {
    fn enter(&mut self, instant: &[Element], now: Millis) {
        self.firings.clear();
        let record = |e: &Element| (usize::from(e.child), self.entries[e.entry as usize].id);
        self.firings.extend(instant.iter().map(record));
        self.chains.instant(now, &self.firings);
    }

    fn leave(&mut self, _: &Element) {}

    fn figure(&self, _: &Group, _: usize, _: usize, from: Millis) -> Option<f64> {
        let longest = self.chains.longest(from);
        (longest >= self.needed).then_some(longest as f64)
    }

    fn clear(&mut self) {
        self.chains.clear();
    }
}

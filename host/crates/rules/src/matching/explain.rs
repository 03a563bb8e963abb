//! Why a rule holds of a record, or does not, and how near it was.
//!
//! Owns the tree that `rules explain` shows. It evaluates the rule as written, line by line, with the same lines that matching
//! uses, and without cutting anything short. Values of secret fields are not told.

use model::fields::PersonalData;
use model::{EventKind, Millis};
use serde::Serialize;

use super::check::{Check, compare};
use super::glob::Glob;
use super::logic::Tree;
use super::program::Program;
use super::scalar::Scalar;
use super::typed::{Memo, Shape, TypedItem, shape, with};
use super::words;
use crate::sigma::Relation;
use crate::{Field, Fields, Span, World};

/// A part of a rule, and whether it held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether it held.
    pub held: bool,
    /// The part: a line as the rule has it, a search's name, `all of`, `not` and so on.
    pub what: String,
    /// Where the line stands; line 0 for parts that are not lines.
    pub span: Span,
    /// The record's value, for lines about a field; none if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// How near it was, or what was wanted and found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// What it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

impl Explanation {
    fn part(held: bool, what: impl Into<String>, parts: Vec<Explanation>) -> Explanation {
        Explanation { held, what: what.into(), span: Span::default(), actual: None, near: None, parts }
    }

    fn noted(self, near: impl Into<String>) -> Explanation {
        Explanation { near: Some(near.into()), ..self }
    }

    /// The title of the filter that took the record out, if the rule itself held.
    pub fn removed_by(&self) -> Option<&str> {
        let rule = self.parts.iter().find(|part| part.what == CONDITION)?;
        let filter =
            self.parts.iter().filter(|part| !part.held).find_map(|part| part.what.strip_prefix(FILTER));
        filter.filter(|_| rule.held)
    }
}

/// What the part of a filter begins with; its title follows.
const FILTER: &str = "filter: ";
/// The part that the rule's own condition is.
const CONDITION: &str = "condition";

impl Program {
    /// Why the rule holds of the record or does not.
    pub fn explain(&self, record: &impl Fields, world: &World) -> Explanation {
        let mut memo = Memo::default();
        memo.enter(world);
        let mut parts = Vec::new();
        if !self.kinds()[record.kind() as usize] {
            let wanted: Vec<&str> = EventKind::ALL
                .into_iter()
                .filter(|k| self.kinds()[*k as usize])
                .map(EventKind::name)
                .collect();
            let near = format!("{} wanted, {} found", or_none(&wanted), record.kind().name());
            parts.push(Explanation::part(false, "logsource", Vec::new()).noted(near));
        }
        parts.extend(self.missing().iter().map(|name| {
            Explanation::part(false, format!("placeholder '{name}'"), Vec::new())
                .noted("nobody has set it: the rule is inactive")
        }));
        for clause in &self.written.clauses {
            let tree = self.explain_tree(&clause.tree, record, world, &mut memo);
            let held = tree.held;
            let what =
                clause.filter.as_ref().map_or(CONDITION.to_owned(), |title| format!("{FILTER}{title}"));
            let part = Explanation { span: clause.span, ..Explanation::part(held, what, vec![tree]) };
            let removes = clause.filter.is_some() && !held;
            parts.push(if removes { part.noted("this filter takes the record out") } else { part });
        }
        Explanation::part(parts.iter().all(|p| p.held), "rule", parts)
    }

    fn explain_tree(&self, tree: &Tree, record: &impl Fields, world: &World, memo: &mut Memo) -> Explanation {
        let mut each = |trees: &[Tree]| -> Vec<Explanation> {
            trees.iter().map(|t| self.explain_tree(t, record, world, memo)).collect()
        };
        let held = |parts: &[Explanation]| parts.iter().filter(|p| p.held).count();
        match tree {
            Tree::All(trees) => {
                let parts = each(trees);
                let count = held(&parts);
                Explanation::part(count == trees.len(), "all of", parts)
                    .noted(format!("{count} of {} hold", trees.len()))
            }
            Tree::Any(trees) => {
                let parts = each(trees);
                Explanation::part(held(&parts) > 0, "one of", parts)
            }
            Tree::AtLeast(wanted, trees) => {
                let parts = each(trees);
                let count = held(&parts);
                Explanation::part(count >= *wanted as usize, format!("{wanted} of"), parts)
                    .noted(format!("{count} of {wanted} hold"))
            }
            Tree::Not(inner) => {
                let inner = self.explain_tree(inner, record, world, memo);
                Explanation::part(!inner.held, "not", vec![inner])
            }
            Tree::Search(search) => {
                let named = &self.written.searches[*search as usize];
                let inner = self.explain_tree(&named.tree, record, world, memo);
                Explanation::part(inner.held, named.name.clone(), vec![inner])
            }
            Tree::Item(item) => self.explain_item(*item as usize, record, world, memo),
        }
    }

    fn explain_item(&self, at: usize, record: &impl Fields, world: &World, memo: &mut Memo) -> Explanation {
        let (item, source) = (&self.items[at], &self.sources[at]);
        let zone = self.zone.as_ref();
        let held = item.holds(zone, record, world, memo);
        let mut told =
            Explanation { span: source.span, ..Explanation::part(held, words::line(source), Vec::new()) };
        let Some(field) = item.field else {
            return if held { told } else { told.noted("found in no field") };
        };
        if is_secret(field) || item.line.refs.iter().any(|r| is_secret(r.field)) {
            return told.noted("the value is secret and not shown");
        }
        with(field, item.part, zone, record, world, |value| {
            told.actual = value.map(|v| shown(&v, field, item));
            told.near =
                value.map_or_else(|| Some("the field is absent".to_owned()), |v| near(item, field, &v, held));
        });
        for reference in &item.line.refs {
            with(reference.field, None, zone, record, world, |other| {
                let other = other.map_or("absent".to_owned(), |v| shown(&v, reference.field, item));
                told.near = Some(format!("{} is {other}", reference.field.name()));
            });
        }
        told
    }
}

fn or_none(wanted: &[&str]) -> String {
    if wanted.is_empty() { "no kind of record".to_owned() } else { wanted.join(" or ") }
}

fn is_secret(field: Field) -> bool {
    matches!(field, Field::Table(id) if id.field().personal == PersonalData::Secret)
}

/// A value for people; times as times.
fn shown(value: &Scalar<'_>, field: Field, item: &TypedItem) -> String {
    match value {
        Scalar::Number(number) if shape(field) == Shape::Time && item.part.is_none() => {
            let millis = number.value() as Millis;
            match chrono::DateTime::from_timestamp_millis(millis) {
                Some(time) => format!("{} ({millis})", time.format("%Y-%m-%dT%H:%M:%S%.3fZ")),
                None => millis.to_string(),
            }
        }
        Scalar::Number(number) => words::plain(number.value()),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Text(text) => words::quoted(text),
        Scalar::Null | Scalar::Map => "null".to_owned(),
    }
}

/// How near the value was to the line's nearest check.
fn near(item: &TypedItem, field: Field, value: &Scalar<'_>, held: bool) -> Option<String> {
    if let Some(near) = near_number(&item.line.checks, value) {
        return Some(near);
    }
    if held {
        return None;
    }
    let text = match value {
        Scalar::Text(text) => *text,
        Scalar::Bool(found) => return Some(format!("{} wanted, {found} found", !found)),
        _ => return None,
    };
    if item.negate {
        return Some(format!("anything but {} wanted", words::quoted(text)));
    }
    let whole = item.line.exact.iter().map(|t| (&**t, false));
    let others = item.line.checks.iter().filter_map(|check| match check {
        Check::Text { glob: Glob::Exact(text), .. } => Some((&**text, false)),
        Check::Text { glob: Glob::Prefix(text), .. } => Some((&**text, true)),
        _ => None,
    });
    let common = |wanted: &str| {
        wanted.chars().zip(text.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
    };
    let (wanted, prefix) =
        whole.chain(others).max_by_key(|(wanted, _)| (common(wanted), std::cmp::Reverse(*wanted)))?;
    let found: String = if prefix || shape(field) == Shape::Phone && common(wanted) > 1 {
        text.chars().take(wanted.chars().count()).collect()
    } else {
        text.to_owned()
    };
    Some(format!("{} wanted, {} found", words::quoted(wanted), words::quoted(&found)))
}

/// For thresholds: the value of the bound it is nearest to.
fn near_number(checks: &[Check], value: &Scalar<'_>) -> Option<String> {
    let number = value.number()?;
    let bounds = checks.iter().filter_map(|check| match check {
        Check::Compare { relation, value } => Some((Some(*relation), *value)),
        Check::Number(value) => Some((None, *value)),
        _ => None,
    });
    let (relation, bound) = bounds.min_by(|a, b| (a.1 - number).abs().total_cmp(&(b.1 - number).abs()))?;
    let (shown, wanted) = (words::thousands(number), words::thousands(bound));
    let away = words::thousands((number - bound).abs());
    let word = match relation {
        None if number == bound => return None,
        None => return Some(format!("{wanted} wanted, {shown} found")),
        Some(Relation::Gt) => "more than ",
        Some(Relation::Gte) => "",
        Some(Relation::Lt) => "less than ",
        Some(Relation::Lte) => "at most ",
    };
    let verdict = match relation {
        Some(relation) if !compare(relation, number, bound) && number != bound => format!(", {away} away"),
        _ => String::new(),
    };
    Some(format!("{shown} of {word}{wanted}{verdict}"))
}

#[cfg(test)]
mod tests;

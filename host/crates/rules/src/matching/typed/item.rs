//! One line of a rule on call records: the quick form, and evaluating it.
//!
//! Owns choosing the form. Every form agrees with the line itself ([`Line::holds`]) on the field's value; where none fits, the line
//! itself is asked.

use std::sync::atomic::{AtomicU32, Ordering};

use model::{FieldId, FieldSet, FieldType, Name, Number};

use super::super::check::{self, Check, Line, Scratch};
use super::super::lines::Lines;
use super::super::logic::Placed;
use super::super::scalar::Scalar;
use super::names::{Known, Memo};
use super::phones::Phones;
use super::value::{self, Shape, shape};
use super::{local, suggest, types};
use crate::sigma::{Relation, TimePart, ZoneBy};
use crate::{Field, Fields, World};

/// A line.
#[derive(Clone, Debug)]
pub(crate) struct TypedItem {
    /// None for keywords.
    pub(crate) field: Option<Field>,
    pub(crate) part: Option<TimePart>,
    pub(crate) negate: bool,
    pub(crate) line: Line<Field>,
    pub(crate) test: Test,
    /// Whether the line itself, without `negate`, holds if the field is absent.
    pub(crate) absent: bool,
    /// Tells the line from all others, for what is remembered of it.
    number: u32,
}

/// The quick form: whether the line holds of a value that is there.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Whatever the value.
    Fixed(bool),
    /// By truth value: false, true.
    Bools([bool; 2]),
    /// By handle.
    Names(Known),
    /// By number.
    Phones(Box<Phones>),
    /// By number.
    Numbers(Numbers),
    /// The line itself.
    General,
    /// The line itself, on every field.
    Keywords,
}

/// Comparisons of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    all: bool,
    equal: Box<[f64]>,
    compared: Box<[(Relation, f64)]>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl TypedItem {
    /// Compiles a line; what is wrong is noted.
    pub(crate) fn new(lines: &mut Lines<'_>, placed: Placed<'_>) -> Option<TypedItem> {
        let item = placed.item;
        let field = match &item.field {
            None => None,
            Some(name) => Some(find(lines, placed, name)?),
        };
        let matchers = match field {
            None => item.matchers.clone(),
            Some(field) => types::check(lines, placed, field),
        };
        let line = lines.line(placed, &matchers, &mut |lines, name| {
            let other = find(lines, placed, name)?;
            comparable(lines, placed, field?, other).then_some(other)
        });
        let mut scratch = Scratch::default();
        let absent = field.is_some() && line.holds(None, &mut scratch, &mut |_| false);
        let test = field.map_or(Test::Keywords, |field| lower(&line, field, &mut scratch));
        // Wrapping around after four thousand million lines would need years of reloads within one worker's memory.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Some(TypedItem { field, part: item.part, negate: item.negate, line, test, absent, number })
    }

    /// Lines of the field table that it reads.
    pub(crate) fn sources(&self, zone: Option<&ZoneBy>) -> FieldSet {
        let Some(field) = self.field else { return FieldSet::ALL };
        let mut sources = self.line.refs.iter().fold(field.sources(), |set, r| set.union(r.field.sources()));
        if self.part.is_some() && zone == Some(&ZoneBy::Location) {
            sources.insert(FieldId::local_offset);
        }
        sources
    }

    /// What evaluating it costs, roughly in nanoseconds: only the order matters.
    pub(crate) fn cost(&self) -> u32 {
        match (&self.test, self.field) {
            (Test::Keywords, _) => 5_000,
            (Test::Fixed(_) | Test::Bools(_) | Test::Names(_) | Test::Numbers(_), Some(Field::Table(_))) => {
                if self.part.is_some() {
                    20
                } else {
                    2
                }
            }
            (Test::Phones(_), _) => 8,
            (_, Some(Field::Virtual(v))) => {
                if v.sources().contains(FieldId::location) {
                    100
                } else {
                    25
                }
            }
            _ => 60 + 20 * (self.line.checks.len() + self.line.refs.len()).min(100) as u32,
        }
    }

    /// Whether it holds of the record.
    #[inline]
    pub(crate) fn holds(
        &self,
        zone: Option<&ZoneBy>,
        record: &impl Fields,
        world: &World,
        memo: &mut Memo,
    ) -> bool {
        self.plain(zone, record, world, memo) != self.negate
    }

    #[inline]
    fn plain(&self, zone: Option<&ZoneBy>, record: &impl Fields, world: &World, memo: &mut Memo) -> bool {
        match (&self.test, self.field) {
            (Test::Names(known), Some(Field::Table(id))) => match value::name(id, record) {
                None => self.absent,
                Some(handle) => self.names(known, handle, world, memo),
            },
            (Test::Phones(phones), Some(Field::Table(id))) => {
                if value::is_present(id, record) {
                    phones.holds(Number(record.slot(id)))
                } else {
                    self.absent
                }
            }
            (Test::Bools(verdicts), Some(Field::Table(id))) => {
                if value::is_present(id, record) {
                    verdicts[usize::from(record.slot(id) != 0)]
                } else {
                    self.absent
                }
            }
            // What is a number is there only if it is one: a float may be none.
            (Test::Fixed(verdict), Some(Field::Table(id)))
                if id.field().ty != FieldType::Float && self.part.is_none() =>
            {
                if value::is_present(id, record) { *verdict } else { self.absent }
            }
            (Test::Numbers(numbers), Some(field)) => {
                match value::number(field, self.part, zone, record, world) {
                    None => self.absent,
                    Some(number) => numbers.holds(number.value()),
                }
            }
            (test, Some(Field::Virtual(field))) => {
                match (test, memo.directory.derived(field, zone, record, world)) {
                    (_, None) => self.absent,
                    (Test::Bools(verdicts), Some(local::Derived::Flag(flag))) => verdicts[usize::from(flag)],
                    (Test::Fixed(verdict), Some(_)) => *verdict,
                    _ => self.general(zone, record, world, &mut memo.scratch),
                }
            }
            (Test::Keywords, _) | (_, None) => self.keywords(record, world, memo),
            _ => self.general(zone, record, world, &mut memo.scratch),
        }
    }

    #[inline]
    fn names(&self, known: &Known, handle: Name, world: &World, memo: &mut Memo) -> bool {
        match known.verdict(handle) {
            Some(verdict) => verdict,
            None => memo.verdict(self.number, handle, &self.line, world),
        }
    }

    /// The line itself, asked about the field's value.
    pub(crate) fn general(
        &self,
        zone: Option<&ZoneBy>,
        record: &impl Fields,
        world: &World,
        scratch: &mut Scratch,
    ) -> bool {
        let Some(field) = self.field else { return false };
        value::with(field, self.part, zone, record, world, |value| {
            let values = value.map(|v| [v]);
            self.line.holds(values.as_ref().map(|v| v.as_slice()), scratch, &mut |reference| {
                value::with(reference.field, None, zone, record, world, |other| match (value, other) {
                    (Some(value), Some(other)) => {
                        check::alike(&value, &other, reference.open, reference.cased)
                    }
                    _ => false,
                })
            })
        })
    }

    /// Whether every keyword, or one, is found in some field. Names are remembered if the line is one keyword.
    fn keywords(&self, record: &impl Fields, world: &World, memo: &mut Memo) -> bool {
        let mut wanted: Vec<&Check> = self.line.checks.iter().collect();
        if !self.line.exact.is_empty() {
            return false;
        }
        let single = wanted.len() == 1;
        let mut present = record.present();
        present.insert(FieldId::record_id);
        present.insert(FieldId::event);
        for id in present.iter() {
            let handle = match shape(Field::Table(id)) {
                Shape::Enum | Shape::Name if single => value::name(id, record),
                _ => None,
            };
            if let Some(handle) = handle {
                if memo.verdict(self.number, handle, &self.line, world) {
                    return true;
                }
                continue;
            }
            value::with(Field::Table(id), None, None, record, world, |value| {
                let Some(value) = value else { return };
                wanted.retain(|check| !check.holds_of(&value, &mut memo.scratch));
            });
            if wanted.is_empty() || !self.line.all && wanted.len() < self.line.checks.len() {
                return true;
            }
        }
        false
    }
}

/// The field of a name, or an error with what was meant.
fn find(lines: &mut Lines<'_>, placed: Placed<'_>, name: &str) -> Option<Field> {
    let found = Field::from_name(name);
    if found.is_none() {
        lines.error(placed, format!("there is no field '{name}'"), suggest::field(name));
    }
    found
}

/// Whether two fields can be compared at all.
fn comparable(lines: &mut Lines<'_>, placed: Placed<'_>, field: Field, other: Field) -> bool {
    let class = |field| match shape(field) {
        Shape::Bool => 0,
        Shape::Number | Shape::Time => 1,
        Shape::Enum | Shape::Name | Shape::Phone | Shape::Text => 2,
    };
    let fits = class(field) == class(other);
    if !fits {
        lines.error(
            placed,
            format!("{} and {} are of different types and never equal", field.name(), other.name()),
            "compare fields of one type: numbers with numbers, texts with texts",
        );
    }
    fits
}

/// The quick form of a line.
fn lower(line: &Line<Field>, field: Field, scratch: &mut Scratch) -> Test {
    if !line.refs.is_empty() {
        return Test::General;
    }
    let fixed = |check: &Check| matches!(check, Check::Null | Check::Exists(_));
    if line.exact.is_empty() && line.checks.iter().all(fixed) {
        return Test::Fixed(line.holds(Some(&[Scalar::Text("x")]), scratch, &mut |_| false));
    }
    match shape(field) {
        Shape::Bool => Test::Bools(
            [false, true].map(|value| line.holds(Some(&[Scalar::Bool(value)]), scratch, &mut |_| false)),
        ),
        Shape::Number | Shape::Time => numbers(line).map_or(Test::General, Test::Numbers),
        Shape::Enum | Shape::Name => Test::Names(Known::judge(line, scratch)),
        Shape::Phone if line.all => Test::General,
        Shape::Phone => Phones::lower(&line.checks, line.exact.iter())
            .map_or(Test::General, |p| Test::Phones(Box::new(p))),
        Shape::Text => Test::General,
    }
}

fn numbers(line: &Line<Field>) -> Option<Numbers> {
    if !line.exact.is_empty() {
        return None;
    }
    let (mut equal, mut compared) = (Vec::new(), Vec::new());
    for check in &line.checks {
        match check {
            Check::Number(value) if !value.is_nan() => equal.push(*value),
            Check::Compare { relation, value } => compared.push((*relation, *value)),
            _ => return None,
        }
    }
    equal.sort_by(f64::total_cmp);
    Some(Numbers { all: line.all, equal: equal.into(), compared: compared.into() })
}

impl Numbers {
    /// Whether a number fits.
    #[inline]
    pub(crate) fn holds(&self, number: f64) -> bool {
        let mut compared =
            self.compared.iter().map(|(relation, bound)| check::compare(*relation, number, *bound));
        if self.all {
            return compared.all(|held| held) && self.equal.iter().all(|wanted| *wanted == number);
        }
        // Both zeros are equal, but not in the total order.
        let number = if number == 0.0 { 0.0 } else { number };
        compared.any(|held| held)
            || match self.equal.len() {
                0 => false,
                1..=8 => self.equal.contains(&number),
                _ => {
                    self.equal.binary_search_by(|wanted| wanted.total_cmp(&number)).is_ok()
                        || number == 0.0 && self.equal.contains(&0.0)
                }
            }
    }

    /// Values at which the verdict may change.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = f64> {
        self.equal.iter().copied().chain(self.compared.iter().map(|(_, bound)| *bound))
    }
}

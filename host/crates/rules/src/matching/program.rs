//! A rule for call records, compiled.
//!
//! Owns compiling ([`compile`]) and evaluating ([`Program::matches`]). Does not own choosing which programs to ask (`index`).

use model::{EventKind, FieldId, FieldSet};

use super::lines::Lines;
use super::logic::{self, Logic};
use super::open::unknown_zone;
use super::placeholders::Placeholders;
use super::scalar::Scalar;
use super::typed::{Memo, TypedItem};
use crate::sigma::{Filter, Item, LogSource, Rule, ZoneBy};
use crate::{Diagnostic, Field, Fields, World};

/// A rule that can be matched with call records.
#[derive(Clone, Debug)]
pub struct Program {
    kinds: [bool; 4],
    fields: FieldSet,
    /// Cheapest first, for matching.
    pub(super) logic: Logic,
    /// As written, for explaining.
    pub(super) written: Logic,
    pub(super) items: Vec<TypedItem>,
    /// The lines as they were, in the same order.
    pub(super) sources: Vec<Item>,
    pub(super) zone: Option<ZoneBy>,
    missing: Vec<String>,
    warnings: Vec<Diagnostic>,
}

/// Compiles a rule for call records, with the filters that apply to it.
///
/// # Errors
/// All that is wrong: unknown fields, values that the field's type cannot answer, expressions, bounds. Warnings about what
/// is doubtful are among them; without an error they stand in [`Program::warnings`].
pub fn compile(
    rule: &Rule,
    filters: &[&Filter],
    placeholders: &Placeholders,
) -> Result<Program, Vec<Diagnostic>> {
    let (written, placed) = logic::build(rule, filters).map_err(|d| vec![d])?;
    let mut lines = Lines::new(placeholders);
    let items: Vec<Option<TypedItem>> = placed.iter().map(|p| TypedItem::new(&mut lines, *p)).collect();
    if let Some(ZoneBy::Zone(name)) = &rule.ours.zone
        && name.parse::<chrono_tz::Tz>().is_err()
    {
        lines.diagnostics.push(unknown_zone(rule, name));
    }
    let (true, Some(items)) = (!lines.failed(), items.into_iter().collect::<Option<Vec<TypedItem>>>()) else {
        return Err(lines.diagnostics);
    };
    let zone = rule.ours.zone.clone();
    let fields = items.iter().fold(FieldSet::NONE, |set, item| set.union(item.sources(zone.as_ref())));
    let mut logic = written.clone();
    logic.cheapest_first(&|item| items[item as usize].cost());
    let mut program = Program {
        kinds: [false; 4],
        fields,
        logic,
        written,
        items,
        sources: placed.iter().map(|p| p.item.clone()).collect(),
        zone,
        missing: lines.missing.into_iter().collect(),
        warnings: lines.diagnostics,
    };
    program.kinds = EventKind::ALL.map(|kind| wants(&rule.logsource, kind) && program.could_be(kind));
    Ok(program)
}

/// Whether the log source has records of this kind.
fn wants(source: &LogSource, kind: EventKind) -> bool {
    let category = source.category.as_deref().map(str::to_ascii_lowercase);
    source.is_ours()
        && match category.as_deref() {
            None => true,
            Some("call") => kind == EventKind::Call,
            Some("forwarding") => kind == EventKind::ForwardingChange,
            Some("admin") => kind == EventKind::AdminChange,
            Some("sign_in") => kind == EventKind::SignIn,
            Some(_) => false,
        }
}

impl Program {
    /// Kinds of events that it can hold of, by `EventKind as usize`.
    pub fn kinds(&self) -> [bool; 4] {
        self.kinds
    }

    /// Lines of the field table that it reads.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// Placeholders that nobody set: with any, the rule is inactive and matches nothing.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// What is doubtful about the rule.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Whether it is asked at all.
    pub fn is_active(&self) -> bool {
        self.missing.is_empty() && self.kinds != [false; 4]
    }

    /// Whether the rule's condition, and those of its filters, hold of the record.
    pub fn matches(&self, record: &impl Fields, world: &World, memo: &mut Memo) -> bool {
        if !self.kinds[record.kind() as usize] || !self.missing.is_empty() {
            return false;
        }
        memo.enter(world);
        let zone = self.zone.as_ref();
        self.logic.holds(&mut |item| self.items[item as usize].holds(zone, record, world, memo))
    }

    /// Whether it could hold of a record of this kind, by what it says of `event`.
    fn could_be(&self, kind: EventKind) -> bool {
        let mut scratch = super::check::Scratch::default();
        self.logic.could_hold(&mut |item| {
            let item = &self.items[item as usize];
            (item.field == Some(Field::Table(FieldId::event)) && item.line.refs.is_empty()).then(|| {
                item.line.holds(Some(&[Scalar::Text(kind.name())]), &mut scratch, &mut |_| false)
                    != item.negate
            })
        })
    }
}

#[cfg(test)]
mod tests;

//! Which rows a detector gets, which worker gets them, and what of them crosses the boundary.
//!
//! Owns the reading of a manifest's `events`, `filter`, `partition`, `also`, `organisation` and `columns`. Does not own
//! calls, or which rows the configuration leaves out (`scope`).

use std::hash::Hasher;
use std::sync::Arc;

use model::names::TooManyNames;
use model::{EventKind, FieldId, FieldSet, NameTable, Number, SubjectKind};
use rustc_hash::FxHasher;

use super::layout::Row;
use super::scope::{Other, Scope};
use crate::config::{Config, PluginConfig};
use crate::plugin::{AlsoKey, Batch, Column, ColumnSource, Filter, Manifest, row};

/// A detector's view of the rows.
#[derive(Clone, Debug)]
pub struct Route {
    kinds: [bool; EventKind::ALL.len()],
    gate: Gate,
    partition: SubjectKind,
    also: Option<Also>,
    organisation: Option<Gate>,
    scope: Arc<Scope>,
    columns: Vec<ColumnSource>,
}

/// A filter with its texts as handles. Empty lists let all through; only calls are held against them.
#[derive(Clone, Debug, Default)]
struct Gate {
    directions: Vec<u32>,
    call_types: Vec<u32>,
    other_classes: Vec<u32>,
}

/// The second subject.
#[derive(Clone, Debug)]
struct Also {
    key: AlsoKey,
    /// Ten to the power of the digits dropped.
    divisor: u64,
    gate: Gate,
}

impl Route {
    /// Reads the manifest, and what the configuration says about the plugin. Texts that were never seen get a handle and
    /// then simply never match.
    ///
    /// # Errors
    /// When the name table is full.
    pub fn new(
        manifest: &Manifest,
        settings: &PluginConfig,
        config: &Config,
        names: &NameTable,
    ) -> Result<Route, TooManyNames> {
        let mut kinds = [false; EventKind::ALL.len()];
        manifest.events.iter().for_each(|kind| kinds[*kind as usize] = true);
        let also = manifest.also.as_ref().map(|also| {
            let gate = Gate::new(&also.filter, names)?;
            Ok(Also { key: also.key, divisor: 10u64.pow(also.drop_digits), gate })
        });
        let organisation = manifest.organisation.as_ref().map(|all| Gate::new(&all.filter, names));
        Ok(Route {
            kinds,
            gate: Gate::new(&manifest.filter, names)?,
            partition: manifest.partition,
            also: also.transpose()?,
            organisation: organisation.transpose()?,
            scope: Arc::new(Scope::new(settings, config, names)?),
            columns: manifest.columns.clone(),
        })
    }

    /// Every field that the route reads.
    pub fn fields(&self) -> FieldSet {
        let fields = self.columns.iter().filter_map(|source| match source {
            ColumnSource::Field(field) => Some(*field),
            ColumnSource::Row => None,
        });
        let mut fields: FieldSet = fields.collect::<FieldSet>().union(self.scope.fields());
        fields.insert(FieldId::start_time);
        let also = self.also.as_ref().map(|also| &also.gate);
        [Some(&self.gate), also, self.organisation.as_ref()]
            .into_iter()
            .flatten()
            .for_each(|gate| gate.fields(&mut fields));
        match self.partition {
            SubjectKind::User => fields.insert(FieldId::user),
            SubjectKind::Number => fields.insert(FieldId::called_number),
            SubjectKind::Location => fields.insert(FieldId::location),
            SubjectKind::Organisation => {}
        }
        match self.also.as_ref().map(|also| also.key) {
            None => {}
            Some(AlsoKey::User) => fields.insert(FieldId::user),
            Some(AlsoKey::Location) => fields.insert(FieldId::location),
            Some(AlsoKey::CalledNumber) => fields.insert(FieldId::called_number),
            Some(AlsoKey::CallingNumber) => fields.insert(FieldId::calling_number),
            Some(AlsoKey::OtherParty) => Other::fields(&mut fields, |other| other.number),
        }
        fields
    }

    /// Whether every worker's instance learns from rows of the whole organisation.
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.organisation.is_some()
    }

    /// For whom the row is on worker `worker` of `workers`, as the column `"$row"` says it; 0 if the detector does not get it
    /// there.
    #[inline]
    pub fn take(&self, row: Row<'_>, worker: usize, workers: usize) -> u32 {
        if !self.kinds[row.kind() as usize] {
            return 0;
        }
        let mut mask = 0;
        if self.gate.lets_through(row) && on(self.key(row), workers) == worker {
            mask |= row::FIRST;
        }
        if let Some(also) = &self.also
            && also.gate.lets_through(row)
            && also.key(row).is_some_and(|key| on(key, workers) == worker)
        {
            mask |= row::ALSO;
        }
        if let Some(gate) = &self.organisation
            && gate.lets_through(row)
        {
            mask |= row::ORGANISATION;
        }
        if mask == 0 || self.scope.is_empty() {
            return mask;
        }
        if self.scope.excepts(row) {
            return 0;
        }
        mask | self.scope.settings_of(row) << row::SETTINGS_SHIFT
    }

    fn key(&self, row: Row<'_>) -> u64 {
        match self.partition {
            SubjectKind::User => u64::from(row.u32(FieldId::user)),
            SubjectKind::Number => row.u64(FieldId::called_number),
            SubjectKind::Location => u64::from(row.u32(FieldId::location)),
            SubjectKind::Organisation => 0,
        }
    }

    /// An empty batch with the right columns.
    pub fn batch(&self) -> Batch {
        Batch::new(&self.columns)
    }

    /// Appends the row's columns to a batch made by [`Route::batch`]; `taken` is what [`Route::take`] gave.
    #[inline]
    pub fn gather(&self, row: Row<'_>, taken: u32, batch: &mut Batch) {
        for (source, column) in self.columns.iter().zip(&mut batch.columns) {
            let ColumnSource::Field(field) = *source else {
                if let Column::U32(values) = column {
                    values.push(taken);
                }
                continue;
            };
            match column {
                Column::U8(values) => values.push(u8::from(row.bool(field))),
                Column::U32(values) => values.push(row.u32(field)),
                Column::U64(values) => values.push(row.u64(field)),
                Column::I64(values) => values.push(row.u64(field) as i64),
                Column::F64(values) => values.push(f64::from_bits(row.u64(field))),
                Column::Id(values) => values.push(row.id().halves().into()),
                Column::Text(values) => values.push(row.text(field).to_owned()),
            }
        }
        batch.rows += 1;
    }
}

impl Gate {
    fn new(filter: &Filter, names: &NameTable) -> Result<Gate, TooManyNames> {
        let handles = |texts: &[String]| -> Result<Vec<u32>, TooManyNames> {
            texts.iter().map(|t| names.intern(t).map(|n| n.0)).collect()
        };
        Ok(Gate {
            directions: handles(&filter.direction)?,
            call_types: handles(&filter.call_types)?,
            other_classes: handles(&filter.other_class)?,
        })
    }

    fn fields(&self, fields: &mut FieldSet) {
        if !self.directions.is_empty() {
            fields.insert(FieldId::direction);
        }
        if !self.call_types.is_empty() {
            fields.insert(FieldId::call_type);
        }
        if !self.other_classes.is_empty() {
            Other::fields(fields, |other| other.class);
        }
    }

    #[inline]
    fn lets_through(&self, row: Row<'_>) -> bool {
        row.kind() != EventKind::Call
            || (allows(&self.directions, row, FieldId::direction)
                && allows(&self.call_types, row, FieldId::call_type)
                && (self.other_classes.is_empty()
                    || Other::of(row).is_some_and(|other| allows(&self.other_classes, row, other.class))))
    }
}

impl Also {
    /// What is hashed; nothing if the row has no second subject.
    #[inline]
    fn key(&self, row: Row<'_>) -> Option<u64> {
        let number = match self.key {
            AlsoKey::User | AlsoKey::Location => {
                let field = if self.key == AlsoKey::User { FieldId::user } else { FieldId::location };
                return Some(u64::from(row.u32(field))).filter(|name| *name != 0);
            }
            AlsoKey::CalledNumber => row.u64(FieldId::called_number),
            AlsoKey::CallingNumber => row.u64(FieldId::calling_number),
            AlsoKey::OtherParty => Other::of(row).map_or(0, |other| row.u64(other.number)),
        };
        // What is no full number has no neighbours.
        (number != 0).then(|| Number(number).e164().map_or(number, |digits| digits / self.divisor))
    }
}

/// Which of `workers` workers holds a key.
#[inline]
fn on(key: u64, workers: usize) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write_u64(key);
    (hasher.finish() >> 32) as usize % workers
}

#[inline]
fn allows(wanted: &[u32], row: Row<'_>, field: FieldId) -> bool {
    wanted.is_empty() || wanted.contains(&row.u32(field))
}

#[cfg(test)]
mod tests;

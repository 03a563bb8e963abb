//! Which rows a detector gets, which worker gets them, and what of them crosses the boundary.
//!
//! Owns the reading of a manifest's `events`, `filter`, `partition` and `columns`. Does not own calls.

use std::hash::Hasher;

use model::{EventKind, FieldId, FieldSet, NameTable, SubjectKind};
use rustc_hash::FxHasher;

use super::layout::Row;
use crate::plugin::{Batch, Column, Manifest};

/// A detector's view of the rows.
#[derive(Clone, Debug)]
pub struct Route {
    kinds: [bool; EventKind::ALL.len()],
    /// Handles of the directions and call types wanted; empty means any. Calls only.
    directions: Vec<u32>,
    call_types: Vec<u32>,
    partition: SubjectKind,
    columns: Vec<FieldId>,
}

impl Route {
    /// Reads the manifest. Values of the filter that were never seen get a handle and then simply never match.
    ///
    /// # Errors
    /// When the name table is full.
    pub fn new(manifest: &Manifest, names: &NameTable) -> Result<Route, model::names::TooManyNames> {
        let handles = |texts: &[String]| -> Result<Vec<u32>, model::names::TooManyNames> {
            texts.iter().map(|t| names.intern(t).map(|n| n.0)).collect()
        };
        let mut kinds = [false; EventKind::ALL.len()];
        manifest.events.iter().for_each(|kind| kinds[*kind as usize] = true);
        Ok(Route {
            kinds,
            directions: handles(&manifest.filter.direction)?,
            call_types: handles(&manifest.filter.call_types)?,
            partition: manifest.partition,
            columns: manifest.columns.clone(),
        })
    }

    /// Every field that the route reads.
    pub fn fields(&self) -> FieldSet {
        let mut fields: FieldSet = self.columns.iter().copied().collect();
        fields.insert(FieldId::start_time);
        if !self.directions.is_empty() {
            fields.insert(FieldId::direction);
        }
        if !self.call_types.is_empty() {
            fields.insert(FieldId::call_type);
        }
        match self.partition {
            SubjectKind::User => fields.insert(FieldId::user),
            SubjectKind::Number => fields.insert(FieldId::called_number),
            SubjectKind::Location => fields.insert(FieldId::location),
            SubjectKind::Organisation => {}
        }
        fields
    }

    /// Whether the detector wants the row.
    #[inline]
    pub fn wants(&self, row: Row<'_>) -> bool {
        let kind = row.kind();
        if !self.kinds[kind as usize] {
            return false;
        }
        kind != EventKind::Call
            || (allows(&self.directions, row, FieldId::direction)
                && allows(&self.call_types, row, FieldId::call_type))
    }

    /// Which of `workers` workers holds the row's key.
    #[inline]
    pub fn worker(&self, row: Row<'_>, workers: usize) -> usize {
        let key = match self.partition {
            SubjectKind::User => u64::from(row.u32(FieldId::user)),
            SubjectKind::Number => row.u64(FieldId::called_number),
            SubjectKind::Location => u64::from(row.u32(FieldId::location)),
            SubjectKind::Organisation => 0,
        };
        let mut hasher = FxHasher::default();
        hasher.write_u64(key);
        (hasher.finish() >> 32) as usize % workers
    }

    /// An empty batch with the right columns.
    pub fn batch(&self) -> Batch {
        Batch::new(&self.columns)
    }

    /// Appends the row's columns to a batch made by [`Route::batch`].
    #[inline]
    pub fn gather(&self, row: Row<'_>, batch: &mut Batch) {
        for (field, column) in self.columns.iter().zip(&mut batch.columns) {
            match column {
                Column::U8(values) => values.push(u8::from(row.bool(*field))),
                Column::U32(values) => values.push(row.u32(*field)),
                Column::U64(values) => values.push(row.u64(*field)),
                Column::I64(values) => values.push(row.u64(*field) as i64),
                Column::F64(values) => values.push(f64::from_bits(row.u64(*field))),
                Column::Id(values) => values.push(row.id().halves().into()),
                Column::Text(values) => values.push(row.text(*field).to_owned()),
            }
        }
        batch.rows += 1;
    }
}

#[inline]
fn allows(wanted: &[u32], row: Row<'_>, field: FieldId) -> bool {
    wanted.is_empty() || wanted.contains(&row.u32(field))
}

//! A batch: the rows a plugin gets, as the columns it asked for.
//!
//! Owns the form on the host's side of the boundary. A batch is meant to be reused: `clear` keeps its buffers, and
//! the boundary borrows them.

use model::fields::FieldType;
use model::{Event, FieldId, Millis};

/// Name of the special column that tells for whom a row is, and under which settings.
pub const ROW_COLUMN: &str = "$row";

/// Where a column's values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnSource {
    /// A field of the event.
    Field(FieldId),
    /// What the host says of the row: the bits of [`row`], and from bit 8 the number of the settings.
    Row,
}

impl ColumnSource {
    /// The name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            ColumnSource::Field(field) => field.field().name,
            ColumnSource::Row => ROW_COLUMN,
        }
    }

    /// What its values are.
    pub fn ty(self) -> FieldType {
        match self {
            ColumnSource::Field(field) => field.field().ty,
            ColumnSource::Row => FieldType::U32,
        }
    }
}

/// What the values of the column `"$row"` are made of.
pub mod row {
    /// The row is for the thing by which the plugin is partitioned, and that thing is this instance's.
    pub const FIRST: u32 = 1;
    /// The row is for the subject of `[also]`, and that subject is this instance's.
    pub const ALSO: u32 = 2;
    /// The row is one that every instance learns from.
    pub const ORGANISATION: u32 = 4;
    /// From this bit on stands which settings apply: 0 are the plugin's, n those of its nth override.
    pub const SETTINGS_SHIFT: u32 = 8;
}

/// One column; element i belongs to row i. Absent values are 0 or empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Booleans.
    U8(Vec<u8>),
    /// Numbers, names and enumeration values.
    U32(Vec<u32>),
    /// Telephone numbers.
    U64(Vec<u64>),
    /// Times and signed numbers.
    I64(Vec<i64>),
    /// Real numbers.
    F64(Vec<f64>),
    /// Record identities as high and low half: the form in which they cross.
    Id(Vec<[u64; 2]>),
    /// Nearly unique text.
    Text(Vec<String>),
}

impl Column {
    /// An empty column for values of that type.
    pub fn of(ty: FieldType) -> Column {
        match ty {
            FieldType::Id => Column::Id(Vec::new()),
            FieldType::Bool => Column::U8(Vec::new()),
            FieldType::U32 | FieldType::Enum | FieldType::Name => Column::U32(Vec::new()),
            FieldType::Int | FieldType::Millis => Column::I64(Vec::new()),
            FieldType::Float => Column::F64(Vec::new()),
            FieldType::Phone => Column::U64(Vec::new()),
            FieldType::Text => Column::Text(Vec::new()),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Column::U8(v) => v.len(),
            Column::U32(v) => v.len(),
            Column::U64(v) => v.len(),
            Column::I64(v) => v.len(),
            Column::F64(v) => v.len(),
            Column::Id(v) => v.len(),
            Column::Text(v) => v.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn clear(&mut self) {
        match self {
            Column::U8(v) => v.clear(),
            Column::U32(v) => v.clear(),
            Column::U64(v) => v.clear(),
            Column::I64(v) => v.clear(),
            Column::F64(v) => v.clear(),
            Column::Id(v) => v.clear(),
            Column::Text(v) => v.clear(),
        }
    }

    fn push(&mut self, field: FieldId, event: &Event) {
        match self {
            Column::U8(v) => v.push(u8::from(event.bool(field))),
            Column::U32(v) => v.push(event.u32(field)),
            Column::U64(v) => v.push(event.slot(field)),
            Column::I64(v) => v.push(event.int(field)),
            Column::F64(v) => v.push(event.float(field)),
            Column::Id(v) => v.push(event.id.halves().into()),
            Column::Text(v) => v.push(event.text(field).to_owned()),
        }
    }
}

/// Rows for one plugin, in the order of the log.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Number of rows.
    pub rows: usize,
    /// No event that starts before this will come any more.
    pub horizon: Millis,
    /// Columns in the manifest's order.
    pub columns: Vec<Column>,
    sources: Vec<ColumnSource>,
}

impl Batch {
    /// An empty batch with these columns.
    pub fn new(sources: &[ColumnSource]) -> Batch {
        Batch {
            rows: 0,
            horizon: 0,
            columns: sources.iter().map(|source| Column::of(source.ty())).collect(),
            sources: sources.to_vec(),
        }
    }

    /// Adds a row for the thing by which the plugin is partitioned.
    pub fn push(&mut self, event: &Event) {
        for (column, source) in self.columns.iter_mut().zip(&self.sources) {
            match (column, source) {
                (Column::U32(v), ColumnSource::Row) => v.push(row::FIRST),
                // Every event has a kind, whoever made it.
                (Column::U32(v), ColumnSource::Field(FieldId::event)) => v.push(event.kind.handle().0),
                (column, ColumnSource::Field(field)) => column.push(*field, event),
                // Its column is one of numbers, made above.
                (_, ColumnSource::Row) => {}
            }
        }
        self.rows += 1;
    }

    /// Forgets the rows, keeps the buffers.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(Column::clear);
        self.rows = 0;
    }

    /// Where the columns come from.
    pub fn sources(&self) -> &[ColumnSource] {
        &self.sources
    }

    /// The column of a field, if there is one.
    pub fn column(&self, field: FieldId) -> Option<&Column> {
        self.column_of(ColumnSource::Field(field))
    }

    /// The column `"$row"`, if there is one.
    pub fn row_column(&self) -> Option<&[u32]> {
        match self.column_of(ColumnSource::Row) {
            Some(Column::U32(values)) => Some(values),
            _ => None,
        }
    }

    fn column_of(&self, source: ColumnSource) -> Option<&Column> {
        self.columns.get(self.sources.iter().position(|s| *s == source)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{EventKind, Number, RecordId};

    #[test]
    fn a_row_has_every_column_in_order_and_absent_is_zero() {
        let fields = [
            FieldId::record_id,
            FieldId::start_time,
            FieldId::called_number,
            FieldId::user,
            FieldId::event,
            FieldId::call_id,
        ];
        let mut sources: Vec<ColumnSource> = fields.into_iter().map(ColumnSource::Field).collect();
        sources.push(ColumnSource::Row);
        let mut batch = Batch::new(&sources);
        let mut event = Event::default();
        (event.id, event.kind) = (RecordId(7), EventKind::SignIn);
        event.set_millis(FieldId::start_time, 1_700_000_000_000);
        event.set_phone(FieldId::called_number, Number::from_dialled("*99"));
        batch.push(&event);
        event.set_text(FieldId::call_id, "SSE1");
        batch.push(&event);
        assert_eq!(batch.rows, 2);
        let expected = [
            Column::Id(vec![[0, 7]; 2]),
            Column::I64(vec![1_700_000_000_000; 2]),
            Column::U64(vec![Number::from_dialled("*99").0; 2]),
            Column::U32(vec![0; 2]),
            Column::U32(vec![EventKind::SignIn.handle().0; 2]),
            Column::Text(vec![String::new(), "SSE1".to_owned()]),
            Column::U32(vec![row::FIRST; 2]),
        ];
        assert_eq!(batch.columns, expected);
        batch.clear();
        assert!(batch.rows == 0 && batch.columns.iter().all(Column::is_empty));
    }
}

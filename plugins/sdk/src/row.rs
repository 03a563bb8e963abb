//! The row view over a batch of typed columns.
//!
//! Owns how a field finds its column. Does not own the accessors' names and types: those are generated from the
//! host's field table ([`crate::fields`]).

use crate::fields::{KINDS, NAMES};
use crate::types::{Error, Kind, Millis, Name, Number, RecordId};

/// One column; element i belongs to row i.
#[derive(Clone, Debug)]
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
    /// Record identities, two numbers each: the high half and the low half.
    Id(Vec<u64>),
    /// Nearly unique text.
    Text(Vec<String>),
}

impl Column {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Column::U8(v) => v.len(),
            Column::U32(v) => v.len(),
            Column::U64(v) => v.len(),
            Column::I64(v) => v.len(),
            Column::F64(v) => v.len(),
            // Half an identity is one too many.
            Column::Id(v) => v.len().div_ceil(2),
            Column::Text(v) => v.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn holds(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Column::U8(_), Kind::Bool)
                | (Column::U32(_), Kind::U32 | Kind::Enum | Kind::Name)
                | (Column::U64(_), Kind::Phone)
                | (Column::I64(_), Kind::Int | Kind::Millis)
                | (Column::F64(_), Kind::Float)
                | (Column::Id(_), Kind::Id)
                | (Column::Text(_), Kind::Text)
        )
    }
}

/// Events in the order of the log; columns in the order of the manifest.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Number of rows.
    pub rows: usize,
    /// No event that starts before this will be counted any more after this batch.
    pub horizon: Millis,
    /// As many as the manifest names.
    pub columns: Vec<Column>,
}

/// Name of the column that says whose a row is and which settings apply to it.
pub(crate) const CONTEXT: &str = "$row";

/// Position that stands for "not asked for".
const UNDECLARED: u8 = u8::MAX;

/// Which column holds which field: set once, from the names given to `configure`.
#[derive(Clone, Debug)]
pub struct Columns {
    of_field: [u8; NAMES.len()],
    /// Position of the column that says whose the row is; [`UNDECLARED`] if it is not asked for.
    context: u8,
    fields: Vec<Option<usize>>,
}

impl Columns {
    /// Columns the SDK itself needs to put events in order.
    const NEEDED: [&'static str; 3] = ["start_time", "report_time", "record_id"];

    /// From the names of the columns, in their order.
    ///
    /// # Errors
    /// For a name that is no field, a name given twice, and a missing column that the SDK needs.
    pub fn new(names: &[String]) -> Result<Columns, Error> {
        let mut of_field = [UNDECLARED; NAMES.len()];
        let mut fields = Vec::with_capacity(names.len());
        let mut context = UNDECLARED;
        for (position, name) in names.iter().enumerate() {
            if name == CONTEXT {
                (context, _) = (position as u8, fields.push(None));
                continue;
            }
            let field = NAMES.iter().position(|n| n == name).ok_or_else(|| {
                Error::InvalidSettings(format!("column '{name}' is unknown to this version of the SDK"))
            })?;
            if of_field[field] != UNDECLARED {
                return Err(Error::InvalidSettings(format!("column '{name}' is named twice")));
            }
            of_field[field] = position as u8;
            fields.push(Some(field));
        }
        if let Some(missing) = Self::NEEDED.iter().find(|n| !names.iter().any(|name| name == *n)) {
            return Err(Error::InvalidSettings(format!(
                "column '{missing}' is missing: every manifest must name start_time, report_time and record_id"
            )));
        }
        Ok(Columns { of_field, context, fields })
    }

    /// Checks that the batch has the columns asked for, each of its type and length.
    pub(crate) fn check(&self, batch: &Batch) -> Result<(), Error> {
        if batch.rows == 0 && batch.columns.is_empty() {
            return Ok(());
        }
        if batch.columns.len() != self.fields.len() {
            return Err(Error::InvalidBatch(format!(
                "{} columns instead of {}",
                batch.columns.len(),
                self.fields.len()
            )));
        }
        for (column, field) in batch.columns.iter().zip(&self.fields) {
            let (name, kind) = field.map_or((CONTEXT, Kind::U32), |f| (NAMES[f], KINDS[f]));
            if !column.holds(kind) {
                return Err(Error::InvalidBatch(format!("column '{name}' is not of type {kind:?}")));
            }
            if column.len() != batch.rows {
                return Err(Error::InvalidBatch(format!(
                    "column '{name}' has {} elements for {} rows",
                    column.len(),
                    batch.rows
                )));
            }
        }
        Ok(())
    }
}

/// For whom a row is: see the interface's `batch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context(u32);

impl Context {
    /// For the subject of the manifest's partition.
    pub(crate) const PARTITION: u32 = 1;
    /// For the second subject.
    pub(crate) const ALSO: u32 = 2;
    /// For the habits of the organisation.
    pub(crate) const ORGANISATION: u32 = 4;

    /// Whether it is for one of these.
    #[inline]
    pub(crate) fn is_for(self, whom: u32) -> bool {
        self.0 & whom != 0
    }

    /// Which override applies; 0 is none.
    #[inline]
    pub(crate) fn variant(self) -> u8 {
        (self.0 >> 8) as u8
    }
}

/// One event: a method per field, e.g. `row.start_time()`, `row.called_number()`.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    batch: &'a Batch,
    columns: &'a Columns,
    index: usize,
}

#[cold]
fn undeclared(field: usize) -> ! {
    panic!("column '{0}' was read but is not declared: add \"{0}\" to columns in plugin.toml", NAMES[field])
}

macro_rules! readers {
    ($($name:ident: $variant:ident => $ty:ty, $value:ident, $read:expr;)*) => {
        $(#[inline]
        pub(crate) fn $name(&self, field: usize) -> $ty {
            match self.column(field) {
                Some(Column::$variant(values)) => { let $value = values[self.index]; $read }
                _ => undeclared(field),
            }
        })*
    };
}

impl<'a> Row<'a> {
    pub(crate) fn new(batch: &'a Batch, columns: &'a Columns, index: usize) -> Row<'a> {
        Row { batch, columns, index }
    }

    #[inline]
    fn column(&self, field: usize) -> Option<&'a Column> {
        self.batch.columns.get(usize::from(self.columns.of_field[field]))
    }

    readers! {
        read_bool: U8 => bool, v, v != 0;
        read_u32: U32 => u32, v, v;
        read_i64: I64 => i64, v, v;
        read_f64: F64 => f64, v, v;
        read_name: U32 => Name, v, Name(v);
        read_number: U64 => Number, v, Number(v);
    }

    #[inline]
    pub(crate) fn read_id(&self, field: usize) -> RecordId {
        match self.column(field) {
            Some(Column::Id(values)) => {
                let halves = &values[2 * self.index..2 * self.index + 2];
                RecordId { hi: halves[0], lo: halves[1] }
            }
            _ => undeclared(field),
        }
    }

    #[inline]
    pub(crate) fn read_text(&self, field: usize) -> &'a str {
        match self.column(field) {
            Some(Column::Text(values)) => &values[self.index],
            _ => undeclared(field),
        }
    }

    /// For which subjects this instance gets the row, and which settings apply. Without the column it is the partition's.
    #[inline]
    pub(crate) fn context(&self) -> Context {
        match self.batch.columns.get(usize::from(self.columns.context)) {
            Some(Column::U32(values)) => Context(values[self.index]),
            _ => Context(Context::PARTITION),
        }
    }

    /// Local time: `start_time` moved by `local_offset`; needs both columns.
    #[inline]
    pub fn local_time(&self) -> Millis {
        self.start_time() + self.local_offset() * crate::types::MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn mistakes_in_columns_are_named() {
        let error = |list: &[&str]| Columns::new(&names(list)).unwrap_err().to_string();
        assert!(error(&["start_tme"]).contains("start_tme"));
        assert!(error(&["user", "user"]).contains("twice"));
        assert!(error(&["start_time", "record_id"]).contains("report_time"));
    }

    #[test]
    fn batches_are_checked_against_the_manifest() {
        let columns = Columns::new(&names(&["start_time", "report_time", "record_id", "user"])).unwrap();
        let good = Batch {
            rows: 1,
            horizon: 0,
            columns: vec![
                Column::I64(vec![5]),
                Column::I64(vec![6]),
                Column::Id(vec![0; 2]),
                Column::U32(vec![4100]),
            ],
        };
        assert_eq!(columns.check(&good), Ok(()));
        assert_eq!(Row::new(&good, &columns, 0).user(), Name(4100));
        let mut bad = good.clone();
        bad.columns[3] = Column::I64(vec![0]);
        assert!(columns.check(&bad).unwrap_err().to_string().contains("'user'"));
        let mut short = good;
        short.columns[0] = Column::I64(vec![]);
        assert!(columns.check(&short).unwrap_err().to_string().contains("0 elements for 1 rows"));
    }

    #[test]
    #[should_panic(expected = "column 'duration' was read but is not declared")]
    fn an_undeclared_column_is_named() {
        let columns = Columns::new(&names(&["start_time", "report_time", "record_id"])).unwrap();
        let batch = Batch::default();
        Row::new(&batch, &columns, 0).duration();
    }
}

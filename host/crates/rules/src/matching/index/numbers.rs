//! Sets by number: between two values that any program compares with, all programs stay as they are.
//!
//! Owns the sorted values and the sets at and between them. Truth values are numbers here.

use std::sync::Arc;

use model::{FieldId, FieldType};

use super::rows::{Rows, put};
use super::{about, could, could_by, lines};
use crate::Fields;
use crate::matching::check::Scratch;
use crate::matching::program::Program;
use crate::matching::typed::Test;

/// Values that a field's sets are kept for: 8,192 sets of five thousand programs take 5 MB. Programs beyond it are asked always.
const MAX_BOUNDS: usize = 4_096;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct NumberSets {
    id: FieldId,
    rows: Rows,
    absent: u32,
    bounds: Box<[f64]>,
    /// Sets below, at and above the bounds, in turn.
    cells: Box<[u32]>,
}

/// The cell of a value among sorted bounds.
fn cell(bounds: &[f64], value: f64) -> usize {
    let at = bounds.partition_point(|bound| *bound < value);
    2 * at + usize::from(bounds.get(at) == Some(&value))
}

/// A value within a cell.
fn within(bounds: &[f64], cell: usize) -> f64 {
    let at = cell / 2;
    if cell % 2 == 1 {
        return bounds[at];
    }
    match (at.checked_sub(1).map(|before| bounds[before]), bounds.get(at)) {
        (Some(before), Some(after)) => before / 2.0 + after / 2.0,
        (Some(_), None) => f64::INFINITY,
        (None, Some(_)) => f64::NEG_INFINITY,
        (None, None) => 0.0,
    }
}

/// The cell of a program's own bounds in which a cell of all bounds lies.
fn own_cell(own: &[f64], all: &[f64], cell_of_all: usize) -> usize {
    match (cell_of_all % 2 == 1, all.get(cell_of_all / 2)) {
        (true, Some(value)) => cell(own, *value),
        // Just below a bound of all: above every own bound that is smaller.
        (false, Some(above)) => 2 * own.partition_point(|bound| *bound < *above),
        (_, None) => 2 * own.len(),
    }
}

fn bounds_of(id: FieldId, program: &Program) -> Vec<f64> {
    let mut bounds: Vec<f64> = Vec::new();
    for line in lines(id, program) {
        match &line.test {
            // Adding zero makes one of both zeros.
            Test::Numbers(numbers) => bounds.extend(numbers.bounds().map(|bound| bound + 0.0)),
            Test::Bools(_) => bounds.extend([0.0, 1.0]),
            _ => {}
        }
    }
    sorted(bounds)
}

fn sorted(mut bounds: Vec<f64>) -> Vec<f64> {
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

impl NumberSets {
    pub(super) fn new(id: FieldId, programs: &[Arc<Program>], words: usize) -> NumberSets {
        let mut bounds: Vec<f64> = Vec::new();
        let mut taken = Vec::new();
        for (at, program) in about(id, programs) {
            let own = bounds_of(id, program);
            if bounds.len() + own.len() > MAX_BOUNDS {
                bounds = sorted(bounds);
            }
            if bounds.len() + own.len() <= MAX_BOUNDS {
                bounds.extend_from_slice(&own);
                taken.push((at, program, own));
            }
        }
        let bounds = sorted(bounds);
        let mut scratch = Scratch::default();
        let mut absent = vec![u64::MAX; words];
        let mut matrix = vec![u64::MAX; words * (2 * bounds.len() + 1)];
        for (at, program, own) in taken {
            put(&mut absent, at, could(program, id, None, &mut scratch));
            let verdicts: Vec<bool> =
                (0..=2 * own.len()).map(|cell| holds_at(program, id, within(&own, cell))).collect();
            for (all, row) in matrix.chunks_exact_mut(words.max(1)).enumerate() {
                put(row, at, verdicts[own_cell(&own, &bounds, all)]);
            }
        }
        let mut rows = Rows::new(words);
        let absent = rows.number(&absent);
        let cells = matrix.chunks_exact(words.max(1)).map(|row| rows.number(row)).collect();
        NumberSets { id, rows, absent, bounds: bounds.into(), cells }
    }

    /// The set for the record's value.
    #[inline]
    pub(super) fn find(&self, record: &impl Fields) -> u32 {
        if !record.present().contains(self.id) {
            return self.absent;
        }
        let slot = record.slot(self.id);
        let value = match self.id.field().ty {
            FieldType::Float => f64::from_bits(slot),
            FieldType::Bool => f64::from(u8::from(slot != 0)),
            _ => slot as i64 as f64,
        };
        if !value.is_finite() {
            return self.absent;
        }
        self.cells.get(cell(&self.bounds, value)).copied().unwrap_or(self.absent)
    }

    /// A set.
    #[inline]
    pub(super) fn row(&self, number: u32) -> &[u64] {
        self.rows.get(number)
    }
}

fn holds_at(program: &Program, id: FieldId, value: f64) -> bool {
    could_by(program, id, &mut |item| match &item.test {
        Test::Numbers(numbers) => numbers.holds(value),
        Test::Bools(verdicts) => verdicts[usize::from(value > 0.5)],
        Test::Fixed(verdict) => *verdict,
        _ => true,
    })
}

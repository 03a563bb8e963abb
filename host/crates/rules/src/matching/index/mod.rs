//! Which programs could hold of a record: so that the cost of a record grows with the rules that could match, not with all.
//!
//! Owns one set of programs per value of a field, as bits: those that do not need another value there. The sets of a record's
//! fields are intersected; what is left is asked. Whether a program needs a value is found by evaluating its whole condition in
//! three values, with that one field known and everything else open, so `or`, `not`, filters and keywords need no special
//! case, and no match is ever missed. Does not own deciding: [`Program::matches`] does.

mod names;
mod numbers;
mod phones;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{EventKind, FieldId};

use self::names::NameSets;
use self::numbers::NumberSets;
use self::phones::PhoneSets;
use self::rows::put;
use super::check::Scratch;
use super::program::Program;
use super::scalar::Scalar;
use super::typed::{Shape, Test, TypedItem, shape};
use crate::{Field, Fields, World};

/// Fields whose sets are kept, at most: each costs a look-up per record, some ten nanoseconds.
const MAX_FIELDS: usize = 20;

/// Fields by which every program is looked up, its most telling ones first.
const FIELDS_PER_PROGRAM: usize = 2;

/// See the module. One per worker, for its caches: make one and clone it, which costs little: what does not change is shared.
#[derive(Clone, Debug)]
pub struct Index {
    kinds: [Box<[u64]>; 4],
    fields: Vec<Sets>,
    chosen: Vec<u32>,
    left: Box<[u64]>,
}

/// The sets of one field.
#[derive(Clone, Debug)]
enum Sets {
    Names(Box<NameSets>),
    Numbers(Arc<NumberSets>),
    Phones(Arc<PhoneSets>),
}

impl Index {
    /// Of these programs; candidates are their places in this slice.
    pub fn new(programs: &[Arc<Program>]) -> Index {
        let words = programs.len().div_ceil(64);
        let mut kinds = [(); 4].map(|()| vec![0; words].into_boxed_slice());
        for (at, program) in (0..).zip(programs) {
            for kind in EventKind::ALL {
                let wanted = program.is_active() && program.kinds()[kind as usize];
                put(&mut kinds[kind as usize], at, wanted);
            }
        }
        let fields: Vec<Sets> = choose(programs).into_iter().map(|id| sets(id, programs, words)).collect();
        Index { kinds, chosen: vec![0; fields.len()], fields, left: vec![0; words].into() }
    }

    /// Programs that could hold of the record, in order: all that do are among them.
    pub fn candidates(&mut self, record: &impl Fields, world: &World, out: &mut Vec<u32>) {
        out.clear();
        for (sets, chosen) in self.fields.iter_mut().zip(&mut self.chosen) {
            *chosen = match sets {
                Sets::Names(sets) => sets.find(record, world),
                Sets::Numbers(sets) => sets.find(record),
                Sets::Phones(sets) => sets.find(record),
            };
        }
        self.left.copy_from_slice(&self.kinds[record.kind() as usize]);
        for (sets, chosen) in self.fields.iter().zip(&self.chosen) {
            let row = match sets {
                Sets::Names(sets) => sets.row(*chosen),
                Sets::Numbers(sets) => sets.row(*chosen),
                Sets::Phones(sets) => sets.row(*chosen),
            };
            self.left.iter_mut().zip(row).for_each(|(left, row)| *left &= row);
        }
        for (word, bits) in (0..).zip(&self.left) {
            let mut bits = *bits;
            while bits != 0 {
                out.push(word * 64 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
    }
}

/// Fields whose sets are worth keeping: the most telling ones of every program, and those that many programs ask about.
fn choose(programs: &[Arc<Program>]) -> Vec<FieldId> {
    let mut wanted: BTreeMap<FieldId, (usize, usize)> = BTreeMap::new();
    for program in programs {
        let mut fields: Vec<(u8, FieldId)> = telling(program).collect();
        fields.sort_unstable();
        fields.dedup();
        for (rank, (_, id)) in fields.into_iter().enumerate() {
            let (first, all) = wanted.entry(id).or_default();
            *first += usize::from(rank < FIELDS_PER_PROGRAM);
            *all += 1;
        }
    }
    let many = programs.len().div_ceil(10).max(1);
    let mut fields: Vec<(usize, FieldId)> = wanted
        .into_iter()
        .filter(|(_, (first, all))| *first > 0 || *all >= many)
        .map(|(id, (first, all))| (first.max(all / 2), id))
        .collect();
    fields.sort_unstable_by_key(|(count, id)| (std::cmp::Reverse(*count), *id));
    fields.truncate(MAX_FIELDS);
    fields.into_iter().map(|(_, id)| id).collect()
}

/// Fields without whose fitting value the program cannot hold, with how telling they are: less is more.
fn telling(program: &Program) -> impl Iterator<Item = (u8, FieldId)> {
    let known = program.items.iter().filter_map(|item| {
        let Some(Field::Table(id)) = item.field else { return None };
        let rank = match shape(Field::Table(id)) {
            _ if !is_indexable(item) => return None,
            Shape::Phone => 0,
            Shape::Name => 1,
            Shape::Enum => 2,
            Shape::Number | Shape::Time => 3,
            Shape::Bool | Shape::Text => 4,
        };
        Some((rank, id))
    });
    known.filter(|(_, id)| is_telling(*id, program))
}

/// Whether the field rules the program out where it is like nothing, or absent. If it does neither, as under `not`, hardly any value
/// does, and keeping sets by it would only make them many.
fn is_telling(id: FieldId, program: &Program) -> bool {
    let mut scratch = Scratch::default();
    let nothing = [Scalar::Map];
    !could(program, id, Some(&nothing), &mut scratch) || !could(program, id, None, &mut scratch)
}

/// Whether what a line says is known from its field's value alone, in a form that sets are made of.
fn is_indexable(item: &TypedItem) -> bool {
    let Some(Field::Table(id)) = item.field else { return false };
    let form = matches!(
        item.test,
        Test::Fixed(_) | Test::Bools(_) | Test::Names(_) | Test::Phones(_) | Test::Numbers(_)
    );
    form && item.part.is_none()
        && !matches!(id, FieldId::event | FieldId::record_id)
        && shape(Field::Table(id)) != Shape::Text
}

/// Whether the program could hold if the field had this value, everything else open.
fn could(program: &Program, id: FieldId, value: Option<&[Scalar<'_>]>, scratch: &mut Scratch) -> bool {
    could_by(program, id, &mut |item| item.line.holds(value, scratch, &mut |_| false))
}

/// The same, with a test of its own for lines about the field.
fn could_by(program: &Program, id: FieldId, test: &mut dyn FnMut(&TypedItem) -> bool) -> bool {
    program.logic.could_hold(&mut |item| {
        let item = &program.items[item as usize];
        (item.field == Some(Field::Table(id)) && is_indexable(item)).then(|| test(item) != item.negate)
    })
}

/// Programs that the field can rule out by lines that sets are made of.
fn about(id: FieldId, programs: &[Arc<Program>]) -> impl Iterator<Item = (u32, &Program)> {
    (0..)
        .zip(programs)
        .map(|(at, program)| (at, &**program))
        .filter(move |(_, program)| lines(id, program).next().is_some() && is_telling(id, program))
}

/// A program's lines about the field that sets are made of.
fn lines(id: FieldId, program: &Program) -> impl Iterator<Item = &TypedItem> {
    program.items.iter().filter(move |item| item.field == Some(Field::Table(id)) && is_indexable(item))
}

fn sets(id: FieldId, programs: &[Arc<Program>], words: usize) -> Sets {
    match shape(Field::Table(id)) {
        Shape::Phone => Sets::Phones(Arc::new(PhoneSets::new(id, programs, words))),
        Shape::Bool | Shape::Number | Shape::Time => {
            Sets::Numbers(Arc::new(NumberSets::new(id, programs, words)))
        }
        Shape::Enum | Shape::Name | Shape::Text => Sets::Names(Box::new(NameSets::new(id, programs, words))),
    }
}

#[cfg(test)]
mod tests;

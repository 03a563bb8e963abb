//! Sets by handle, for enumerations and names.
//!
//! Owns what a worker has found out about handles: bounded, and computed when a handle is first seen. Most names are like no
//! rule's value and share one set.

use std::sync::Arc;

use model::fields::well_known::FIRST_DYNAMIC;
use model::{FieldId, Name, NameTable};
use rustc_hash::FxHashMap;

use super::rows::{Rows, put};
use super::{about, could, lines};
use crate::matching::check::{Check, Scratch};
use crate::matching::fold;
use crate::matching::glob::Glob;
use crate::matching::program::Program;
use crate::matching::scalar::Scalar;
use crate::matching::typed::name;
use crate::{Fields, World};

/// Handles that one worker remembers per field (8 bytes each): then it begins anew.
const MAX_HANDLES: usize = 1 << 16;

/// Bytes of sets per field; as above.
const MAX_BYTES: usize = 16 << 20;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct NameSets {
    id: FieldId,
    rows: Rows,
    absent: u32,
    /// Like no value of any program.
    other: u32,
    /// Programs by the whole texts that they name, in lower case.
    exact: Arc<FxHashMap<Box<str>, Vec<u32>>>,
    /// Programs that must be asked about every text: wildcards, expressions.
    general: Arc<[u32]>,
    programs: Arc<[Arc<Program>]>,
    names: Option<Arc<NameTable>>,
    reserved: Box<[u32]>,
    dynamic: FxHashMap<u32, u32>,
    scratch: Scratch,
    row: Vec<u64>,
}

const UNKNOWN: u32 = u32::MAX;

impl NameSets {
    pub(super) fn new(id: FieldId, programs: &[Arc<Program>], words: usize) -> NameSets {
        let mut scratch = Scratch::default();
        let (mut absent, mut other) = (vec![u64::MAX; words], vec![u64::MAX; words]);
        let mut exact: FxHashMap<Box<str>, Vec<u32>> = FxHashMap::default();
        let mut general = Vec::new();
        for (at, program) in about(id, programs) {
            put(&mut absent, at, could(program, id, None, &mut scratch));
            put(&mut other, at, could(program, id, Some(&[Scalar::Map]), &mut scratch));
            let mut asks_all = false;
            let mut add = |text: &str| {
                let owners = exact.entry(fold::lowered(text).into()).or_default();
                if owners.last() != Some(&at) {
                    owners.push(at);
                }
            };
            for line in lines(id, program) {
                line.line.exact.iter().for_each(|text| add(text));
                for check in &line.line.checks {
                    match check {
                        Check::Text { glob: Glob::Exact(text), .. } => add(text),
                        Check::Null | Check::Exists(_) => {}
                        _ => asks_all = true,
                    }
                }
            }
            if asks_all {
                general.push(at);
            }
        }
        let mut rows = Rows::new(words);
        let (absent, other) = (rows.number(&absent), rows.number(&other));
        NameSets {
            id,
            rows,
            absent,
            other,
            exact: Arc::new(exact),
            general: general.into(),
            programs: programs.into(),
            names: None,
            reserved: vec![UNKNOWN; FIRST_DYNAMIC as usize].into(),
            dynamic: FxHashMap::default(),
            scratch,
            row: Vec::new(),
        }
    }

    /// The set for the record's value.
    #[inline]
    pub(super) fn find(&mut self, record: &impl Fields, world: &World) -> u32 {
        let Some(handle) = name(self.id, record) else { return self.absent };
        if handle.0 < FIRST_DYNAMIC {
            let known = self.reserved[handle.0 as usize];
            return if known == UNKNOWN { self.judge(handle, world) } else { known };
        }
        if !self.names.as_ref().is_some_and(|names| Arc::ptr_eq(names, &world.names)) {
            self.names = Some(world.names.clone());
            self.dynamic.clear();
        }
        match self.dynamic.get(&handle.0) {
            Some(known) => *known,
            None => self.judge(handle, world),
        }
    }

    /// A set.
    #[inline]
    pub(super) fn row(&self, number: u32) -> &[u64] {
        self.rows.get(number)
    }

    #[cold]
    fn judge(&mut self, handle: Name, world: &World) -> u32 {
        if self.dynamic.len() >= MAX_HANDLES || self.rows.bytes() > MAX_BYTES {
            self.dynamic.clear();
            self.reserved.fill(UNKNOWN);
            self.rows.truncate(self.absent.max(self.other) + 1);
        }
        let text = world.names.resolve(handle);
        let text = text.as_deref().unwrap_or("");
        let named = self.exact.get(fold::lowered(text).as_str());
        self.row.clear();
        self.row.extend_from_slice(self.rows.get(self.other));
        for at in self.general.iter().chain(named.into_iter().flatten()) {
            let program = &self.programs[*at as usize];
            let value = [Scalar::Text(text)];
            put(&mut self.row, *at, could(program, self.id, Some(&value), &mut self.scratch));
        }
        let number = self.rows.number(&self.row);
        if handle.0 < FIRST_DYNAMIC {
            self.reserved[handle.0 as usize] = number;
        } else {
            self.dynamic.insert(handle.0, number);
        }
        number
    }
}

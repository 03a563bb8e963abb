//! The stored form of a cell: a version, then postcard. Values stand once in a table, times as distances.
//!
//! What is read back may be anything: lengths, order and ranges are checked before a cell is made of it.

use std::collections::HashMap;

use model::{Millis, RecordId};
use serde::{Deserialize, Serialize};

use super::baseline::History;
use super::cell::order;
use super::episodes::Open;
use super::{Cell, Datum, Entry, Episode, Figures, Node, Spec};

/// First byte of the stored form.
const VERSION: u8 = 1;
/// Longest stored form that is read. A full cell whose every text is as long as may be has about 20 MB.
const MAX_BYTES: usize = 64 << 20;
/// Counts beyond are none: they leave room for adding.
const MAX_COUNT: u64 = 1 << 53;

/// A stored form that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It was written by another version.
    #[error("window state has format {found}, this build reads {VERSION}: let the rule begin anew")]
    Version {
        /// The first byte.
        found: u8,
    },
    /// It is cut off or damaged.
    #[error("window state is damaged ({reason}): let the rule begin anew")]
    Damaged {
        /// What does not fit.
        reason: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
struct Stored {
    horizon: Option<Millis>,
    sealed: Option<Millis>,
    table: Vec<Datum>,
    entries: Vec<StoredEntry>,
    open: Vec<StoredOpen>,
    closed: Vec<StoredEpisode>,
    told: Vec<(String, u64)>,
    history: History,
}

#[derive(Serialize, Deserialize)]
struct StoredEntry {
    /// Since the entry before; the first since 1970.
    after: Millis,
    id: [u8; 16],
    leaf: u16,
    /// From its time to its report.
    reported_after: Millis,
    columns: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct StoredOpen {
    group: Vec<u32>,
    opened: Millis,
    began: Millis,
    last: Millis,
    raised: Millis,
    first: (Millis, [u8; 16]),
    leaf: u16,
    columns: Vec<u32>,
    figures: StoredFigures,
    evidence: Vec<(Millis, [u8; 16])>,
    /// Numbers of entries, each as the distance from the one before.
    counted: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct StoredFigures {
    count: u64,
    value: f64,
    firings: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredEpisode {
    key: String,
    columns: Vec<u32>,
    leaf: u16,
    first: Millis,
    last: Millis,
    raised: Millis,
    figures: StoredFigures,
    evidence: Vec<[u8; 16]>,
}

impl Cell {
    /// The cell in bytes, for the store.
    pub fn encode(&self) -> Vec<u8> {
        let mut table = Table::default();
        let mut entries: Vec<&Entry> = self.entries.iter().chain(&self.fresh).collect();
        if !self.fresh.is_empty() {
            entries.sort_unstable_by_key(|e| order(e));
        }
        let open =
            self.carry.iter().map(|(group, open)| store_open(group, open, &entries, &mut table)).collect();
        let closed = self.closed.iter().map(|episode| store_episode(&episode.episode, &mut table)).collect();
        let mut before = 0;
        let entries = entries
            .into_iter()
            .map(|entry| StoredEntry {
                after: entry.time - std::mem::replace(&mut before, entry.time),
                id: entry.id.0.to_be_bytes(),
                leaf: entry.leaf,
                reported_after: entry.report.wrapping_sub(entry.time),
                columns: table.numbers(&entry.columns),
            })
            .collect();
        let stored = Stored {
            horizon: self.horizon,
            sealed: self.sealed,
            table: table.data,
            entries,
            open,
            closed,
            told: self.told.iter().map(|(key, digest)| (key.clone(), *digest)).collect(),
            history: self.history.clone(),
        };
        // Writing to memory fails for no type used here; a form without content is refused when read.
        postcard::to_extend(&stored, vec![VERSION]).unwrap_or_default()
    }

    /// Reads what [`Cell::encode`] wrote.
    ///
    /// # Errors
    /// When the bytes are of another version, damaged, or not of a cell of this plan.
    pub fn decode(spec: &Spec, bytes: &[u8]) -> Result<Cell, DecodeError> {
        let damaged = |reason| DecodeError::Damaged { reason };
        let (version, body) = bytes.split_first().ok_or(damaged("it is empty"))?;
        if *version != VERSION {
            return Err(DecodeError::Version { found: *version });
        }
        if bytes.len() > MAX_BYTES {
            return Err(damaged("it is too long"));
        }
        let (stored, rest): (Stored, _) =
            postcard::take_from_bytes(body).map_err(|_| damaged("it cannot be read"))?;
        if !rest.is_empty() {
            return Err(damaged("something follows it"));
        }
        stored.into_cell(spec).map_err(damaged)
    }
}

impl Stored {
    fn into_cell(self, spec: &Spec) -> Result<Cell, &'static str> {
        let is_long = |datum: &Datum| matches!(datum, Datum::Text(text) if text.len() > Datum::MAX_TEXT);
        if self.table.iter().any(is_long) {
            return Err("a value is too long");
        }
        if self.entries.len() > Cell::MAX_ENTRIES + Cell::MAX_WAITING {
            return Err("it has too many entries");
        }
        [self.horizon, self.sealed].into_iter().flatten().try_for_each(check_time)?;
        if self.sealed > self.horizon {
            return Err("it is settled beyond its horizon");
        }
        if !self.history.is_sane(Cell::MAX_TIME) {
            return Err("its history is of no time");
        }
        let leaves = leaves(&spec.root);
        let mut cell = Cell {
            horizon: self.horizon,
            sealed: self.sealed,
            told: self.told.into_iter().collect(),
            history: self.history,
            ..Cell::default()
        };
        let mut time: Millis = 0;
        for stored in self.entries {
            time = time.checked_add(stored.after).ok_or("a time is out of range")?;
            check_time(time)?;
            let entry = Entry {
                time,
                id: RecordId(u128::from_be_bytes(stored.id)),
                leaf: stored.leaf,
                report: time.wrapping_add(stored.reported_after),
                columns: look_up(&self.table, &stored.columns)?,
            };
            if usize::from(entry.leaf) >= leaves {
                return Err("an entry belongs to no rule of this plan");
            }
            if cell.entries.last().is_some_and(|last| order(last) >= order(&entry)) {
                return Err("its entries are not in order");
            }
            cell.entries.push(entry);
        }
        for stored in self.open {
            let group = look_up(&self.table, &stored.group)?;
            let open = stored.into_open(&self.table, &cell.entries)?;
            if cell.carry.insert(group, open).is_some() {
                return Err("a group stands twice");
            }
        }
        for stored in self.closed {
            cell.closed.push(stored.into_episode(&self.table)?.into());
        }
        Ok(cell)
    }
}

/// Values by their first occurrence.
#[derive(Default)]
struct Table {
    data: Vec<Datum>,
    numbers: HashMap<Datum, u32>,
}

impl Table {
    fn numbers(&mut self, columns: &[Datum]) -> Vec<u32> {
        columns.iter().map(|datum| self.number(datum)).collect()
    }

    fn number(&mut self, datum: &Datum) -> u32 {
        if let Some(number) = self.numbers.get(datum) {
            return *number;
        }
        let number = self.data.len() as u32;
        self.data.push(datum.clone());
        self.numbers.insert(datum.clone(), number);
        number
    }
}

fn look_up(table: &[Datum], numbers: &[u32]) -> Result<Box<[Datum]>, &'static str> {
    numbers.iter().map(|&number| table.get(number as usize).cloned().ok_or("a value is missing")).collect()
}

fn store_open(group: &[Datum], open: &Open, entries: &[&Entry], table: &mut Table) -> StoredOpen {
    let mut before = 0;
    let counted = open
        .counted
        .iter()
        .filter_map(|record| {
            let at = entries.partition_point(|e| (e.time, e.id) < *record);
            let is_kept = entries.get(at).is_some_and(|e| (e.time, e.id) == *record);
            is_kept.then(|| at as u32 - std::mem::replace(&mut before, at as u32))
        })
        .collect();
    StoredOpen {
        group: table.numbers(group),
        opened: open.opened,
        began: open.began,
        last: open.last,
        raised: open.raised,
        first: (open.first.0, open.first.1.0.to_be_bytes()),
        leaf: open.leaf,
        columns: table.numbers(&open.columns),
        figures: store_figures(&open.figures),
        evidence: open.evidence.iter().map(|(time, id)| (*time, id.0.to_be_bytes())).collect(),
        counted,
    }
}

fn store_figures(figures: &Figures) -> StoredFigures {
    StoredFigures { count: figures.count, value: figures.value, firings: figures.firings }
}

fn store_episode(episode: &Episode, table: &mut Table) -> StoredEpisode {
    StoredEpisode {
        key: episode.key.clone(),
        columns: table.numbers(&episode.columns),
        leaf: episode.leaf,
        first: episode.first,
        last: episode.last,
        raised: episode.raised,
        figures: store_figures(&episode.figures),
        evidence: episode.evidence.iter().map(|id| id.0.to_be_bytes()).collect(),
    }
}

impl StoredOpen {
    fn into_open(self, table: &[Datum], entries: &[Entry]) -> Result<Open, &'static str> {
        [self.opened, self.began, self.last, self.first.0].into_iter().try_for_each(check_time)?;
        let mut at = 0_u32;
        let mut counted = Vec::with_capacity(self.counted.len());
        for distance in self.counted {
            at = at.checked_add(distance).ok_or("a counted record is missing")?;
            let entry = entries.get(at as usize).ok_or("a counted record is missing")?;
            counted.push((entry.time, entry.id));
        }
        let record = |(time, id): (Millis, [u8; 16])| (time, RecordId(u128::from_be_bytes(id)));
        let mut evidence: Vec<_> = self.evidence.into_iter().map(record).collect();
        evidence.truncate(Episode::MAX_EVIDENCE);
        Ok(Open {
            opened: self.opened,
            began: self.began,
            last: self.last,
            raised: self.raised,
            first: record(self.first),
            leaf: self.leaf,
            columns: look_up(table, &self.columns)?,
            figures: self.figures.check()?,
            evidence,
            counted,
        })
    }
}

impl StoredFigures {
    fn check(self) -> Result<Figures, &'static str> {
        if self.count > MAX_COUNT || self.firings > MAX_COUNT || self.value.is_nan() {
            return Err("a figure is out of range");
        }
        Ok(Figures { count: self.count, value: self.value, firings: self.firings })
    }
}

impl StoredEpisode {
    fn into_episode(self, table: &[Datum]) -> Result<Episode, &'static str> {
        Ok(Episode {
            key: self.key,
            columns: look_up(table, &self.columns)?,
            leaf: self.leaf,
            first: self.first,
            last: self.last,
            raised: self.raised,
            figures: self.figures.check()?,
            evidence: self.evidence.into_iter().map(|id| RecordId(u128::from_be_bytes(id))).collect(),
        })
    }
}

fn check_time(time: Millis) -> Result<(), &'static str> {
    if time.unsigned_abs() > Cell::MAX_TIME as u64 {
        return Err("a time is out of range");
    }
    Ok(())
}

/// One more than the largest leaf's number.
fn leaves(node: &Node) -> usize {
    match node {
        Node::Leaf(leaf) => usize::from(*leaf) + 1,
        Node::Correlation { children, .. } => children.iter().map(leaves).max().unwrap_or(0),
    }
}

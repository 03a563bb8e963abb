//! What a detector keeps to begin again from its last checkpoint.
//!
//! Owns which rows these are and how far they were fed. Does not own what a failure means (`detector`).

use std::sync::Arc;

use model::Millis;

use crate::engine::worker::Work;

/// Rows since the last checkpoint, in order. They stay in the chunks that all detectors share.
#[derive(Default)]
pub(super) struct Held {
    pub(super) chunks: Vec<Arc<Work>>,
    pub(super) rows: Vec<HeldRow>,
    /// Rows already given to the instance.
    pub(super) fed: usize,
    /// Indexes of parked rows.
    pub(super) skip: Vec<usize>,
}

/// A row and for whom it is.
#[derive(Clone, Copy)]
pub(super) struct HeldRow {
    pub(super) chunk: u32,
    /// Row within the chunk.
    pub(super) index: u32,
    /// For whom it is, as the route gave it. Kept, as finding it again would cost another look at filters, rules and keys.
    pub(super) taken: u32,
}

impl Held {
    pub(super) fn row(&self, index: usize) -> &[u8] {
        let row = self.rows[index];
        self.chunks[row.chunk as usize].chunk.row(row.index as usize)
    }

    pub(super) fn watermark(&self, index: usize) -> Millis {
        self.watermark_of(self.rows[index])
    }

    pub(super) fn watermark_of(&self, row: HeldRow) -> Millis {
        self.chunks[row.chunk as usize].watermarks[row.index as usize]
    }

    pub(super) fn clear(&mut self) {
        *self = Held::default();
    }
}

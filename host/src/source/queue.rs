//! Blocks on their way from the reader to the workers.
//!
//! Owns the bounded queue, which makes a slow sink slow the reading down instead of filling memory, and the pool of
//! spent buffers.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::normalize::{FaultKind, Key};

/// What the bytes of a block are.
#[derive(Debug)]
pub(super) enum Content {
    /// CSV rows under this header.
    Rows(Arc<Header>),
    /// A JSON object per line.
    Lines,
    /// JSON values at these places, with their lines.
    Elements(Vec<(Range<usize>, u64)>),
}

/// The header of a CSV file.
#[derive(Debug)]
pub(super) struct Header {
    pub keys: Vec<Key<'static>>,
    pub delimiter: u8,
}

/// Whole records of one file.
#[derive(Debug)]
pub(super) struct Block {
    pub input: usize,
    pub file: Arc<str>,
    pub bytes: Vec<u8>,
    /// Line of the first byte, from 1.
    pub line: u64,
    pub content: Content,
    /// Records the reader could not cut: line, beginning, and what is wrong.
    pub broken: Vec<(u64, String, FaultKind)>,
}

/// Spent buffers kept: more than blocks under way are not needed.
const POOLED: usize = 8;

#[derive(Debug, Default)]
struct State {
    blocks: VecDeque<Block>,
    spent: Vec<Vec<u8>>,
    finished: bool,
    stopped: bool,
}

/// A bounded queue, first in, first out.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Queue {
        Queue { state: Mutex::default(), changed: Condvar::new(), capacity }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a block over, waiting for room. False when nobody wants more.
    pub(super) fn push(&self, block: Block) -> bool {
        let mut state = self.lock();
        while state.blocks.len() >= self.capacity && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return false;
        }
        state.blocks.push_back(block);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Takes the oldest block, waiting for one. `None` at the end or after a stop.
    pub(super) fn pop(&self) -> Option<Block> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(block) = state.blocks.pop_front() {
                drop(state);
                self.changed.notify_all();
                return Some(block);
            }
            if state.finished {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// No more blocks will come.
    pub(super) fn finish(&self) {
        self.lock().finished = true;
        self.changed.notify_all();
    }

    /// Nothing more is to be read: blocks not yet taken are dropped.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// An empty buffer, used before if there is one.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.lock().spent.pop().unwrap_or_default()
    }

    /// Gives a buffer back.
    pub(super) fn recycle(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut state = self.lock();
        if state.spent.len() < POOLED {
            state.spent.push(buffer);
        }
    }
}

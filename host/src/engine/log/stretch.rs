//! Reads a stretch of the log: page by page, the next page while one is normalised.
//!
//! Owns the pages under way. Does not own how long a stretch may be or what becomes of it.

use model::Event;
use tokio::task::JoinHandle;

use super::{LogError, LogRun};
use crate::engine::CHUNK_ROWS;
use crate::engine::clock::thread_time;
use crate::engine::spool::Spool;
use crate::normalize::sources;
use crate::source::StoredReader;
use crate::store::{LogRow, Position, StoreError};

type Page = JoinHandle<Result<Vec<LogRow>, StoreError>>;

/// Times the time of making a page ready that a lane rests for: the database takes about as long to find and send it.
const READ_COST: u32 = 2;

impl LogRun {
    /// Everything after what is committed, up to the log's or the stretch's end, ready to be ordered.
    pub(super) fn read_stretch(&mut self, end: Option<Position>) -> Result<Spool, LogError> {
        let mut event = Event::default();
        // What is not wanted was found sound when the record was stored.
        let mut reader = StoredReader::new(sources(self.normalizer.wanted()));
        let mut spool = Spool::new(self.engine.layout().clone(), &std::env::temp_dir());
        let (mut records, mut unreadable) = (0, 0);
        self.read = self.committed;
        let mut next = Some(self.request(self.read, end));
        while let Some(page) = next.take() {
            let rows = self.wait_for(page)?;
            self.shared.metrics.alive();
            let Some(last) = rows.last() else { break };
            self.read = last.position;
            if self.shared.lane.is_none() {
                self.shared.pace.set_busy(true);
            }
            records += rows.len() as u64;
            let more = rows.len() == CHUNK_ROWS && records < self.stretch && !self.stops();
            next = more.then(|| self.request(self.read, end));
            let begun = thread_time();
            for row in &rows {
                let normalizer = &mut self.normalizer;
                if matches!(reader.read(&row.raw, |r| normalizer.normalize(r, &mut event)), Ok(Ok(()))) {
                    spool.push(&event)?;
                } else {
                    unreadable += 1;
                }
            }
            if let Some(lane) = &self.shared.lane {
                let spent = thread_time().saturating_sub(begun) * READ_COST;
                lane.pace.rest(spent, || lane.ends());
            }
        }
        self.progress.records += records;
        self.progress.unreadable += unreadable;
        self.shared.metrics.evaluated(records, 0, unreadable);
        Ok(spool)
    }

    fn request(&self, after: Position, end: Option<Position>) -> Page {
        let store = self.shared.store.clone();
        self.shared.runtime.spawn(async move { store.read_log(after, end, CHUNK_ROWS as u32).await })
    }

    fn wait_for(&self, page: Page) -> Result<Vec<LogRow>, LogError> {
        let read = self.shared.runtime.block_on(page);
        Ok(read.map_err(|e| StoreError::Ended(e.to_string()))??)
    }
}

//! Storage in PostgreSQL: the record log, findings, detector state, names.
//!
//! Owns the database, private or given by URL: connection, schema, every query. Does not own what is stored: records come
//! from `source`, findings and state from the engine. Arrows: `store` knows `model`, `config` and, for ingest, `source`.

mod checkpoint;
pub mod cluster;
mod connect;
mod cursors;
mod error;
mod findings;
mod holds;
pub mod ingest;
mod kept;
mod lease;
mod log;
mod parked;
mod person;
mod policy;
mod policy_history;
mod policy_requests;
mod quarantine;
mod rejected;
mod replay;
mod retention;
mod retry;
mod rule_failures;
mod sql;
mod stalled;
mod state;
mod status;
mod usage;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};

pub use checkpoint::{Change, Checkpoint, Committed, CursorMove, StateWrite};
pub use connect::Options;
pub use cursors::Cursor;
pub use error::StoreError;
pub use findings::{FindingFilter, Lookup};
pub use holds::{Hold, NewHold};
pub use kept::{KeptState, StateForm, StoredForms, TakeOver};
pub use lease::Lease;
pub use log::{
    BATCH_ROWS, LogRow, LogWriter, MAX_MONTHS, MAX_RAW_BYTES, MAX_READ, Month, Part, Position, Refused,
    Sweep, SweepConnection, WriteCounts, log_fields,
};
pub use parked::{Parked, ParkedFilter, ParkedWrite, Retry};
pub use person::Person;
pub use policy::{AuthorKind, FileDigest, FileRow, Generation, NewGeneration, PolicyReport};
pub use policy_requests::{PolicyRequest, Wanted};
pub use quarantine::{Quarantine, QuarantineWrite};
pub use rejected::{MAX_REJECTED, RejectedRow};
pub use replay::ReplayBasis;
pub use retention::{Fate, Keeper, Maintained, MonthReview, Review};
pub use retry::{Backoff, Outage, Patience, Trying};
pub use rule_failures::{RuleFailureWrite, RuleFailures};
pub use sql::{SqlAnswer, SqlLimits};
pub use stalled::STALLED;
pub use state::{RULES, StateKey, StateReset, StateSummary, StoredState};
pub use status::{ConsumerStatus, MAX_LAG_COUNTED, PartitionStatus, Status};
pub use usage::{MAX_LAG, PluginUsage, StateSize};

use crate::config::Config;
use cluster::Cluster;
use connect::Server;
use log::Months;

/// An open database. Cheap to clone; the private server stops when the last clone is gone, but [`Store::close`] waits for
/// it off the async threads.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

/// How long connections may take to finish what they do.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    /// For reading the log: its connections plan differently.
    reader: PgPool,
    org: i32,
    months: Arc<Months>,
    // Last, so that connections close before the server stops.
    server: Server,
}

impl Store {
    /// Opens the configured database: starts the private one in `data_dir` or connects to the URL, and brings the schema up
    /// to date.
    ///
    /// # Errors
    /// When it cannot be started, reached, trusted or migrated; the message holds the remedy.
    pub async fn open(config: &Config, data_dir: &Path, options: &Options) -> Result<Store, StoreError> {
        connect::open(config, data_dir, options).await
    }

    /// Closes the connections and stops the private server, for all clones.
    pub async fn close(self) {
        // A connection may be in the hands of a thread that waits for input; the server ends it.
        let closed = async { tokio::join!(self.inner.pool.close(), self.inner.reader.close()) };
        let _ = tokio::time::timeout(CLOSE_LIMIT, closed).await;
        let inner = self.inner;
        // The wait does not belong on an async thread.
        let _ = tokio::task::spawn_blocking(move || inner.server.halt()).await;
    }

    /// The private server, if that is what is open.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.inner.server.cluster()
    }

    /// Makes sure that a server is there: the private one is started again if it has died, or if the process that ran it is
    /// gone; one by URL must answer. Connections made before may still be broken; the pools replace them by themselves.
    ///
    /// # Errors
    /// When there is none for now ([`StoreError::is_transient`]: try again) or for good.
    pub async fn revive(&self) -> Result<(), StoreError> {
        self.inner.server.revive().await?;
        // It may have failed on a lock that a frozen process holds. Only an extra: what fails here fails again there.
        if let Err(error) = self.end_stalled(STALLED).await {
            tracing::debug!(%error, "frozen sessions were not looked for");
        }
        Ok(())
    }

    /// A connection beside the pools: not shared, and when there is none to be had the error is the server's own.
    async fn connect(&self) -> Result<PgConnection, StoreError> {
        self.inner.server.connect().await
    }

    fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    fn reader(&self) -> &PgPool {
        &self.inner.reader
    }

    fn org(&self) -> i32 {
        self.inner.org
    }

    fn months(&self) -> &Arc<Months> {
        &self.inner.months
    }
}

//! Sessions of ours whose process is frozen.
//!
//! Owns ending those that the server's own time limits do not reach. A process that is stopped between two statements of a
//! transaction loses it by `idle_in_transaction_session_timeout`. One that is stopped before the end of a COPY, or while
//! it is sent rows, is waited for without limit: its locks last, and the log's readers stay below its transaction.

use std::time::Duration;

use super::{Store, StoreError};

/// How long a session may wait for its process in the middle of a statement. The largest thing sent at once is a batch of
/// 8 MB, which takes a link of 4 Mbit/s less.
pub const STALLED: Duration = Duration::from_secs(20);

impl Store {
    /// Ends sessions of this role on this database that have waited for their process for `longer` than this in the middle
    /// of a statement; says how many. Their work is rolled back, and whoever wakes up does it again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_stalled(&self, longer: Duration) -> Result<u64, StoreError> {
        let ended = sqlx::query_scalar!(
            r#"select count(*) as "count!" from (
                   select pg_terminate_backend(pid) as ended from pg_stat_activity
                   where datname = current_database() and usename = current_user and application_name = 'ringfence'
                     and pid <> pg_backend_pid() and state = 'active'
                     and wait_event_type = 'Client' and wait_event in ('ClientRead', 'ClientWrite')
                     and state_change < clock_timestamp() - make_interval(secs => $1)) s
               where ended"#,
            longer.as_secs_f64()
        )
        .fetch_one(self.pool())
        .await
        .map_err(StoreError::while_("looking for frozen sessions"))?
        .unsigned_abs();
        if ended > 0 {
            tracing::warn!(ended, "sessions of frozen processes were ended; their work was rolled back");
        }
        Ok(ended)
    }
}

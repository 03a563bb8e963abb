//! How far each detector has read the log.
//!
//! Owns the cursors' rows. Does not own when they move (`engine`) or what is committed with them (`checkpoint`).

use std::collections::BTreeMap;

use model::Millis;
use sqlx::{PgConnection, PgExecutor};

use super::log::Position;
use super::{CursorMove, Store, StoreError};

/// Where a detector is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Everything up to it is evaluated.
    pub position: Position,
    /// Latest report times seen, ascending.
    pub watermark: Vec<Millis>,
}

impl Store {
    /// Cursors by detector; one without a cursor has read nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cursors(&self) -> Result<BTreeMap<String, Cursor>, StoreError> {
        self.cursors_on(self.pool()).await
    }

    /// The same, as `executor` sees it.
    pub(super) async fn cursors_on(
        &self,
        executor: impl PgExecutor<'_>,
    ) -> Result<BTreeMap<String, Cursor>, StoreError> {
        let rows = sqlx::query!(
            "select consumer, txn, seq, watermark from log_cursor where org_id = $1",
            self.org()
        );
        let rows = rows.fetch_all(executor).await.map_err(StoreError::while_("reading the cursors"))?;
        let cursor = |txn, seq, watermark| Cursor { position: Position { txn, seq }, watermark };
        Ok(rows.into_iter().map(|r| (r.consumer, cursor(r.txn, r.seq, r.watermark))).collect())
    }

    /// Gives a consumer that has no cursor one that stands at `cursor`, which others reached; false if it has one by now.
    ///
    /// # Errors
    /// When the database fails, or somebody else evaluates.
    pub async fn start_cursor(
        &self,
        consumer: &str,
        cursor: &Cursor,
        fence: Option<i64>,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::while_("starting a cursor");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        if let Some(epoch) = fence {
            self.check_fence(&mut transaction, epoch).await?;
        }
        let made = sqlx::query!(
            "insert into log_cursor (org_id, consumer, txn, seq, watermark) values ($1, $2, $3, $4, $5)
             on conflict do nothing",
            self.org(),
            consumer,
            cursor.position.txn,
            cursor.position.seq,
            &cursor.watermark,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(made.rows_affected() == 1)
    }

    /// Moves cursors that stand where they should.
    pub(super) async fn move_cursors(
        &self,
        connection: &mut PgConnection,
        cursor: &CursorMove,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("moving the cursors");
        sqlx::query!(
            "insert into log_cursor (org_id, consumer, txn, seq)
             select $1, c, 0, 0 from unnest($2::text[]) as c on conflict do nothing",
            self.org(),
            &cursor.consumers,
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        let moved = sqlx::query!(
            "update log_cursor set txn = $5, seq = $6, watermark = $7, moved_at = now()
             where org_id = $1 and consumer = any($2) and txn = $3 and seq = $4",
            self.org(),
            &cursor.consumers,
            cursor.from.txn,
            cursor.from.seq,
            cursor.to.txn,
            cursor.to.seq,
            &cursor.watermark,
        )
        .execute(connection)
        .await
        .map_err(&failed)?;
        if moved.rows_affected() == cursor.consumers.len() as u64 {
            return Ok(());
        }
        Err(StoreError::Overtaken { consumer: cursor.consumers.join(", ") })
    }
}

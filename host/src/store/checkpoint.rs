//! A checkpoint: findings, detector state, names and the cursor move together, in one transaction, or not at all.
//!
//! Owns how findings become revisions. Does not own when a checkpoint happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Finding, Name, Status};
use sqlx::{PgConnection, Postgres, Transaction};

use super::findings;
use super::log::Position;
use super::{Store, StoreError};

/// What happened to a finding since the last checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Raised, or raised again with other content. `revision`, `status` and `raised_at` are decided here: the first
    /// `raised_at` stays.
    Raise(Box<Finding>),
    /// Does not hold any more.
    Withdraw {
        /// The finding.
        id: String,
    },
}

/// A key of detector state to write, or to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWrite {
    /// The detector.
    pub plugin: String,
    /// Its key.
    pub key: String,
    /// Its value; `None` removes the key.
    pub value: Option<Vec<u8>>,
    /// Version of the value's form.
    pub schema_version: u32,
}

/// The move of a consumer's cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// The consumer.
    pub consumer: String,
    /// Where it must stand now: if somebody else moved it, the checkpoint is refused as a whole.
    pub from: Position,
    /// Where it goes.
    pub to: Position,
}

/// Everything that changed since the last checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Findings raised and withdrawn, in order.
    pub findings: Vec<Change>,
    /// State that changed; of several writes to one key the last counts.
    pub state: Vec<StateWrite>,
    /// Names that are new: [`model::NameTable::since`] of what was stored.
    pub names: Vec<(Name, Arc<str>)>,
    /// The cursor, if the changes come from the log.
    pub cursor: Option<CursorMove>,
    /// Policy generation in force.
    pub generation: u64,
}

/// What a checkpoint did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Findings that are new.
    pub new: usize,
    /// Findings with a new revision, withdrawals not counted.
    pub revised: usize,
    /// Findings withdrawn.
    pub withdrawn: usize,
}

/// Rows of one statement; keeps a statement's parameters at a few MB.
const CHUNK: usize = 5_000;

impl Store {
    /// Commits a checkpoint.
    ///
    /// # Errors
    /// When the cursor is not where it should be or the database fails; nothing is changed then.
    pub async fn commit(&self, checkpoint: &Checkpoint) -> Result<Committed, StoreError> {
        let failed = StoreError::while_("committing a checkpoint");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        // First: it locks the cursor, so that of two that try the second waits and then finds it moved.
        if let Some(cursor) = &checkpoint.cursor {
            self.move_cursor(&mut transaction, cursor).await?;
        }
        self.write_names(&mut transaction, &checkpoint.names).await?;
        self.write_state(&mut transaction, checkpoint).await?;
        let committed = self.write_findings(&mut transaction, &checkpoint.findings).await?;
        transaction.commit().await.map_err(&failed)?;
        Ok(committed)
    }

    async fn move_cursor(
        &self,
        connection: &mut PgConnection,
        cursor: &CursorMove,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("moving a cursor");
        sqlx::query!(
            "insert into log_cursor (org_id, consumer, txn, seq) values ($1, $2, 0, 0) on conflict do nothing",
            self.org(),
            cursor.consumer,
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        let moved = sqlx::query!(
            "update log_cursor set txn = $5, seq = $6, moved_at = now()
             where org_id = $1 and consumer = $2 and txn = $3 and seq = $4",
            self.org(),
            cursor.consumer,
            cursor.from.txn,
            cursor.from.seq,
            cursor.to.txn,
            cursor.to.seq,
        )
        .execute(connection)
        .await
        .map_err(&failed)?;
        if moved.rows_affected() == 1 {
            return Ok(());
        }
        Err(StoreError::Overtaken { consumer: cursor.consumer.clone() })
    }

    async fn write_names(
        &self,
        connection: &mut PgConnection,
        names: &[(Name, Arc<str>)],
    ) -> Result<(), StoreError> {
        for chunk in names.chunks(CHUNK) {
            let handles: Vec<i32> = chunk.iter().map(|(name, _)| name.0 as i32).collect();
            let texts: Vec<String> = chunk.iter().map(|(_, text)| findings::sql_text(text)).collect();
            sqlx::query!(
                "insert into name (org_id, handle, text) select $1, * from unnest($2::integer[], $3::text[])",
                self.org(),
                &handles,
                &texts,
            )
            .execute(&mut *connection)
            .await
            .map_err(StoreError::while_("writing names"))?;
        }
        Ok(())
    }

    async fn write_state(
        &self,
        connection: &mut PgConnection,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("writing detector state");
        // One statement may touch a row once only; of several writes to a key the last counts.
        let last: BTreeMap<(&str, &str), &StateWrite> =
            checkpoint.state.iter().map(|w| ((w.plugin.as_str(), w.key.as_str()), w)).collect();
        let writes: Vec<&StateWrite> = last.into_values().collect();
        for chunk in writes.chunks(CHUNK) {
            let (kept, removed): (Vec<&StateWrite>, Vec<&StateWrite>) =
                chunk.iter().partition(|write| write.value.is_some());
            if !kept.is_empty() {
                let plugins: Vec<String> = kept.iter().map(|w| w.plugin.clone()).collect();
                let keys: Vec<Vec<u8>> = kept.iter().map(|w| w.key.as_bytes().to_vec()).collect();
                let values: Vec<Vec<u8>> = kept.iter().filter_map(|w| w.value.clone()).collect();
                let versions: Vec<i32> = kept.iter().map(|w| w.schema_version as i32).collect();
                sqlx::query!(
                    "insert into detector_state (org_id, plugin, key, value, schema_version, generation)
                     select $1, plugin, key, value, version, $2
                     from unnest($3::text[], $4::bytea[], $5::bytea[], $6::integer[]) as t (plugin, key, value, version)
                     on conflict (org_id, plugin, key) do update set
                         value = excluded.value, schema_version = excluded.schema_version, generation = excluded.generation",
                    self.org(),
                    checkpoint.generation as i64,
                    &plugins,
                    &keys,
                    &values,
                    &versions,
                )
                .execute(&mut *connection)
                .await
                .map_err(&failed)?;
            }
            if !removed.is_empty() {
                let plugins: Vec<String> = removed.iter().map(|w| w.plugin.clone()).collect();
                let keys: Vec<Vec<u8>> = removed.iter().map(|w| w.key.as_bytes().to_vec()).collect();
                sqlx::query!(
                    "delete from detector_state s using unnest($2::text[], $3::bytea[]) as t (plugin, key)
                     where s.org_id = $1 and s.plugin = t.plugin and s.key = t.key",
                    self.org(),
                    &plugins,
                    &keys,
                )
                .execute(&mut *connection)
                .await
                .map_err(&failed)?;
            }
        }
        Ok(())
    }

    async fn write_findings(
        &self,
        transaction: &mut Transaction<'_, Postgres>,
        changes: &[Change],
    ) -> Result<Committed, StoreError> {
        if changes.is_empty() {
            return Ok(Committed::default());
        }
        let mut ids: Vec<String> = changes.iter().map(|c| c.id().to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        let before = self.lock_findings(transaction, &ids).await?;
        let (after, committed) = revise(&before, changes);
        for chunk in after.chunks(CHUNK) {
            self.upsert_findings(transaction, chunk).await?;
        }
        Ok(committed)
    }
}

impl Change {
    fn id(&self) -> &str {
        match self {
            Change::Raise(finding) => &finding.id,
            Change::Withdraw { id } => id,
        }
    }
}

/// Applies changes to what is stored: the findings to write, each with one new revision however often it changed, and counts.
fn revise(before: &BTreeMap<String, Finding>, changes: &[Change]) -> (Vec<Finding>, Committed) {
    let mut now: BTreeMap<&str, Finding> = BTreeMap::new();
    for change in changes {
        let known = now.get(change.id()).or_else(|| before.get(change.id()));
        let next = match (change, known) {
            (Change::Raise(finding), known) => Finding {
                status: Status::Open,
                raised_at: known.map_or(finding.raised_at, |k| k.raised_at),
                ..(**finding).clone()
            },
            (Change::Withdraw { .. }, Some(known)) => Finding { status: Status::Withdrawn, ..known.clone() },
            // Nothing was ever said, so there is nothing to take back.
            (Change::Withdraw { .. }, None) => continue,
        };
        now.insert(change.id(), next);
    }
    let mut committed = Committed::default();
    let mut write = Vec::new();
    for (id, mut finding) in now {
        match before.get(id) {
            None => {
                finding.revision = 1;
                committed.new += 1;
            }
            Some(stored) if stored.same_content(&finding) => continue,
            Some(stored) => {
                finding.revision = stored.revision + 1;
                match finding.status {
                    Status::Open => committed.revised += 1,
                    Status::Withdrawn => committed.withdrawn += 1,
                }
            }
        }
        write.push(finding);
    }
    (write, committed)
}

#[cfg(test)]
#[path = "checkpoint/tests.rs"]
mod tests;

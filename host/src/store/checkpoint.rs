//! A checkpoint: findings, detector state, names, set-aside records and the cursors move together, in one transaction, or
//! not at all.
//!
//! Owns the order of its parts and how findings become revisions. Does not own when a checkpoint happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Finding, Millis, Name, RecordId, Status};
use sqlx::{PgConnection, Postgres, Transaction};

use super::findings;
use super::log::Position;
use super::parked::ParkedWrite;
use super::person::Person;
use super::quarantine::QuarantineWrite;
use super::rule_failures::RuleFailureWrite;
use super::{Store, StoreError};

/// What happened to a finding since the last checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Raised, or raised again with other content: open, or shadow if it says so. `revision` and `raised_at` are decided here:
    /// the first `raised_at` stays.
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

/// The move of the cursors of detectors that read the log together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CursorMove {
    /// The detectors.
    pub consumers: Vec<String>,
    /// Where they must stand now: if somebody else moved one, the checkpoint is refused as a whole.
    pub from: Position,
    /// Where they go.
    pub to: Position,
    /// Latest report times seen, for the watermark after a restart.
    pub watermark: Vec<Millis>,
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
    /// The cursors, if the changes come from the log.
    pub cursor: Option<CursorMove>,
    /// Epoch under which the lease must be held; none for a process that is alone by construction.
    pub fence: Option<i64>,
    /// Records that detectors failed on.
    pub parked: Vec<ParkedWrite>,
    /// Parked records that were tried again, with their detectors: those that were not parked once more go.
    pub tried: Vec<(String, RecordId)>,
    /// Records that came too late for the detectors of `cursor`.
    pub late: Vec<RecordId>,
    /// Display names that changed.
    pub people: Vec<Person>,
    /// Detectors stopped, or let run again.
    pub quarantine: Vec<QuarantineWrite>,
    /// Scripts of rules that failed, each rule once.
    pub rule_failures: Vec<RuleFailureWrite>,
    /// Policy generation in force.
    pub generation: u64,
}

/// What a checkpoint did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Findings that are new. Here and below, what is only in shadow is not counted.
    pub new: usize,
    /// Findings with a new revision, withdrawals not counted.
    pub revised: usize,
    /// Findings withdrawn.
    pub withdrawn: usize,
}

/// Rows of one statement; keeps a statement's parameters at a few MB.
pub(super) const CHUNK: usize = 5_000;

/// Findings of one statement: each has up to 40 KB of evidence.
pub(super) const FINDINGS_CHUNK: usize = 500;

impl Store {
    /// Commits a checkpoint.
    ///
    /// # Errors
    /// When the cursor is not where it should be or the database fails; nothing is changed then.
    pub async fn commit(&self, checkpoint: &Checkpoint) -> Result<Committed, StoreError> {
        let failed = StoreError::while_("committing a checkpoint");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        if let Some(epoch) = checkpoint.fence {
            self.check_fence(&mut transaction, epoch).await?;
        }
        // Early: it locks the cursors, so that of two that try the second waits and then finds them moved.
        if let Some(cursor) = &checkpoint.cursor {
            self.move_cursors(&mut transaction, cursor).await?;
            self.write_late(&mut transaction, &cursor.consumers, &checkpoint.late).await?;
        }
        self.write_names(&mut transaction, &checkpoint.names).await?;
        self.write_state(&mut transaction, checkpoint).await?;
        self.write_parked(&mut transaction, &checkpoint.parked, &checkpoint.tried).await?;
        self.write_quarantine(&mut transaction, &checkpoint.quarantine).await?;
        self.write_rule_failures(&mut transaction, &checkpoint.rule_failures).await?;
        self.write_people(&mut transaction, &checkpoint.people).await?;
        let committed = self.write_findings(&mut transaction, &checkpoint.findings).await?;
        transaction.commit().await.map_err(&failed)?;
        Ok(committed)
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
                // Detectors that catch up share the table with the others: either may be first to write a name. Another text
                // under a handle would mix up people: it becomes a null, which is refused.
                "insert into name (org_id, handle, text) select $1, * from unnest($2::integer[], $3::text[])
                 on conflict (org_id, handle) do update
                     set text = case when name.text = excluded.text then name.text end",
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
        for chunk in after.chunks(FINDINGS_CHUNK) {
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
                status: if finding.status == Status::Shadow { Status::Shadow } else { Status::Open },
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
                committed.new += usize::from(finding.status != Status::Shadow);
            }
            Some(stored) if stored.same_content(&finding) => continue,
            Some(stored) => {
                finding.revision = stored.revision + 1;
                match finding.status {
                    // The rule came out of its trial.
                    Status::Open if stored.status == Status::Shadow => committed.new += 1,
                    Status::Open => committed.revised += 1,
                    Status::Withdrawn if stored.status == Status::Shadow => {}
                    Status::Withdrawn => committed.withdrawn += 1,
                    Status::Shadow => {}
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

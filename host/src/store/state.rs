//! What detectors and the name table keep between runs.

use model::NameTable;
use model::fields::well_known::FIRST_DYNAMIC;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{KeptState, Store, StoreError};

/// All rules as a reader of the log, and whose their state is: they read it together.
pub const RULES: &str = "rules";

/// One key of a detector's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredState {
    /// The detector's own bytes.
    pub value: Vec<u8>,
    /// Version of their form, from the plugin's manifest.
    pub schema_version: u32,
    /// Policy generation that wrote them.
    pub generation: u64,
}

/// What a detector keeps, at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateSummary {
    /// The detector.
    pub detector: String,
    /// Keys.
    pub keys: u64,
    /// Bytes of all values.
    pub bytes: u64,
    /// Lowest and highest version of the values' form.
    pub schema_versions: (u32, u32),
    /// What was kept of earlier state when versions took over that write it in another form, the newest first.
    pub kept: Vec<KeptState>,
}

/// A key of a detector's state, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateKey {
    /// The key as the detector wrote it.
    pub key: String,
    /// Whom it is about, if the key has the usual form.
    pub subject: Option<String>,
    /// Bytes of the value.
    pub bytes: u64,
    /// Version of the value's form.
    pub schema_version: u32,
    /// Policy generation that wrote it.
    pub generation: u64,
}

/// Which state a reset removes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateReset {
    /// Of this detector; none is all.
    pub detector: Option<String>,
    /// Under this key; none is all.
    pub key: Option<String>,
    /// Whether the detectors read the whole log again.
    pub rewind: bool,
}

impl Store {
    /// What each detector keeps.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state_summary(&self) -> Result<Vec<StateSummary>, StoreError> {
        let rows = sqlx::query!(
            r#"select plugin, count(*) as "keys!", coalesce(sum(octet_length(value)), 0)::bigint as "bytes!",
                      min(schema_version) as "lowest!", max(schema_version) as "highest!"
               from detector_state where org_id = $1 group by plugin order by plugin"#,
            self.org(),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading detector state"))?;
        let mut kept = self.kept_states().await?;
        let mut summary: Vec<StateSummary> = rows
            .into_iter()
            .map(|r| StateSummary {
                kept: kept.remove(&r.plugin).unwrap_or_default(),
                detector: r.plugin,
                keys: r.keys as u64,
                bytes: r.bytes as u64,
                schema_versions: (r.lowest as u32, r.highest as u32),
            })
            .collect();
        // Of these nothing but copies is left.
        let only_kept =
            |(detector, kept)| StateSummary { detector, keys: 0, bytes: 0, schema_versions: (0, 0), kept };
        summary.extend(kept.into_iter().map(only_kept));
        Ok(summary)
    }

    /// Keys of a detector's state in their order, at most `limit`, those whose subject or key contains `filter`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state_keys(
        &self,
        detector: &str,
        filter: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StateKey>, StoreError> {
        let rows = sqlx::query!(
            r#"select k.text as "key!", n.text as "subject?", octet_length(s.value) as "bytes!", s.schema_version, s.generation
               from detector_state s
               cross join lateral (select encode(s.key, 'escape') as text) k
               left join name n on n.org_id = s.org_id
                    and n.handle = case when k.text ~ '^[ul]/[0-9]{1,9}$' then substr(k.text, 3)::integer end
               where s.org_id = $1 and s.plugin = $2
                 and ($3::text is null or strpos(lower(k.text), lower($3)) > 0 or strpos(lower(n.text), lower($3)) > 0)
               order by s.key limit $4"#,
            self.org(),
            detector,
            filter,
            i64::from(limit),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading detector state"))?;
        let keys = rows.into_iter().map(|r| StateKey {
            key: r.key,
            subject: r.subject,
            bytes: r.bytes as u64,
            schema_version: r.schema_version as u32,
            generation: r.generation as u64,
        });
        Ok(keys.collect())
    }

    /// Removes state; how many keys. Whoever evaluates forgets what it has in memory and starts again from what is left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reset_state(&self, reset: &StateReset) -> Result<u64, StoreError> {
        let failed = StoreError::while_("resetting detector state");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        // First: it waits for a checkpoint under way, and the next one is refused.
        self.fence_out(&mut transaction).await?;
        let removed = sqlx::query!(
            "delete from detector_state
             where org_id = $1 and ($2::text is null or plugin = $2) and ($3::bytea is null or key = $3)",
            self.org(),
            reset.detector,
            reset.key.as_ref().map(|key| key.as_bytes().to_vec()),
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        if reset.key.is_none() {
            self.forget_copies(&mut transaction, reset.detector.as_deref(), None).await?;
            // Nothing is left that a version would have to read.
            sqlx::query!(
                "update log_cursor set state_schemas = null where org_id = $1 and ($2::text is null or consumer = $2)",
                self.org(),
                reset.detector
            )
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        // What a detector could not read may have been why it was stopped.
        sqlx::query!(
            "delete from quarantine where org_id = $1 and ($2::text is null or detector = $2)",
            self.org(),
            reset.detector
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        if reset.rewind {
            // Without a cursor rules would begin where the others are.
            sqlx::query!(
                "update log_cursor set txn = 0, seq = 0, watermark = '{}'
                 where org_id = $1 and consumer = $2 and ($3::text is null or consumer = $3)",
                self.org(),
                RULES,
                reset.detector
            )
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            sqlx::query!(
                "delete from log_cursor where org_id = $1 and ($2::text is null or consumer = $2) and consumer <> $3",
                self.org(),
                reset.detector,
                RULES
            )
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            sqlx::query!(
                "delete from late_record where org_id = $1 and ($2::text is null or detector = $2)",
                self.org(),
                reset.detector
            )
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(removed.rows_affected())
    }

    /// The state of a detector under a key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&self, plugin: &str, key: &str) -> Result<Option<StoredState>, StoreError> {
        let row = sqlx::query!(
            "select value, schema_version, generation from detector_state
             where org_id = $1 and plugin = $2 and key = $3",
            self.org(),
            plugin,
            key.as_bytes(),
        )
        .fetch_optional(self.pool())
        .await
        .map_err(StoreError::while_("reading detector state"))?;
        Ok(row.map(|r| StoredState {
            value: r.value,
            schema_version: r.schema_version as u32,
            generation: r.generation as u64,
        }))
    }

    /// The state of a detector under several keys, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn states(&self, plugin: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let wanted: Vec<Vec<u8>> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        let rows = sqlx::query!(
            "select key, value from detector_state where org_id = $1 and plugin = $2 and key = any($3)",
            self.org(),
            plugin,
            &wanted,
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading detector state"))?;
        let mut found: FxHashMap<Vec<u8>, Vec<u8>> = rows.into_iter().map(|r| (r.key, r.value)).collect();
        Ok(wanted.iter().map(|key| found.remove(key)).collect())
    }

    /// The table of names as the last checkpoint left it.
    ///
    /// # Errors
    /// When the database fails or the stored names have gaps.
    pub async fn names(&self) -> Result<NameTable, StoreError> {
        let rows =
            sqlx::query!("select handle, text from name where org_id = $1 order by handle", self.org())
                .fetch_all(self.pool())
                .await
                .map_err(StoreError::while_("reading names"))?;
        for (expected, row) in (FIRST_DYNAMIC as i32..).zip(&rows) {
            if row.handle != expected {
                return Err(StoreError::Unreadable {
                    what: "a table of names".to_owned(),
                    why: format!("handle {expected} is missing; restore the database from a whole backup"),
                });
            }
        }
        Ok(NameTable::restore(rows.into_iter().map(|r| r.text)))
    }
}

//! State that outlives the version of a detector that wrote it.
//!
//! Owns what happens to a detector's state when a version takes over that writes it in another form: what was there before is
//! kept with its cursor, and a version that cannot read what is there goes back to what was kept. Does not own the values,
//! which are the detector's own, or when a version takes over (`engine::service`, `policy`).

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::PgConnection;

use super::{RULES, Store, StoreError};

/// Most copies of one detector: the way back leads over as many versions that changed their form. Each is as large as its
/// state.
const MAX_COPIES: i64 = 3;

/// A detector's version, as far as its state is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateForm {
    /// The detector.
    pub plugin: String,
    /// The form it writes.
    pub schema: u32,
    /// The forms it reads, its own among them.
    pub reads: Vec<u32>,
}

/// Forms in which state of a detector is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredForms {
    /// Of its state.
    pub now: Vec<u32>,
    /// Of each copy of earlier state.
    pub copies: Vec<Vec<u32>>,
}

impl StoredForms {
    /// Whether a version that reads these can go on, from its state or from a copy.
    pub fn fits(&self, reads: &[u32]) -> bool {
        std::iter::once(&self.now).chain(&self.copies).any(|forms| covers(reads, forms))
    }
}

/// What became of state when a version took over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeOver {
    /// Nothing had to be done.
    Same,
    /// It goes on with what is there, which was kept as well.
    Kept {
        /// How many keys.
        keys: u64,
    },
    /// It goes on from what was kept, and where that stood in the log.
    Back {
        /// How many keys.
        keys: u64,
    },
    /// It reads neither what is there nor anything that was kept.
    Refused {
        /// Forms of what is there.
        stored: Vec<u32>,
    },
}

/// A copy of earlier state, at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptState {
    /// Forms of its values.
    pub schema_versions: Vec<u32>,
    /// Form of the version that took over.
    pub replaced_by: u32,
    /// When, RFC 3339.
    pub kept_at: String,
    /// Keys.
    pub keys: u64,
    /// Bytes of all values.
    pub bytes: u64,
}

impl Store {
    /// The forms of what is stored, by detector.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_forms(&self) -> Result<BTreeMap<String, StoredForms>, StoreError> {
        let failed = StoreError::while_("reading the forms of detector state");
        // Where only one form was ever written nothing need be looked through.
        let now = sqlx::query!(
            r#"select c.consumer, coalesce(case when cardinality(c.state_schemas) = 1 then c.state_schemas end,
                   array(select distinct schema_version from detector_state s
                         where s.org_id = c.org_id and s.plugin = c.consumer)) as "forms!"
               from log_cursor c where c.org_id = $1 and c.consumer <> $2"#,
            self.org(),
            RULES,
        );
        let now = now.fetch_all(self.pool()).await.map_err(&failed)?;
        let copies =
            sqlx::query!("select plugin, schemas from detector_state_copy where org_id = $1", self.org());
        let copies = copies.fetch_all(self.pool()).await.map_err(&failed)?;
        let mut forms: BTreeMap<String, StoredForms> = BTreeMap::new();
        for row in now {
            forms.entry(row.consumer).or_default().now = unsigned(&row.forms);
        }
        for row in copies {
            forms.entry(row.plugin).or_default().copies.push(unsigned(&row.schemas));
        }
        Ok(forms)
    }

    /// Has versions of detectors take over from those before them, all or none. What each of them comes to, in their order.
    ///
    /// # Errors
    /// When the lease is lost or the database fails.
    pub async fn take_over(
        &self,
        epoch: Option<i64>,
        versions: &[StateForm],
    ) -> Result<Vec<TakeOver>, StoreError> {
        let failed = StoreError::while_("taking detector state over");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        if let Some(epoch) = epoch {
            self.check_fence(&mut transaction, epoch).await?;
        }
        let done = self.take_over_on(&mut transaction, versions).await?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done)
    }

    /// The same within a transaction.
    pub(super) async fn take_over_on(
        &self,
        connection: &mut PgConnection,
        versions: &[StateForm],
    ) -> Result<Vec<TakeOver>, StoreError> {
        let mut done = Vec::with_capacity(versions.len());
        for version in versions {
            done.push(self.take_over_one(connection, version).await?);
        }
        Ok(done)
    }

    async fn take_over_one(
        &self,
        connection: &mut PgConnection,
        version: &StateForm,
    ) -> Result<TakeOver, StoreError> {
        let failed = StoreError::while_("taking detector state over");
        let (org, plugin, schema) = (self.org(), &version.plugin, version.schema as i32);
        // Locked: a checkpoint of this detector waits, so that state and cursor are those of one moment.
        let cursor = sqlx::query!(
            "select txn, seq, state_schemas from log_cursor where org_id = $1 and consumer = $2 for update",
            org,
            plugin,
        );
        let Some(cursor) = cursor.fetch_optional(&mut *connection).await.map_err(&failed)? else {
            return Ok(TakeOver::Same);
        };
        if cursor.state_schemas.as_ref().and_then(|known| known.last()) == Some(&schema) {
            return Ok(TakeOver::Same);
        }
        let stored = sqlx::query_scalar!(
            "select distinct schema_version from detector_state where org_id = $1 and plugin = $2 order by 1",
            org,
            plugin
        );
        let stored = unsigned(&stored.fetch_all(&mut *connection).await.map_err(&failed)?);
        let (kept, forms) = if stored.iter().all(|form| *form == version.schema) {
            (TakeOver::Same, Vec::new())
        } else if covers(&version.reads, &stored) {
            (TakeOver::Kept { keys: self.keep_copy(connection, version, &stored).await? }, stored)
        } else {
            let Some((copy, forms)) = self.fitting_copy(connection, version).await? else {
                return Ok(TakeOver::Refused { stored });
            };
            self.keep_copy(connection, version, &stored).await?;
            (TakeOver::Back { keys: self.put_back(connection, plugin, copy).await? }, forms)
        };
        let mut forms: Vec<i32> =
            forms.into_iter().map(|form| form as i32).filter(|f| *f != schema).collect();
        forms.push(schema);
        sqlx::query!(
            "update log_cursor set state_schemas = $3 where org_id = $1 and consumer = $2",
            org,
            plugin,
            &forms
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        self.forget_old_copies(connection, plugin).await?;
        Ok(kept)
    }

    /// Copies a detector's state and cursor; how many keys.
    async fn keep_copy(
        &self,
        connection: &mut PgConnection,
        version: &StateForm,
        forms: &[u32],
    ) -> Result<u64, StoreError> {
        let failed = StoreError::while_("keeping detector state");
        let forms: Vec<i32> = forms.iter().map(|form| *form as i32).collect();
        let copy = sqlx::query_scalar!(
            "insert into detector_state_copy (org_id, plugin, schemas, replaced_by, txn, seq, watermark)
             select org_id, consumer, $3, $4, txn, seq, watermark from log_cursor where org_id = $1 and consumer = $2
             returning copy_id",
            self.org(),
            version.plugin,
            &forms,
            version.schema as i32,
        );
        let copy = copy.fetch_one(&mut *connection).await.map_err(&failed)?;
        let copied = sqlx::query!(
            "insert into detector_state_kept (org_id, plugin, copy_id, key, value, schema_version, generation)
             select org_id, plugin, $3, key, value, schema_version, generation
             from detector_state where org_id = $1 and plugin = $2",
            self.org(),
            version.plugin,
            copy,
        );
        Ok(copied.execute(&mut *connection).await.map_err(&failed)?.rows_affected())
    }

    /// The newest copy that a version reads, with its forms.
    async fn fitting_copy(
        &self,
        connection: &mut PgConnection,
        version: &StateForm,
    ) -> Result<Option<(i64, Vec<u32>)>, StoreError> {
        let reads: Vec<i32> = version.reads.iter().map(|form| *form as i32).collect();
        let found = sqlx::query!(
            "select copy_id, schemas from detector_state_copy
             where org_id = $1 and plugin = $2 and schemas <@ $3 order by copy_id desc limit 1",
            self.org(),
            version.plugin,
            &reads,
        );
        let found = found.fetch_optional(&mut *connection).await;
        let found = found.map_err(StoreError::while_("looking for kept detector state"))?;
        Ok(found.map(|row| (row.copy_id, unsigned(&row.schemas))))
    }

    /// Puts a copy in the place of a detector's state and cursor, and removes the copy; how many keys.
    async fn put_back(
        &self,
        connection: &mut PgConnection,
        plugin: &str,
        copy: i64,
    ) -> Result<u64, StoreError> {
        let failed = StoreError::while_("putting kept detector state back");
        let org = self.org();
        sqlx::query!("delete from detector_state where org_id = $1 and plugin = $2", org, plugin)
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
        let restored = sqlx::query!(
            "insert into detector_state (org_id, plugin, key, value, schema_version, generation)
             select org_id, plugin, key, value, schema_version, generation
             from detector_state_kept where org_id = $1 and plugin = $2 and copy_id = $3",
            org,
            plugin,
            copy,
        );
        let restored = restored.execute(&mut *connection).await.map_err(&failed)?;
        sqlx::query!(
            "update log_cursor c set txn = k.txn, seq = k.seq, watermark = k.watermark, moved_at = now()
             from detector_state_copy k
             where c.org_id = $1 and c.consumer = $2 and k.org_id = $1 and k.plugin = $2 and k.copy_id = $3",
            org,
            plugin,
            copy,
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        self.forget_copies(connection, Some(plugin), Some(&[copy])).await?;
        Ok(restored.rows_affected())
    }

    async fn forget_old_copies(&self, connection: &mut PgConnection, plugin: &str) -> Result<(), StoreError> {
        let old = sqlx::query_scalar!(
            "select copy_id from detector_state_copy where org_id = $1 and plugin = $2
             order by copy_id desc offset $3",
            self.org(),
            plugin,
            MAX_COPIES,
        );
        let old = old.fetch_all(&mut *connection).await;
        let old = old.map_err(StoreError::while_("looking for old copies of detector state"))?;
        if old.is_empty() { Ok(()) } else { self.forget_copies(connection, Some(plugin), Some(&old)).await }
    }

    /// Removes copies: of a detector or of all, these or all.
    pub(super) async fn forget_copies(
        &self,
        connection: &mut PgConnection,
        plugin: Option<&str>,
        copies: Option<&[i64]>,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("removing kept detector state");
        sqlx::query!(
            "delete from detector_state_kept
             where org_id = $1 and ($2::text is null or plugin = $2) and ($3::bigint[] is null or copy_id = any($3))",
            self.org(),
            plugin,
            copies,
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        sqlx::query!(
            "delete from detector_state_copy
             where org_id = $1 and ($2::text is null or plugin = $2) and ($3::bigint[] is null or copy_id = any($3))",
            self.org(),
            plugin,
            copies,
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        Ok(())
    }

    /// Copies of earlier state by detector, the newest first.
    pub(super) async fn kept_states(&self) -> Result<BTreeMap<String, Vec<KeptState>>, StoreError> {
        let rows = sqlx::query!(
            r#"select c.plugin, c.schemas, c.replaced_by, c.kept_at, count(k.key) as "keys!",
                      coalesce(sum(octet_length(k.value)), 0)::bigint as "bytes!"
               from detector_state_copy c left join detector_state_kept k using (org_id, plugin, copy_id)
               where c.org_id = $1
               group by c.plugin, c.copy_id, c.schemas, c.replaced_by, c.kept_at order by c.plugin, c.copy_id desc"#,
            self.org(),
        );
        let rows = rows.fetch_all(self.pool()).await;
        let mut kept: BTreeMap<String, Vec<KeptState>> = BTreeMap::new();
        for row in rows.map_err(StoreError::while_("reading kept detector state"))? {
            kept.entry(row.plugin).or_default().push(KeptState {
                schema_versions: unsigned(&row.schemas),
                replaced_by: row.replaced_by as u32,
                kept_at: model::finding::format_time(row.kept_at.timestamp_millis()),
                keys: row.keys as u64,
                bytes: row.bytes as u64,
            });
        }
        Ok(kept)
    }
}

fn covers(reads: &[u32], stored: &[u32]) -> bool {
    stored.iter().all(|form| reads.contains(form))
}

fn unsigned(forms: &[i32]) -> Vec<u32> {
    forms.iter().map(|form| *form as u32).collect()
}

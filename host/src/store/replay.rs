//! What a replay starts from, and the schema its findings may go into.
//!
//! Owns the rule that a replay never touches what is in use: it reads, and writes only into a schema without a log. Does not
//! own the replay (`engine::replay`).

use std::collections::BTreeMap;

use model::{Finding, RecordId};
use sqlx::AssertSqlSafe;

use super::checkpoint::FINDINGS_CHUNK;
use super::{Cursor, FindingFilter, Options, Store, StoreError, connect};
use crate::config::Config;

/// What was stored at one moment: what a replay reads, and what it is compared with.
#[derive(Clone, Debug, Default)]
pub struct ReplayBasis {
    /// How far each detector has read.
    pub cursors: BTreeMap<String, Cursor>,
    /// Records that came too late for a detector, or that it failed on.
    pub left_out: BTreeMap<String, Vec<RecordId>>,
    /// The findings that stand, those of rules on trial too.
    pub findings: Vec<Finding>,
}

/// Longest name PostgreSQL keeps whole.
const MAX_SCHEMA_NAME: usize = 63;

impl Store {
    /// What a replay starts from, all as of one moment: evaluation may go on meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replay_basis(&self) -> Result<ReplayBasis, StoreError> {
        let failed = StoreError::while_("reading what a replay starts from");
        let begin = "begin isolation level repeatable read read only";
        let mut snapshot = self.pool().begin_with(begin).await.map_err(&failed)?;
        let cursors = self.cursors_on(&mut *snapshot).await?;
        let rows = sqlx::query!(
            r#"select detector as "detector!", record_id as "record!" from late_record where org_id = $1
               union
               select detector, record_id from parked_record where org_id = $1"#,
            self.org(),
        )
        .fetch_all(&mut *snapshot)
        .await
        .map_err(&failed)?;
        let mut left_out: BTreeMap<String, Vec<RecordId>> = BTreeMap::new();
        for row in rows {
            left_out.entry(row.detector).or_default().push(RecordId(row.record.as_u128()));
        }
        let mut findings = self.findings_on(&mut *snapshot, &FindingFilter::default()).await?;
        let shadow = FindingFilter { shadow: true, ..FindingFilter::default() };
        findings.extend(self.findings_on(&mut *snapshot, &shadow).await?);
        snapshot.rollback().await.map_err(&failed)?;
        Ok(ReplayBasis { cursors, left_out, findings })
    }

    /// The same database with the tables of `schema`, which is made if it is not there: for findings to compare by SQL. It
    /// must be closed before this store is.
    ///
    /// # Errors
    /// When the name cannot be used, the schema holds a log, or findings unless they are to be replaced.
    pub async fn scratch(
        &self,
        schema: &str,
        replace: bool,
        config: &Config,
        options: &Options,
    ) -> Result<Store, StoreError> {
        let refused = |why: &str| StoreError::NoScratch { schema: schema.to_owned(), why: why.to_owned() };
        if !is_scratch_name(schema) {
            return Err(refused(
                "a name is a-z, 0-9 and _, at most 63 of them, begins with no digit, and is neither public nor pg_…",
            ));
        }
        let failed = StoreError::while_("looking for the schema");
        let known = sqlx::query!(
            r#"select exists (select from pg_namespace where nspname = $1) as "exists!",
                      coalesce(current_schema() = $1, false) as "ours!""#,
            schema,
        )
        .fetch_one(self.pool())
        .await
        .map_err(&failed)?;
        if known.ours {
            return Err(refused("it is the one in use: name another"));
        }
        if !known.exists {
            // Checked above: letters, digits and underscores.
            sqlx::query(AssertSqlSafe(format!("create schema {schema}")))
                .execute(self.pool())
                .await
                .map_err(StoreError::while_("making the schema"))?;
        }
        let scratch = connect::open_schema(self, schema, config, options).await?;
        match scratch.check_scratch(replace).await {
            Ok(None) => Ok(scratch),
            Ok(Some(why)) => {
                scratch.close().await;
                Err(refused(why))
            }
            Err(error) => {
                scratch.close().await;
                Err(error)
            }
        }
    }

    /// What is in the way of findings of a replay.
    async fn check_scratch(&self, replace: bool) -> Result<Option<&'static str>, StoreError> {
        let held = sqlx::query!(
            r#"select exists (select from record_log) as "records!", exists (select from finding) as "findings!""#
        )
        .fetch_one(self.pool())
        .await
        .map_err(StoreError::while_("looking into the schema"))?;
        Ok(match (held.records, held.findings) {
            (true, _) => Some("it holds call records, so it is in use by another installation: name another"),
            (_, true) if !replace => Some("it holds findings already: name another, or give --replace"),
            _ => None,
        })
    }

    /// Makes `findings` the only ones, each in its first revision.
    ///
    /// # Errors
    /// When the database fails; nothing is changed then.
    pub async fn replace_findings(&self, findings: &[Finding]) -> Result<(), StoreError> {
        let failed = StoreError::while_("writing the findings of a replay");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        sqlx::query!("delete from finding where org_id = $1", self.org())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for chunk in findings.chunks(FINDINGS_CHUNK) {
            let first: Vec<Finding> = chunk.iter().map(|f| Finding { revision: 1, ..f.clone() }).collect();
            self.upsert_findings(&mut transaction, &first).await?;
        }
        transaction.commit().await.map_err(&failed)
    }
}

/// Whether a schema may be called that without quotes, and is not PostgreSQL's own.
fn is_scratch_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty()
        && name.len() <= MAX_SCHEMA_NAME
        && name.chars().all(allowed)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name != "public"
        && name != "information_schema"
        && !name.starts_with("pg_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_need_quotes_or_belong_to_the_server_are_refused() {
        for good in ["replay", "_r2", &"a".repeat(63)] {
            assert!(is_scratch_name(good), "{good}");
        }
        for bad in [
            "",
            "public",
            "pg_x",
            "2r",
            "Replay",
            "a b",
            "a;drop",
            "information_schema",
            "ñ",
            &"a".repeat(64),
        ] {
            assert!(!is_scratch_name(bad), "{bad}");
        }
    }
}

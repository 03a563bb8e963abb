//! Rules whose scripts failed.
//!
//! Owns their rows: one per rule, with how often and the last message. Does not own what follows (`rules list` shows them).

use model::RecordId;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::findings::sql_text;
use super::{Store, StoreError};

/// A rule's script failed since the last checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFailureWrite {
    /// The rule.
    pub rule: String,
    /// Digest of the rule: failures of another one are forgotten.
    pub digest: String,
    /// How often.
    pub failures: u64,
    /// The last message.
    pub message: String,
    /// The last record it failed on.
    pub record: RecordId,
}

/// A rule whose script has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleFailures {
    /// The rule.
    pub rule: String,
    /// Digest of the rule that failed.
    pub digest: String,
    /// How often since the rule is as it is.
    pub failures: u64,
    /// The last message.
    pub message: String,
    /// The last record it failed on, as `findings` show records.
    pub record: String,
    /// When that was noted, RFC 3339.
    pub at: String,
}

impl Store {
    /// Adds failures to those of the same rule.
    pub(super) async fn write_rule_failures(
        &self,
        connection: &mut PgConnection,
        failures: &[RuleFailureWrite],
    ) -> Result<(), StoreError> {
        if failures.is_empty() {
            return Ok(());
        }
        let rules: Vec<String> = failures.iter().map(|f| sql_text(&f.rule)).collect();
        let digests: Vec<String> = failures.iter().map(|f| f.digest.clone()).collect();
        let counts: Vec<i64> =
            failures.iter().map(|f| i64::try_from(f.failures).unwrap_or(i64::MAX)).collect();
        let messages: Vec<String> = failures.iter().map(|f| sql_text(&f.message)).collect();
        let records: Vec<Uuid> = failures.iter().map(|f| Uuid::from_u128(f.record.0)).collect();
        sqlx::query!(
            "insert into rule_failure as known (org_id, rule, digest, failures, message, record_id)
             select $1, * from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::uuid[])
             on conflict (org_id, rule) do update set
                 failures = excluded.failures + case when known.digest = excluded.digest then known.failures else 0 end,
                 digest = excluded.digest, message = excluded.message, record_id = excluded.record_id, at = now()",
            self.org(),
            &rules,
            &digests,
            &counts,
            &messages,
            &records,
        )
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(StoreError::while_("noting rules that failed"))
    }

    /// Rules whose scripts have failed, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_failures(&self) -> Result<Vec<RuleFailures>, StoreError> {
        let rows = sqlx::query!(
            "select rule, digest, failures, message, record_id, at from rule_failure where org_id = $1 order by rule",
            self.org(),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading rules that failed"))?;
        let failures = rows.into_iter().map(|r| RuleFailures {
            rule: r.rule,
            digest: r.digest,
            failures: r.failures as u64,
            message: r.message,
            record: RecordId(r.record_id.as_u128()).to_string(),
            at: r.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        });
        Ok(failures.collect())
    }
}

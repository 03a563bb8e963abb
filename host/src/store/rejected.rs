//! Input that was set aside at ingest: kept for a person to look at.

use super::{Outage, Patience, Store, StoreError};

/// Most rejected records kept; the oldest go first. They are a sample to find the cause by, not an archive.
pub const MAX_REJECTED: i64 = 100_000;

/// Longest text kept of each part.
const MAX_CHARS: usize = 400;

/// A record that was set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectedRow {
    /// File it came from, or `-`.
    pub source: String,
    /// Line or position in the source, from 1.
    pub line: Option<i64>,
    /// Field that is wrong.
    pub field: Option<String>,
    /// What was there, shortened.
    pub value: Option<String>,
    /// Why it was rejected.
    pub reason: String,
}

impl Store {
    /// Keeps rejected records, and of all of them the newest [`MAX_REJECTED`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_rejected(&self, rows: &[RejectedRow]) -> Result<(), StoreError> {
        self.keep_rejected_patiently(rows, &Patience::default(), &Outage::new()).await
    }

    /// The same, trying again while the database is away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_rejected_patiently(
        &self,
        rows: &[RejectedRow],
        patience: &Patience,
        outage: &Outage,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut trying = self.trying(patience, outage);
        let mut ids = Vec::new();
        loop {
            match self.try_keep_rejected(rows, &mut ids).await {
                Ok(()) => break,
                Err(error) => trying.again(error).await?,
            }
        }
        trying.worked();
        Ok(())
    }

    /// `ids` are drawn by the first attempt that can: with them an attempt whose commit nobody heard of is not repeated.
    async fn try_keep_rejected(&self, rows: &[RejectedRow], ids: &mut Vec<i64>) -> Result<(), StoreError> {
        let failed = StoreError::while_("keeping rejected records");
        if ids.is_empty() {
            *ids = sqlx::query_scalar!(
                r#"select nextval(pg_get_serial_sequence('rejected_record', 'id')) as "id!" from generate_series(1, $1)"#,
                rows.len() as i32
            )
            .fetch_all(self.pool())
            .await
            .map_err(&failed)?;
        }
        let source: Vec<String> = rows.iter().map(|r| clean(&r.source)).collect();
        let line: Vec<Option<i64>> = rows.iter().map(|r| r.line).collect();
        let field: Vec<Option<String>> = rows.iter().map(|r| r.field.as_deref().map(clean)).collect();
        let value: Vec<Option<String>> = rows.iter().map(|r| r.value.as_deref().map(clean)).collect();
        let reason: Vec<String> = rows.iter().map(|r| clean(&r.reason)).collect();
        sqlx::query!(
            "insert into rejected_record (org_id, id, source, line, field, value, reason) overriding system value
             select $1, * from unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[])
             on conflict (id) do nothing",
            self.org(),
            &ids[..],
            &source,
            &line as &[Option<i64>],
            &field as &[Option<String>],
            &value as &[Option<String>],
            &reason,
        )
        .execute(self.pool())
        .await
        .map_err(&failed)?;
        sqlx::query!(
            "delete from rejected_record where org_id = $1
             and id <= (select id from rejected_record where org_id = $1 order by id desc offset $2 limit 1)",
            self.org(),
            MAX_REJECTED,
        )
        .execute(self.pool())
        .await
        .map_err(&failed)?;
        Ok(())
    }
}

fn clean(text: &str) -> String {
    text.chars().take(MAX_CHARS).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

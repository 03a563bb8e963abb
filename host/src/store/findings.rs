//! Findings: one row per episode, one per revision of it, and looking them up.
//!
//! Owns the columns beside a finding's content. Does not own when a finding gets a new revision (`checkpoint`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use model::{Finding, Millis, RecordId, Severity};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Store, StoreError};

/// Which findings to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// This severity or worse.
    pub severity: Option<Severity>,
    /// Of this detector.
    pub detector: Option<String>,
    /// With an event at or after this time.
    pub since: Option<Millis>,
    /// Whose subject's identity or name contains this, whatever its capitals.
    pub subject: Option<String>,
    /// Withdrawn ones too.
    pub all: bool,
    /// At most this many, the latest; `None` is all.
    pub limit: Option<u32>,
}

/// Answer to a look-up by identity or its beginning.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// The one.
    Found(Box<Finding>),
    /// There is none.
    Missing,
    /// Several begin like that; some of them.
    Ambiguous(Vec<String>),
}

/// Most identities named when a prefix is ambiguous.
const MAX_NAMED: i64 = 5;

impl Store {
    /// Findings, the one with the latest event first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn findings(&self, filter: &FindingFilter) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query_scalar!(
            r#"select content::text as "content!" from finding
               where org_id = $1
                 and severity >= $2
                 and ($3::text is null or detector = $3)
                 and ($4::timestamptz is null or last_event >= $4)
                 and ($5::text is null
                      or strpos(lower(subject_id), lower($5)) > 0 or strpos(lower(subject_name), lower($5)) > 0)
                 and ($6 or status = 'open')
               order by last_event desc, id
               limit $7"#,
            self.org(),
            filter.severity.map_or(0, severity_rank),
            filter.detector.as_deref().map(sql_text),
            filter.since.and_then(DateTime::<Utc>::from_timestamp_millis),
            filter.subject.as_deref().map(sql_text),
            filter.all,
            filter.limit.map(i64::from),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading findings"))?;
        rows.iter().map(|content| parse(content)).collect()
    }

    /// One finding by its identity or an unambiguous beginning of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finding(&self, prefix: &str) -> Result<Lookup, StoreError> {
        let rows = sqlx::query!(
            r#"select id, content::text as "content!" from finding
               where org_id = $1 and starts_with(id, $2) order by id limit $3"#,
            self.org(),
            sql_text(prefix),
            MAX_NAMED + 1,
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading a finding"))?;
        let exact = rows.iter().find(|r| r.id == prefix);
        match (exact, rows.as_slice()) {
            (Some(row), _) | (None, [row]) => Ok(Lookup::Found(Box::new(parse(&row.content)?))),
            (None, []) => Ok(Lookup::Missing),
            (None, several) => Ok(Lookup::Ambiguous(several.iter().map(|r| r.id.clone()).collect())),
        }
    }

    /// The stored form of `ids`, locked until the transaction ends.
    pub(super) async fn lock_findings(
        &self,
        connection: &mut PgConnection,
        ids: &[String],
    ) -> Result<BTreeMap<String, Finding>, StoreError> {
        // In the order of their keys, so that two transactions never wait for each other.
        let rows = sqlx::query!(
            r#"select id, content::text as "content!" from finding where org_id = $1 and id = any($2) order by id for update"#,
            self.org(),
            ids,
        )
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_("reading findings"))?;
        rows.into_iter().map(|r| Ok((r.id, parse(&r.content)?))).collect()
    }

    /// Writes findings and their revisions.
    pub(super) async fn upsert_findings(
        &self,
        connection: &mut PgConnection,
        findings: &[Finding],
    ) -> Result<(), StoreError> {
        for finding in findings {
            self.upsert_finding(connection, finding).await?;
        }
        Ok(())
    }

    async fn upsert_finding(&self, connection: &mut PgConnection, f: &Finding) -> Result<(), StoreError> {
        let failed = StoreError::while_("writing findings");
        let evidence: Vec<Uuid> = f.evidence.iter().map(|id| Uuid::from_u128(id.0)).collect();
        sqlx::query!(
            "insert into finding (org_id, id, detector, kind, severity, score, subject_kind, subject_id, subject_name, title,
                                  first_event, last_event, raised_at, revision, status, generation, digest, evidence, content)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, ($19::text)::json)
             on conflict (org_id, id) do update set
                 detector = excluded.detector, kind = excluded.kind, severity = excluded.severity, score = excluded.score,
                 subject_kind = excluded.subject_kind, subject_id = excluded.subject_id, subject_name = excluded.subject_name,
                 title = excluded.title, first_event = excluded.first_event, last_event = excluded.last_event,
                 raised_at = excluded.raised_at, revision = excluded.revision, status = excluded.status,
                 generation = excluded.generation, digest = excluded.digest, evidence = excluded.evidence,
                 content = excluded.content, updated_at = now()",
            self.org(),
            f.id,
            sql_text(&f.detector),
            sql_text(&f.kind),
            severity_rank(f.severity),
            f.score,
            f.subject.kind.name(),
            sql_text(&f.subject.id),
            sql_text(&f.subject.name),
            sql_text(&f.title),
            sql_time(f.first_event),
            sql_time(f.last_event),
            sql_time(f.raised_at),
            f.revision as i32,
            f.status.name(),
            f.provenance.generation as i64,
            sql_text(&f.provenance.digest),
            &evidence,
            to_json(f)?,
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        let without_evidence = Finding { evidence: Vec::new(), ..f.clone() };
        sqlx::query!(
            "insert into finding_revision (org_id, id, revision, status, evidence_count, content)
             values ($1, $2, $3, $4, $5, ($6::text)::json)",
            self.org(),
            f.id,
            f.revision as i32,
            f.status.name(),
            f.evidence.len() as i32,
            to_json(&without_evidence)?,
        )
        .execute(connection)
        .await
        .map_err(&failed)?;
        Ok(())
    }

    /// Whether the log holds a record; for people and tests.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_record(&self, id: RecordId) -> Result<bool, StoreError> {
        sqlx::query_scalar!(
            r#"select exists (select from record_log where org_id = $1 and record_id = $2) as "found!""#,
            self.org(),
            Uuid::from_u128(id.0),
        )
        .fetch_one(self.pool())
        .await
        .map_err(StoreError::while_("looking for a record"))
    }
}

fn severity_rank(severity: Severity) -> i16 {
    Severity::ALL.iter().position(|s| *s == severity).map_or(0, |rank| rank as i16)
}

/// Text as PostgreSQL can hold it. The content keeps it as it was.
pub(super) fn sql_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn sql_time(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

fn to_json(finding: &Finding) -> Result<String, StoreError> {
    serde_json::to_string(finding).map_err(|e| unreadable(&e))
}

fn parse(content: &str) -> Result<Finding, StoreError> {
    serde_json::from_str(content).map_err(|e| unreadable(&e))
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { what: "a finding".to_owned(), why: error.to_string() }
}

//! Findings: one row per episode, one per revision of it, and looking them up.
//!
//! Owns the columns beside a finding's content. Does not own when a finding gets a new revision (`checkpoint`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use model::{Finding, Millis, RecordId, Severity};
use sqlx::{PgConnection, PgExecutor};
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
    /// Withdrawn ones too, and those of rules on trial.
    pub all: bool,
    /// Those of rules on trial, instead of the open ones.
    pub shadow: bool,
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
        self.findings_on(self.pool(), filter).await
    }

    /// The same, as `executor` sees it.
    pub(super) async fn findings_on(
        &self,
        executor: impl PgExecutor<'_>,
        filter: &FindingFilter,
    ) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query!(
            r#"select f.content::text as "content!", p.name as "name?"
               from finding f
               left join person p on p.org_id = f.org_id and f.subject_kind = 'user' and p.user_id = f.subject_id
               where f.org_id = $1
                 and severity >= $2
                 and ($3::text is null or detector = $3)
                 and ($4::timestamptz is null or last_event >= $4)
                 and ($5::text is null or strpos(lower(subject_id), lower($5)) > 0
                      or strpos(lower(coalesce(p.name, subject_name)), lower($5)) > 0)
                 and ($6 or status = case when $8 then 'shadow' else 'open' end)
               order by last_event desc, id
               limit $7"#,
            self.org(),
            filter.severity.map_or(0, severity_rank),
            filter.detector.as_deref().map(sql_text),
            filter.since.and_then(DateTime::<Utc>::from_timestamp_millis),
            filter.subject.as_deref().map(sql_text),
            filter.all,
            filter.limit.map(i64::from),
            filter.shadow,
        )
        .fetch_all(executor)
        .await
        .map_err(StoreError::while_("reading findings"))?;
        rows.into_iter().map(|row| Ok(named(parse(&row.content)?, row.name))).collect()
    }

    /// One finding by its identity or an unambiguous beginning of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finding(&self, prefix: &str) -> Result<Lookup, StoreError> {
        let rows = sqlx::query!(
            r#"select f.id, f.content::text as "content!", p.name as "name?"
               from finding f
               left join person p on p.org_id = f.org_id and f.subject_kind = 'user' and p.user_id = f.subject_id
               where f.org_id = $1 and starts_with(f.id, $2) order by f.id limit $3"#,
            self.org(),
            sql_text(prefix),
            MAX_NAMED + 1,
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading a finding"))?;
        let exact = rows.iter().find(|r| r.id == prefix);
        match (exact, rows.as_slice()) {
            (Some(row), _) | (None, [row]) => {
                Ok(Lookup::Found(Box::new(named(parse(&row.content)?, row.name.clone()))))
            }
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

    /// Writes findings and their revisions: one statement for all of each.
    pub(super) async fn upsert_findings(
        &self,
        connection: &mut PgConnection,
        findings: &[Finding],
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("writing findings");
        let mut rows = Columns::default();
        for finding in findings {
            rows.push(finding)?;
        }
        sqlx::query!(
            "insert into finding (org_id, id, detector, kind, severity, score, subject_kind, subject_id, subject_name, title,
                                  first_event, last_event, raised_at, revision, status, generation, digest, evidence, content)
             select $1, id, detector, kind, severity, score, subject_kind, subject_id, subject_name, title,
                    first_event, last_event, raised_at, revision, status, generation, digest, evidence::uuid[], content::json
             from unnest($2::text[], $3::text[], $4::text[], $5::smallint[], $6::double precision[], $7::text[], $8::text[],
                         $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::integer[],
                         $15::text[], $16::bigint[], $17::text[], $18::text[], $19::text[])
                  as t (id, detector, kind, severity, score, subject_kind, subject_id, subject_name, title,
                        first_event, last_event, raised_at, revision, status, generation, digest, evidence, content)
             on conflict (org_id, id) do update set
                 detector = excluded.detector, kind = excluded.kind, severity = excluded.severity, score = excluded.score,
                 subject_kind = excluded.subject_kind, subject_id = excluded.subject_id, subject_name = excluded.subject_name,
                 title = excluded.title, first_event = excluded.first_event, last_event = excluded.last_event,
                 raised_at = excluded.raised_at, revision = excluded.revision, status = excluded.status,
                 generation = excluded.generation, digest = excluded.digest, evidence = excluded.evidence,
                 content = excluded.content, updated_at = now()",
            self.org(),
            &rows.id,
            &rows.detector,
            &rows.kind,
            &rows.severity,
            &rows.score,
            &rows.subject_kind,
            &rows.subject_id,
            &rows.subject_name,
            &rows.title,
            &rows.first_event,
            &rows.last_event,
            &rows.raised_at,
            &rows.revision,
            &rows.status,
            &rows.generation,
            &rows.digest,
            &rows.evidence,
            &rows.content,
        )
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        sqlx::query!(
            "insert into finding_revision (org_id, id, revision, status, evidence_count, content)
             select $1, id, revision, status, evidence_count, content::json
             from unnest($2::text[], $3::integer[], $4::text[], $5::integer[], $6::text[])
                  as t (id, revision, status, evidence_count, content)",
            self.org(),
            &rows.id,
            &rows.revision,
            &rows.status,
            &rows.evidence_count,
            &rows.without_evidence,
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

    /// A record as it came, if the log holds it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raw_record(&self, id: RecordId) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar!(
            "select raw from record_log where org_id = $1 and record_id = $2 limit 1",
            self.org(),
            Uuid::from_u128(id.0),
        )
        .fetch_optional(self.pool())
        .await
        .map_err(StoreError::while_("reading a record"))
    }
}

/// Findings as columns of a statement.
#[derive(Default)]
struct Columns {
    id: Vec<String>,
    detector: Vec<String>,
    kind: Vec<String>,
    severity: Vec<i16>,
    score: Vec<f64>,
    subject_kind: Vec<String>,
    subject_id: Vec<String>,
    subject_name: Vec<String>,
    title: Vec<String>,
    first_event: Vec<DateTime<Utc>>,
    last_event: Vec<DateTime<Utc>>,
    raised_at: Vec<DateTime<Utc>>,
    revision: Vec<i32>,
    status: Vec<String>,
    generation: Vec<i64>,
    digest: Vec<String>,
    /// An array literal each: arrays of different lengths do not make an array.
    evidence: Vec<String>,
    evidence_count: Vec<i32>,
    content: Vec<String>,
    without_evidence: Vec<String>,
}

impl Columns {
    fn push(&mut self, f: &Finding) -> Result<(), StoreError> {
        let evidence: Vec<String> = f.evidence.iter().map(|id| Uuid::from_u128(id.0).to_string()).collect();
        self.id.push(f.id.clone());
        self.detector.push(sql_text(&f.detector));
        self.kind.push(sql_text(&f.kind));
        self.severity.push(severity_rank(f.severity));
        self.score.push(f.score);
        self.subject_kind.push(f.subject.kind.name().to_owned());
        self.subject_id.push(sql_text(&f.subject.id));
        self.subject_name.push(sql_text(&f.subject.name));
        self.title.push(sql_text(&f.title));
        self.first_event.push(sql_time(f.first_event));
        self.last_event.push(sql_time(f.last_event));
        self.raised_at.push(sql_time(f.raised_at));
        self.revision.push(f.revision as i32);
        self.status.push(f.status.name().to_owned());
        self.generation.push(f.provenance.generation as i64);
        self.digest.push(sql_text(&f.provenance.digest));
        self.evidence.push(format!("{{{}}}", evidence.join(",")));
        self.evidence_count.push(f.evidence.len() as i32);
        self.content.push(to_json(f)?);
        self.without_evidence.push(to_json(&Finding { evidence: Vec::new(), ..f.clone() })?);
        Ok(())
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

/// Subjects are shown by the name they have now, whatever it was when the finding was written: so a listing does not
/// depend on when that was.
fn named(mut finding: Finding, name: Option<String>) -> Finding {
    if let Some(name) = name {
        finding.subject.name = name;
    }
    finding
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

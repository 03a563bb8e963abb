//! Reading policies that have been in force.
//!
//! Owns the queries. Does not own writing them (`policy`).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::policy::{AuthorKind, FileDigest, FileRow, Generation, PolicyReport, time, value};
use super::{Store, StoreError};

/// Generations that are searched for versions of plugins: the content of each is read, with all its rules.
const MAX_REMEMBERED: i64 = 100;

impl Store {
    /// A generation that is or was in force, by its number; without one, the one in force now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn generation(&self, generation: Option<u64>) -> Result<Option<Generation>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            r#"select generation, in_force_since as "since!", author_kind, author, reason, digest, disk_digest,
                      diff::text as "diff!", content::text as "content!"
               from policy_generation
               where org_id = $1 and in_force_since is not null and ($2::bigint is null or generation = $2)
               order by generation desc limit 1"#,
            self.org(),
            generation.map(|g| g as i64),
        );
        let row = row.fetch_optional(self.pool()).await.map_err(StoreError::while_("reading the policy"))?;
        row.map(Generation::try_from).transpose()
    }

    /// Generations that were in force, the newest first, without their content.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn generations(&self, limit: u32) -> Result<Vec<Generation>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            r#"select generation, in_force_since as "since!", author_kind, author, reason, digest, disk_digest,
                      diff::text as "diff!", 'null' as "content!"
               from policy_generation where org_id = $1 and in_force_since is not null
               order by generation desc limit $2"#,
            self.org(),
            i64::from(limit),
        );
        let rows = rows.fetch_all(self.pool()).await.map_err(StoreError::while_("reading the policies"))?;
        rows.into_iter().map(Generation::try_from).collect()
    }

    /// Plugins that were in force: id, version and digest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_plugins(&self) -> Result<Vec<(String, String, String)>, StoreError> {
        let rows = sqlx::query!(
            r#"select distinct p.key as "id!", p.value->>'version' as "version!", p.value->>'digest' as "digest!"
               from (select content from policy_generation where org_id = $1 and in_force_since is not null
                     order by generation desc limit $2) g,
                    json_each(case json_typeof(g.content->'plugins') when 'object' then g.content->'plugins' else '{}' end) p
               where p.value->>'version' is not null and p.value->>'digest' is not null"#,
            self.org(),
            MAX_REMEMBERED,
        );
        let rows = rows
            .fetch_all(self.pool())
            .await
            .map_err(StoreError::while_("reading which plugins ran before"))?;
        Ok(rows.into_iter().map(|r| (r.id, r.version, r.digest)).collect())
    }

    /// The files of a generation with their contents, by kind and path.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn generation_files(&self, generation: u64) -> Result<Vec<(FileRow, Arc<[u8]>)>, StoreError> {
        let rows = sqlx::query!(
            "select f.kind, f.path, f.digest, c.bytes
             from policy_generation_file f join policy_file c using (org_id, digest)
             where f.org_id = $1 and f.from_generation <= $2 and (f.to_generation is null or f.to_generation >= $2)
             order by f.kind, f.path",
            self.org(),
            generation as i64,
        );
        let rows =
            rows.fetch_all(self.pool()).await.map_err(StoreError::while_("reading the files of a policy"))?;
        let file = |kind: String, path: String, digest: Vec<u8>, bytes: Vec<u8>| {
            let unreadable = |_| StoreError::Unreadable {
                what: format!("the file {} of policy {generation}", path.escape_debug()),
                why: "its digest is no SHA-256".to_owned(),
            };
            let digest = FileDigest::try_from(digest).map_err(unreadable)?;
            Ok((FileRow { kind, path, digest }, bytes.into()))
        };
        rows.into_iter().map(|r| file(r.kind, r.path, r.digest, r.bytes)).collect()
    }

    /// How the last look at the files went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_report(&self) -> Result<Option<PolicyReport>, StoreError> {
        let row = sqlx::query!(
            r#"select generation, at, content::text as "content!" from policy_report where org_id = $1"#,
            self.org()
        );
        let row = row
            .fetch_optional(self.pool())
            .await
            .map_err(StoreError::while_("reading how the policy was loaded"))?;
        row.map(|r| {
            Ok(PolicyReport { generation: r.generation as u64, at: time(r.at), content: value(&r.content)? })
        })
        .transpose()
    }
}

struct Row {
    generation: i64,
    since: DateTime<Utc>,
    author_kind: String,
    author: String,
    reason: String,
    digest: String,
    disk_digest: String,
    diff: String,
    content: String,
}

impl TryFrom<Row> for Generation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Generation, StoreError> {
        Ok(Generation {
            generation: row.generation as u64,
            since: time(row.since),
            author_kind: AuthorKind::from_name(&row.author_kind),
            author: row.author,
            reason: row.reason,
            digest: row.digest,
            disk_digest: row.disk_digest,
            diff: value(&row.diff)?,
            content: value(&row.content)?,
        })
    }
}

//! Policies that have been in force, with the files in them.
//!
//! Owns the rows of generations and the contents of their files. Does not own what a policy is or when it changes
//! (`policy`). A generation is prepared beside the evaluation, however many files it has, and comes into force by one short
//! transaction between two checkpoints; one that was prepared and never came into force leaves a gap in the numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::checkpoint::CHUNK;
use super::{StateForm, Store, StoreError, TakeOver};

/// SHA-256 of a file's content.
pub type FileDigest = [u8; 32];

/// Who made a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    /// Files changed.
    #[default]
    File,
    /// A program by the interface.
    Api,
    /// A person by a command.
    User,
}

impl AuthorKind {
    fn name(self) -> &'static str {
        match self {
            AuthorKind::File => "file",
            AuthorKind::Api => "api",
            AuthorKind::User => "user",
        }
    }

    pub(super) fn from_name(name: &str) -> AuthorKind {
        match name {
            "api" => AuthorKind::Api,
            "user" => AuthorKind::User,
            _ => AuthorKind::File,
        }
    }
}

/// A file of a generation, without its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileRow {
    /// What it is for.
    pub kind: String,
    /// Its name.
    pub path: String,
    /// Digest of its content.
    #[serde(skip)]
    pub digest: FileDigest,
}

/// A generation to store.
#[derive(Clone, Debug, Default)]
pub struct NewGeneration {
    /// Digest of everything in force.
    pub digest: String,
    /// Digest of the files as they lie there.
    pub disk_digest: String,
    /// Rules and plugins by name.
    pub content: Value,
    /// What differs from the one before.
    pub diff: Value,
    /// Who made it.
    pub author_kind: AuthorKind,
    /// Name of the person or process.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Its files; their contents are stored already.
    pub files: Vec<FileRow>,
}

/// A generation that is or was in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Generation {
    /// Its number.
    pub generation: u64,
    /// Since when it is or was in force, RFC 3339.
    pub since: String,
    /// Who made it.
    pub author_kind: AuthorKind,
    /// Name of the person or process.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Digest of everything in force.
    pub digest: String,
    /// Digest of the files as they lay there.
    #[serde(skip)]
    pub disk_digest: String,
    /// What differs from the one before.
    pub diff: Value,
    /// Rules and plugins by name.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub content: Value,
}

/// How the last look at the files went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyReport {
    /// The generation in force then.
    pub generation: u64,
    /// When, RFC 3339.
    pub at: String,
    /// What is refused, what does not run.
    pub content: Value,
}

/// Bytes of files sent in one statement; keeps a message at a few MB however many files there are.
const STATEMENT_BYTES: usize = 4 << 20;

impl Store {
    /// Stores contents of files; those that are there already stay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store_policy_files(&self, files: &[(FileDigest, Arc<[u8]>)]) -> Result<(), StoreError> {
        let failed = StoreError::while_("storing the files of a policy");
        let digests: Vec<Vec<u8>> = files.iter().map(|(digest, _)| digest.to_vec()).collect();
        let known = sqlx::query_scalar!(
            "select digest from policy_file where org_id = $1 and digest = any($2)",
            self.org(),
            &digests
        );
        let known = known.fetch_all(self.pool()).await.map_err(&failed)?;
        let new: BTreeMap<&FileDigest, &Arc<[u8]>> = files
            .iter()
            .filter(|(digest, _)| !known.iter().any(|k| k.as_slice() == digest))
            .map(|(digest, bytes)| (digest, bytes))
            .collect();
        let mut rest: Vec<(&FileDigest, &Arc<[u8]>)> = new.into_iter().collect();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|(_, content)| {
                bytes += content.len();
                bytes <= STATEMENT_BYTES
            });
            let (digests, contents): (Vec<Vec<u8>>, Vec<Vec<u8>>) = {
                let count = fits.count().clamp(1, rest.len());
                rest.drain(..count).map(|(digest, content)| (digest.to_vec(), content.to_vec())).unzip()
            };
            sqlx::query!(
                "insert into policy_file (org_id, digest, bytes)
                 select $1, * from unnest($2::bytea[], $3::bytea[]) on conflict do nothing",
                self.org(),
                &digests,
                &contents,
            )
            .execute(self.pool())
            .await
            .map_err(&failed)?;
        }
        Ok(())
    }

    /// Stores a generation that is not in force yet; its number. With an epoch, only if the lease is held under it; without
    /// one, whoever evaluates starts again from what is stored.
    ///
    /// # Errors
    /// When the lease is lost or the database fails.
    pub async fn prepare_generation(
        &self,
        epoch: Option<i64>,
        new: &NewGeneration,
    ) -> Result<u64, StoreError> {
        let failed = StoreError::while_("storing a policy");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        self.fence_policy(&mut transaction, epoch).await?;
        let generation = sqlx::query_scalar!(
            r#"insert into policy_generation (org_id, generation, digest, disk_digest, content, diff, author_kind, author, reason)
               select $1, coalesce(max(generation), 0) + 1, $2, $3, $4::text::json, $5::text::json, $6, $7, $8
               from policy_generation where org_id = $1
               returning generation"#,
            self.org(),
            new.digest,
            new.disk_digest,
            text(&new.content),
            text(&new.diff),
            new.author_kind.name(),
            plain(&new.author),
            plain(&new.reason),
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        self.write_generation_files(&mut transaction, generation, &new.files).await?;
        transaction.commit().await.map_err(&failed)?;
        Ok(generation as u64)
    }

    async fn write_generation_files(
        &self,
        connection: &mut PgConnection,
        generation: i64,
        files: &[FileRow],
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("storing the files of a policy");
        let still = sqlx::query!(
            "select kind, path, digest from policy_generation_file where org_id = $1 and to_generation is null",
            self.org()
        );
        let still = still.fetch_all(&mut *connection).await.map_err(&failed)?;
        let new: BTreeMap<(&str, &str), &FileRow> =
            files.iter().map(|f| ((f.kind.as_str(), f.path.as_str()), f)).collect();
        let stays = |kind: &str, path: &str, digest: &[u8]| {
            new.get(&(kind, path)).is_some_and(|f| f.digest.as_slice() == digest)
        };
        let gone: Vec<_> = still.iter().filter(|r| !stays(&r.kind, &r.path, &r.digest)).collect();
        for chunk in gone.chunks(CHUNK) {
            let kinds: Vec<String> = chunk.iter().map(|r| r.kind.clone()).collect();
            let paths: Vec<String> = chunk.iter().map(|r| r.path.clone()).collect();
            sqlx::query!(
                "update policy_generation_file f set to_generation = $2::bigint - 1
                 from unnest($3::text[], $4::text[]) as t (kind, path)
                 where f.org_id = $1 and f.kind = t.kind and f.path = t.path and f.to_generation is null",
                self.org(),
                generation,
                &kinds,
                &paths,
            )
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
        }
        let known: BTreeMap<(&str, &str), &[u8]> =
            still.iter().map(|r| ((r.kind.as_str(), r.path.as_str()), r.digest.as_slice())).collect();
        let added: Vec<&FileRow> = new
            .iter()
            .filter(|(key, file)| known.get(*key) != Some(&file.digest.as_slice()))
            .map(|(_, file)| *file)
            .collect();
        for chunk in added.chunks(CHUNK) {
            let kinds: Vec<String> = chunk.iter().map(|f| f.kind.clone()).collect();
            let paths: Vec<String> = chunk.iter().map(|f| f.path.clone()).collect();
            let digests: Vec<Vec<u8>> = chunk.iter().map(|f| f.digest.to_vec()).collect();
            sqlx::query!(
                "insert into policy_generation_file (org_id, from_generation, kind, path, digest)
                 select $1, $2, * from unnest($3::text[], $4::text[], $5::bytea[])",
                self.org(),
                generation,
                &kinds,
                &paths,
                &digests,
            )
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
        }
        Ok(())
    }

    /// Brings a prepared generation into force, removes the state that nothing in it uses any more (keys of `consumer` that
    /// begin with one of `gone` and a slash), and has `versions` of detectors take over from those before them. In one transaction.
    /// What the versions come to, in their order.
    ///
    /// # Errors
    /// When the lease is lost, a version reads nothing of what is stored, or the database fails: the one before stays in force.
    pub async fn activate_generation(
        &self,
        epoch: Option<i64>,
        generation: u64,
        consumer: &str,
        gone: &[String],
        versions: &[StateForm],
    ) -> Result<Vec<TakeOver>, StoreError> {
        let failed = StoreError::while_("bringing a policy into force");
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        self.fence_policy(&mut transaction, epoch).await?;
        sqlx::query!(
            "update policy_generation set in_force_since = now() where org_id = $1 and generation = $2",
            self.org(),
            generation as i64,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        for prefix in gone {
            // A slash and the character after it: all keys that begin with the prefix and a slash.
            let (from, to) = (format!("{prefix}/").into_bytes(), format!("{prefix}0").into_bytes());
            sqlx::query!(
                "delete from detector_state where org_id = $1 and plugin = $2 and key >= $3 and key < $4",
                self.org(),
                consumer,
                from,
                to,
            )
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        let taken = self.take_over_on(&mut transaction, versions).await?;
        for (version, taken) in versions.iter().zip(&taken) {
            if let TakeOver::Refused { stored } = taken {
                let why = format!("it is in form {stored:?}, and the plugin reads {:?}", version.reads);
                return Err(StoreError::Unreadable { what: format!("state of {}", version.plugin), why });
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(taken)
    }

    async fn fence_policy(
        &self,
        connection: &mut PgConnection,
        epoch: Option<i64>,
    ) -> Result<(), StoreError> {
        match epoch {
            Some(epoch) => self.check_fence(connection, epoch).await,
            None => self.fence_out(connection).await,
        }
    }

    /// Notes that the generation in force is what the files make that now lie there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_disk_digest(&self, generation: u64, disk_digest: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "update policy_generation set disk_digest = $3 where org_id = $1 and generation = $2",
            self.org(),
            generation as i64,
            disk_digest,
        )
        .execute(self.pool())
        .await
        .map(|_| ())
        .map_err(StoreError::while_("noting the state of the files"))
    }

    /// Notes how the last look at the files went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write_policy_report(&self, generation: u64, content: &Value) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into policy_report (org_id, generation, content) values ($1, $2, $3::text::json)
             on conflict (org_id) do update
                 set generation = excluded.generation, at = now(), content = excluded.content",
            self.org(),
            generation as i64,
            text(content),
        )
        .execute(self.pool())
        .await
        .map(|_| ())
        .map_err(StoreError::while_("noting how the policy was loaded"))
    }
}

pub(super) fn time(at: DateTime<Utc>) -> String {
    model::finding::format_time(at.timestamp_millis())
}

/// What PostgreSQL cannot hold in a text is left out.
pub(super) fn plain(text: &str) -> String {
    text.replace('\0', "")
}

pub(super) fn text(value: &Value) -> String {
    value.to_string()
}

pub(super) fn value(text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text)
        .map_err(|e| StoreError::Unreadable { what: "a policy".to_owned(), why: e.to_string() })
}

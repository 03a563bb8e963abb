//! What people ask of the process that evaluates, and its answers.
//!
//! Owns the rows: a command writes one wherever it runs and waits for the answer, the leader takes them. Does not own what is
//! done about them (`policy`).

use serde_json::Value;

use super::policy::{plain, text, value};
use super::{Store, StoreError};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// To look at the files now.
    Reload,
    /// To make an earlier generation a new one.
    Rollback {
        /// Which.
        generation: u64,
    },
}

/// A request that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRequest {
    /// Its number.
    pub id: i64,
    /// What is asked for.
    pub wanted: Wanted,
    /// Who asks.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// How long a request waits for somebody to take it: who asked has long gone then.
const STALE: &str = "10 minutes";

/// How long answers are kept.
const KEPT: &str = "30 days";

/// Most requests taken at once.
const MAX_REQUESTS: i64 = 100;

impl Store {
    /// Asks for something; the request's number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_policy(&self, wanted: Wanted, author: &str, reason: &str) -> Result<i64, StoreError> {
        let failed = StoreError::while_("asking for another policy");
        sqlx::query!(
            "delete from policy_request where org_id = $1 and asked_at < now() - ($2::text)::interval",
            self.org(),
            KEPT
        )
        .execute(self.pool())
        .await
        .map_err(&failed)?;
        let (kind, generation) = match wanted {
            Wanted::Reload => ("reload", None),
            Wanted::Rollback { generation } => ("rollback", Some(generation as i64)),
        };
        sqlx::query_scalar!(
            "insert into policy_request (org_id, kind, generation, author, reason) values ($1, $2, $3, $4, $5)
             returning request_id",
            self.org(),
            kind,
            generation,
            plain(author),
            plain(reason),
        )
        .fetch_one(self.pool())
        .await
        .map_err(failed)
    }

    /// What is asked for and not answered, the oldest first; nothing if the lease is not held under `epoch`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_requests(&self, epoch: i64) -> Result<Vec<PolicyRequest>, StoreError> {
        let rows = sqlx::query!(
            "select request_id, generation, author, reason from policy_request
             where org_id = $1 and answered_at is null and asked_at > now() - ($2::text)::interval
               and exists (select from engine_lease l where l.org_id = $1 and l.epoch = $4)
             order by request_id limit $3",
            self.org(),
            STALE,
            MAX_REQUESTS,
            epoch,
        );
        let rows = rows
            .fetch_all(self.pool())
            .await
            .map_err(StoreError::while_("looking for requests about the policy"))?;
        let requests = rows.into_iter().map(|r| PolicyRequest {
            id: r.request_id,
            wanted: match r.generation {
                Some(generation) => Wanted::Rollback { generation: generation as u64 },
                None => Wanted::Reload,
            },
            author: r.author,
            reason: r.reason,
        });
        Ok(requests.collect())
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer_policy(&self, id: i64, answer: &Value) -> Result<(), StoreError> {
        sqlx::query!(
            "update policy_request set answered_at = now(), answer = $3::text::json
             where org_id = $1 and request_id = $2 and answered_at is null",
            self.org(),
            id,
            text(answer),
        )
        .execute(self.pool())
        .await
        .map(|_| ())
        .map_err(StoreError::while_("answering a request about the policy"))
    }

    /// The answer to a request, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_answer(&self, id: i64) -> Result<Option<Value>, StoreError> {
        let answer = sqlx::query_scalar!(
            r#"select answer::text as "answer!" from policy_request
               where org_id = $1 and request_id = $2 and answered_at is not null"#,
            self.org(),
            id
        );
        let answer = answer
            .fetch_optional(self.pool())
            .await
            .map_err(StoreError::while_("waiting for an answer about the policy"))?;
        answer.map(|text| value(&text)).transpose()
    }
}

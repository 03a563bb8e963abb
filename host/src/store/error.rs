//! What can go wrong with the database, said for the person who has to act.

use super::cluster::ClusterError;

/// A storage failure. Every message says what was being done and, where there is one, the remedy; none holds a
/// connection password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The private server.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The configured URL cannot be read.
    #[error("the database URL cannot be used: {0}: it must look like postgres://user@host:5432/name")]
    BadUrl(String),
    /// The server cannot be reached.
    #[error("cannot reach the database at {place}: {source}: check that it runs and that the URL is right")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The server is not fit for records that must not be lost.
    #[error("the database is refused: {0}")]
    Unfit(String),
    /// The schema could not be brought up to date.
    #[error("cannot bring the database schema up to date: {0}")]
    Migration(String),
    /// Somebody else moved the consumer's cursor: this process must not write any more.
    #[error("another process has moved the cursor of '{consumer}': this one stops writing")]
    Overtaken {
        /// The consumer.
        consumer: String,
    },
    /// The lease has changed hands, or somebody changed stored state: what is in memory must be forgotten.
    #[error("another process evaluates now, or stored state was changed by hand: this one starts again from what is stored")]
    Fenced,
    /// Stored data that this version does not understand.
    #[error("the database holds {what} that cannot be read: {why}")]
    Unreadable {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
    /// The server refused or failed while it was being used.
    #[error("the database failed while {doing}: {reason}{}", remedy(.code))]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The server's words or the connection's.
        reason: String,
        /// SQLSTATE, if the server answered.
        code: Option<String>,
    },
    /// A part of ours ended without an answer.
    #[error("the database writer ended unexpectedly: {0}")]
    Ended(String),
}

impl StoreError {
    /// From a driver error, with what was being done: `.map_err(StoreError::while_("reading findings"))`.
    pub(crate) fn while_(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
        move |error| match error {
            sqlx::Error::Database(e) => StoreError::Failed {
                doing,
                reason: e.message().to_owned(),
                code: e.code().map(|c| c.into_owned()),
            },
            other => StoreError::Failed { doing, reason: other.to_string(), code: None },
        }
    }

    /// SQLSTATE, if the server answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            StoreError::Failed { code, .. } => code.as_deref(),
            _ => None,
        }
    }
}

fn remedy(code: &Option<String>) -> &'static str {
    match code.as_deref() {
        Some("53100") => ": the disk is full; free space or move the data directory",
        Some("53300") => ": too many connections; raise max_connections or stop other clients",
        Some("42501") => ": the role lacks a right; it must own the schema",
        Some("25006") => ": the server is read-only; connect to the primary",
        Some("57014") => ": it took longer than allowed",
        Some("57P01" | "57P02" | "57P03") => ": the server is stopping or starting; try again",
        None => ": the connection broke; see whether the server still runs",
        _ => "",
    }
}

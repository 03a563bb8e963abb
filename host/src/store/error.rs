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
    #[error(
        "cannot reach the database at {place}: {source}{}",
        match source { sqlx::Error::Database(e) => remedy(e.code().as_deref()), _ => ": check that it runs and that the URL is right" }
    )]
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
    /// A schema that findings of a replay must not go into.
    #[error("nothing is written into schema '{schema}': {why}")]
    NoScratch {
        /// The schema.
        schema: String,
        /// What is in the way, and the remedy.
        why: String,
    },
    /// Somebody else moved the consumer's cursor: this process must not write any more.
    #[error("another process has moved the cursor of '{consumer}': this one stops writing")]
    Overtaken {
        /// The consumer.
        consumer: String,
    },
    /// The lease has changed hands, or somebody changed stored state: what is in memory must be forgotten.
    #[error(
        "another process evaluates now, or stored state was changed by hand: this one starts again from what is stored"
    )]
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
    #[error("the database failed while {doing}: {reason}{}", remedy(.code.as_deref()))]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The server's words or the connection's.
        reason: String,
        /// SQLSTATE, if the server answered.
        code: Option<String>,
        /// Whether the same may succeed later without anybody changing it here.
        transient: bool,
    },
    /// A part of ours ended without an answer.
    #[error("the database writer ended unexpectedly: {0}")]
    Ended(String),
}

impl StoreError {
    /// From a driver error, with what was being done: `.map_err(StoreError::while_("reading findings"))`.
    pub(crate) fn while_(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
        move |error| {
            let transient = is_transient(&error);
            match error {
                sqlx::Error::Database(e) => StoreError::Failed {
                    doing,
                    reason: e.message().to_owned(),
                    code: e.code().map(|c| c.into_owned()),
                    transient,
                },
                other => StoreError::Failed { doing, reason: other.to_string(), code: None, transient },
            }
        }
    }

    /// Whether trying again later may help: the connection broke, the server stops, starts or has too much to do, a lock
    /// was not to be had, the disk is full. What only a change of data, rights or configuration cures is not.
    pub fn is_transient(&self) -> bool {
        match self {
            StoreError::Cluster(error) => error.is_transient(),
            StoreError::Unreachable { source, .. } => is_transient(source),
            StoreError::Failed { transient, .. } => *transient,
            StoreError::BadUrl(_)
            | StoreError::Unfit(_)
            | StoreError::Migration(_)
            | StoreError::NoScratch { .. }
            | StoreError::Overtaken { .. }
            | StoreError::Fenced
            | StoreError::Unreadable { .. }
            | StoreError::Ended(_) => false,
        }
    }

    /// SQLSTATE, if the server answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            StoreError::Failed { code, .. } => code.as_deref(),
            // Static text or borrowed from the error: both live as long as it.
            StoreError::Unreachable { source: sqlx::Error::Database(e), .. } => match e.code()? {
                std::borrow::Cow::Borrowed(code) => Some(code),
                std::borrow::Cow::Owned(_) => None,
            },
            _ => None,
        }
    }
}

/// The same question of a driver's error.
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(e) => e.code().is_some_and(|code| is_transient_code(&code)),
        // A place that is refused is refused again; everything else about a connection may heal.
        sqlx::Error::Io(e) => !matches!(e.kind(), std::io::ErrorKind::PermissionDenied),
        sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        // A connection that is out of step: another one is not.
        sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed => true,
        _ => false,
    }
}

fn is_transient_code(code: &str) -> bool {
    match code {
        // An integrity constraint that fails at the end of a transaction fails every time.
        "40002" => false,
        // The database was dropped.
        "57P04" => false,
        // Query cancelled, mostly by a time limit; lock not to be had, object in use; read-only; sessions and
        // transactions ended by a time limit.
        "57014" | "55P03" | "55006" | "25006" | "25P03" | "25P04" => true,
        // "tuple concurrently updated", which two sessions that change tables meet, has no better code.
        "XX000" => true,
        // Connection, rollback (deadlock, serialization), resources (disk, memory, connections), the operator, the system.
        _ => ["08", "40", "53", "57P", "58"].iter().any(|class| code.starts_with(class)),
    }
}

fn remedy(code: Option<&str>) -> &'static str {
    match code {
        Some("53100") => ": the disk is full; free space or move the data directory",
        Some("53300") => ": too many connections; raise max_connections or stop other clients",
        Some("28P01" | "28000") => ": check user and password, and the server's pg_hba.conf",
        Some("3D000") => ": make the database or correct its name",
        Some("42501") => ": the role lacks a right; it must own the schema",
        Some("53200") => ": the server is out of memory; give it more or stop other clients",
        Some("25006") => ": the server is read-only; connect to the primary or make it writable",
        Some("55P03") => ": another session holds a lock for long; see pg_stat_activity",
        Some("57014") => ": it took longer than allowed",
        Some("57P01" | "57P02" | "57P03") => ": the server is stopping or starting; try again",
        None => ": the connection broke; see whether the server still runs",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_heal_is_told_from_what_may_not() {
        let heals = [
            "08006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P03",
            "25006", "58030",
        ];
        let stays =
            ["23505", "23514", "28P01", "3D000", "40002", "42501", "42P01", "57P04", "22P02", "XX001", ""];
        assert!(heals.iter().all(|code| is_transient_code(code)));
        assert!(!stays.iter().any(|code| is_transient_code(code)));
        let failed = |e| StoreError::while_("testing")(e).is_transient();
        assert!(failed(sqlx::Error::PoolTimedOut));
        assert!(failed(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()));
        assert!(!failed(sqlx::Error::PoolClosed) && !failed(sqlx::Error::RowNotFound));
    }
}

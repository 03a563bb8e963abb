//! Why a private PostgreSQL did not start; every message says what to do.

use std::io;
use std::path::PathBuf;

/// A private PostgreSQL that cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages name")]
pub enum ClusterError {
    /// No usable installation.
    #[error(
        "no usable PostgreSQL found{}: install PostgreSQL 15 to 18 (for example `apt-get install postgresql`), or set \
         postgres_bin_dir or database in the configuration",
        .unsupported.map(|v| format!(" (only version {v}, which is not supported)")).unwrap_or_default()
    )]
    NotFound { unsupported: Option<u32> },
    /// `postgres_bin_dir` holds no PostgreSQL.
    #[error(
        "postgres_bin_dir {dir} does not hold PostgreSQL's programs (initdb and postgres that start): correct it in the configuration"
    )]
    BadBinDir { dir: PathBuf },
    /// The data directory was made by another version.
    #[error(
        "the data directory was made by PostgreSQL {data}, installed is {}: install PostgreSQL {data} beside it, or move \
         the data with pg_dump and another --data-dir",
        if .found.is_empty() { "none" } else { .found }
    )]
    WrongMajor { data: u32, found: String },
    /// Whoever has the lock has no server that answers.
    #[error(
        "the private PostgreSQL of {holder} does not answer: wait for it or end that command (full log: {log})"
    )]
    Silent { holder: String, log: PathBuf },
    /// A server that is not ours holds the data directory.
    #[error(
        "another PostgreSQL server still uses {dir}: stop it (its process id is in the first line of {dir}/postmaster.pid)"
    )]
    StillRunning { dir: PathBuf },
    /// As root: the user PostgreSQL runs as cannot get there.
    #[error(
        "PostgreSQL does not run as root, and its user (uid {uid}) cannot enter {blocked}, a parent of the data directory: use \
         another place, for example --data-dir /var/lib/ringfence"
    )]
    NotReachable { blocked: PathBuf, uid: u32 },
    /// A folder or file cannot be made or written.
    #[error("cannot {action} {path}: {source}: check its owner and free space, or name another --data-dir")]
    Folder { action: &'static str, path: PathBuf, source: io::Error },
    /// The short folder for the socket belongs to somebody else.
    #[error("the socket folder {path} belongs to another user or is open to others: remove it")]
    ForeignSocketDir { path: PathBuf },
    /// A program of PostgreSQL does not start.
    #[error("cannot start {program}: {source}")]
    Spawn { program: PathBuf, source: io::Error },
    /// `initdb` failed.
    #[error("PostgreSQL could not make its data directory: {message}")]
    Init { message: String },
    /// It was closed; whoever still uses it comes too late.
    #[error("the private PostgreSQL was closed by this command")]
    Closed,
    /// The server ended or did not answer.
    #[error("the private PostgreSQL did not start: {message} (full log: {log})")]
    Start { message: String, log: PathBuf },
}

impl ClusterError {
    /// Whether trying again later may help without anybody changing the configuration.
    pub fn is_transient(&self) -> bool {
        match self {
            ClusterError::Silent { .. }
            | ClusterError::StillRunning { .. }
            | ClusterError::Start { .. }
            | ClusterError::Init { .. } => true,
            ClusterError::Folder { source, .. } | ClusterError::Spawn { source, .. } => {
                use io::ErrorKind::{OutOfMemory, QuotaExceeded, StorageFull, WouldBlock};
                matches!(source.kind(), StorageFull | QuotaExceeded | OutOfMemory | WouldBlock)
            }
            ClusterError::NotFound { .. }
            | ClusterError::BadBinDir { .. }
            | ClusterError::WrongMajor { .. }
            | ClusterError::NotReachable { .. }
            | ClusterError::ForeignSocketDir { .. }
            | ClusterError::Closed => false,
        }
    }
}

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
    /// Another command works there.
    #[error("the data directory {dir} is in use by {holder}: wait for it to end, or name another --data-dir")]
    InUse { dir: PathBuf, holder: String },
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
    /// The server ended or did not answer.
    #[error("the private PostgreSQL did not start: {message} (full log: {log})")]
    Start { message: String, log: PathBuf },
}

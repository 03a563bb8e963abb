//! The private PostgreSQL: a child process on a Unix socket in the data directory.
//!
//! Owns finding, initialising, starting and stopping it. Does not own what is stored in it. It dies with us (kernel's
//! parent-death signal), recovers after kill -9 of either, and only one command uses a data directory at a time. See
//! `reference/postgres.md`, section 5, for the pitfalls behind the details.

mod binaries;
mod error;
mod folders;
mod lock;
mod process;
mod sys;

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

pub use error::ClusterError;

use binaries::Binaries;
use folders::Folders;
use lock::LockFile;
use process::Postmaster;

/// Role and database inside the private server.
const NAME: &str = "ringfence";

/// How long a start may take; recovery reads back at most some hundred MB of log.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How long to try again while a server that was killed is still going away.
const RETRY_LIMIT: Duration = Duration::from_secs(10);

/// The server's log starts anew above this size, so that it cannot fill the disk.
const MAX_LOG_BYTES: u64 = 8 << 20;

/// What a start needs to know.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Our data directory; the server's files go to `postgres/` in it.
    pub data_dir: PathBuf,
    /// Where PostgreSQL's programs are; searched for if not set.
    pub bin_dir: Option<PathBuf>,
    /// Off only in tests: without it a power failure can destroy the data.
    pub durable: bool,
    /// What others on the same data directory are told we are: `ringfence ingest`.
    pub command: String,
}

/// A running private server; stops when dropped.
#[derive(Debug)]
pub struct Cluster {
    // Order matters: the server stops before its folder is tidied and the lock falls.
    postmaster: Postmaster,
    folders: Folders,
    _lock: LockFile,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.postmaster.stop();
        self.folders.tidy();
    }
}

impl Cluster {
    /// Starts the server, making its data directory if there is none.
    ///
    /// # Errors
    /// When it cannot; the message says why and what to do.
    pub async fn start(options: ClusterOptions) -> Result<Cluster, ClusterError> {
        let prepared = tokio::task::spawn_blocking(move || Prepared::new(&options)).await;
        let prepared = prepared.map_err(|e| ClusterError::Init { message: e.to_string() })??;
        prepared.start().await
    }

    /// How to connect.
    pub fn connect_options(&self) -> PgConnectOptions {
        connect_options(&self.folders.socket).database(NAME)
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.postmaster.pid()
    }

    /// Whether the server has ended by itself (or was killed).
    pub fn has_ended(&self) -> bool {
        self.postmaster.has_ended()
    }

    /// Folder of the server's socket: with it, `psql -h DIR -U ringfence ringfence` looks around by hand.
    pub fn socket_dir(&self) -> &Path {
        &self.folders.socket
    }

    /// Stops the server and waits until it is gone; blocks.
    pub fn halt(&self) {
        self.postmaster.stop();
    }
}

fn connect_options(socket: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().host("localhost").port(5432).socket(socket).username(NAME)
}

/// Locked, found and initialised; not started yet.
struct Prepared {
    folders: Folders,
    lock: LockFile,
    binaries: Binaries,
    durable: bool,
}

impl Prepared {
    fn new(options: &ClusterOptions) -> Result<Prepared, ClusterError> {
        let folders = Folders::prepare(&options.data_dir)?;
        let lock = LockFile::take(&folders.base, &options.command)?;
        let major = folders.data_major()?;
        let binaries = binaries::find(options.bin_dir.as_deref(), major)?;
        let prepared = Prepared { folders, lock, binaries, durable: options.durable };
        if major.is_none() {
            prepared.init()?;
        }
        Ok(prepared)
    }

    /// Makes the cluster beside its final place and moves it there when it is whole.
    fn init(&self) -> Result<(), ClusterError> {
        let fresh = self.folders.base.join("data.new");
        let fail = |action, path: &Path| {
            let path = path.to_owned();
            move |source| ClusterError::Folder { action, path, source }
        };
        // What an interrupted start left behind, and only that: both are ours by name, and data without PG_VERSION was
        // never a cluster.
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh).map_err(fail("remove", &fresh))?;
        }
        folders::make_private(&fresh, self.folders.user)?;
        let dir = fresh.as_os_str();
        // Unsynced first, then one sync of everything: much faster than initdb's own order.
        self.initdb(
            &["--pgdata".as_ref(), dir, "--no-sync".as_ref(), "--no-instructions".as_ref()],
            &INITDB,
        )?;
        if self.durable {
            self.initdb(&["--pgdata".as_ref(), dir, "--sync-only".as_ref()], &[])?;
        }
        std::fs::rename(&fresh, &self.folders.data).map_err(fail("make", &self.folders.data))?;
        File::open(&self.folders.base).and_then(|d| d.sync_all()).map_err(fail("sync", &self.folders.base))
    }

    fn initdb(&self, args: &[&std::ffi::OsStr], more: &[&str]) -> Result<(), ClusterError> {
        let program = self.binaries.dir.join("initdb");
        let output = process::command(&program, self.folders.user, &self.folders.socket)
            .args(args)
            .args(more)
            .output()
            .map_err(|source| ClusterError::Spawn { program, source })?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> =
            text.lines().filter(|l| l.contains("error:") || l.contains("FATAL:")).collect();
        let mut message = if lines.is_empty() { tail(&text) } else { lines.join("; ") };
        if message.contains("could not look up effective user ID") {
            message +=
                ": PostgreSQL needs an entry in /etc/passwd for the user; add one or run as another user";
        }
        Err(ClusterError::Init { message })
    }

    async fn start(self) -> Result<Cluster, ClusterError> {
        let give_up = Instant::now() + RETRY_LIMIT;
        let mut shared_memory_on_disk = false;
        loop {
            let log_start = self.rotate_log()?;
            let postmaster = self.spawn(shared_memory_on_disk)?;
            match self.wait_until_ready(&postmaster).await {
                Ok(()) => return Ok(Cluster { postmaster, folders: self.folders, _lock: self.lock }),
                Err(last_error) => {
                    let ended = postmaster.has_ended();
                    drop(postmaster);
                    let said = self.log_since(log_start);
                    if ended && is_going_away(&said) {
                        if Instant::now() > give_up {
                            return Err(ClusterError::StillRunning { dir: self.folders.data.clone() });
                        }
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    } else if ended && said.contains("shared memory") && !shared_memory_on_disk {
                        // A small or missing /dev/shm, as containers have it.
                        shared_memory_on_disk = true;
                    } else {
                        let message = if ended { tail(&said) } else { last_error };
                        return Err(ClusterError::Start { message, log: self.folders.log.clone() });
                    }
                }
            }
        }
    }

    fn spawn(&self, shared_memory_on_disk: bool) -> Result<Postmaster, ClusterError> {
        let program = self.binaries.dir.join("postgres");
        let mut command = process::command(&program, self.folders.user, &self.folders.data);
        command.arg("-D").arg(&self.folders.data);
        let mut set = |value: &str| {
            command.args(["-c", value]);
        };
        SETTINGS.iter().for_each(|s| set(s));
        set(&format!("unix_socket_directories={}", self.folders.socket.display()));
        if !self.durable {
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off"].iter().for_each(|s| set(s));
        }
        if shared_memory_on_disk {
            set("dynamic_shared_memory_type=mmap");
        }
        let log = self.open_log()?;
        Postmaster::spawn(command, log).map_err(|source| ClusterError::Spawn { program, source })
    }

    async fn wait_until_ready(&self, postmaster: &Postmaster) -> Result<(), String> {
        let end = Instant::now() + START_LIMIT;
        let options = connect_options(&self.folders.socket);
        let mut last_error = "no answer".to_owned();
        while !postmaster.has_ended() && Instant::now() < end {
            match options.clone().database("template1").connect().await {
                Ok(connection) => return name_database(connection).await.map_err(|e| e.to_string()),
                Err(e) => last_error = e.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(last_error)
    }

    fn open_log(&self) -> Result<File, ClusterError> {
        let path = &self.folders.log;
        OpenOptions::new().create(true).append(true).open(path).map_err(|source| ClusterError::Folder {
            action: "write",
            path: path.clone(),
            source,
        })
    }

    /// Length of the log before a start.
    fn rotate_log(&self) -> Result<u64, ClusterError> {
        let log = self.open_log()?;
        let length = log.metadata().map(|m| m.len()).unwrap_or(0);
        if length <= MAX_LOG_BYTES {
            return Ok(length);
        }
        log.set_len(0).map_err(|source| ClusterError::Folder {
            action: "write",
            path: self.folders.log.clone(),
            source,
        })?;
        Ok(0)
    }

    fn log_since(&self, start: u64) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(&self.folders.log)
            && file.seek(SeekFrom::Start(start)).is_ok()
        {
            // What can be read is better than nothing: this is for a message.
            let _ = file.take(64 << 10).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A fresh cluster's one user database is renamed instead of making another: the same in a millisecond.
async fn name_database(mut connection: PgConnection) -> Result<(), sqlx::Error> {
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = 'ringfence')")
            .fetch_one(&mut connection)
            .await?;
    if !exists {
        sqlx::query("alter database postgres rename to ringfence").execute(&mut connection).await?;
    }
    connection.close().await
}

/// The C locale orders by bytes: the same on every machine and for ever.
const INITDB: [&str; 8] = ["--username", NAME, "--auth", "trust", "--encoding", "UTF8", "--locale", "C"];

/// On the command line, so that they follow this program's version and not the data directory's age.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=64",
    "shared_buffers=64MB",
    // The default of 1 GB makes small data directories large.
    "max_wal_size=256MB",
    "min_wal_size=80MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
    "logging_collector=off",
    "log_destination=stderr",
    // Records hold personal data and text that others choose: neither statements nor values go to the log.
    "log_statement=none",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_min_messages=warning",
];

/// Whether a server that was killed, or its shared memory, has not quite gone yet.
fn is_going_away(said: &str) -> bool {
    ["already exists", "still in use", "Is another postmaster"].iter().any(|s| said.contains(s))
}

/// The last words, on one line.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(4);
    let text = lines[from..].join("; ");
    if text.is_empty() { "it said nothing".to_owned() } else { text.chars().take(800).collect() }
}

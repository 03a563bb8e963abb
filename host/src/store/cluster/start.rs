//! Making a server run: initialise, start, wait until it answers.
//!
//! Owns one start under the lock, with the settings of the private server. Does not own who starts it and when.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection};

use super::binaries::{self, Binaries};
use super::folders::{self, Folders};
use super::lock::LockFile;
use super::process::{self, Postmaster};
use super::{ClusterError, ClusterOptions, NAME, START_LIMIT, connect_options};

/// How long to try again while a server that lost its command is still going away: it disconnects its clients and writes a
/// checkpoint.
const RETRY_LIMIT: Duration = Duration::from_secs(30);

/// The server's log starts anew above this size, so that it cannot fill the disk.
const MAX_LOG_BYTES: u64 = 8 << 20;

/// Locked, found and initialised; not started yet.
pub(super) struct Prepared {
    folders: Folders,
    lock: Arc<LockFile>,
    binaries: Binaries,
    durable: bool,
}

impl Prepared {
    /// Takes the lock and makes what is missing; `None` if another command has the lock. Blocks.
    pub(super) fn take(options: &ClusterOptions) -> Result<Option<Prepared>, ClusterError> {
        let folders = Folders::prepare(&options.data_dir)?;
        let Some(lock) = LockFile::take(&folders.base, &options.command)? else { return Ok(None) };
        let major = folders.data_major()?;
        let binaries = binaries::find(options.bin_dir.as_deref(), major)?;
        let prepared = Prepared { folders, lock: Arc::new(lock), binaries, durable: options.durable };
        if major.is_none() {
            prepared.init()?;
        }
        Ok(Some(prepared))
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

    /// Starts the server and waits until it answers.
    pub(super) async fn start(self) -> Result<Postmaster, ClusterError> {
        let give_up = Instant::now() + RETRY_LIMIT;
        let mut shared_memory_on_disk = false;
        loop {
            let log_start = self.rotate_log()?;
            let postmaster = self.spawn(shared_memory_on_disk)?;
            match self.wait_until_ready(&postmaster).await {
                Ok(()) => return Ok(postmaster),
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
        // An ended server of ours took it away, if it stands outside the data directory.
        folders::make_private(&self.folders.socket, self.folders.user)?;
        let program = self.binaries.dir.join("postgres");
        let mut command = process::command(&program, self.folders.user, &self.folders.data);
        command.arg("-D").arg(&self.folders.data);
        let mut set = |value: &str| {
            command.args(["-c", value]);
        };
        SETTINGS.iter().for_each(|s| set(s));
        set(&format!("unix_socket_directories={}", self.folders.socket.display()));
        if !self.durable {
            // Commits still reach the kernel before they are answered: only a power failure loses them, no kill does.
            ["fsync=off", "full_page_writes=off"].iter().for_each(|s| set(s));
        }
        if shared_memory_on_disk {
            set("dynamic_shared_memory_type=mmap");
        }
        let log = self.open_log()?;
        // The lock lasts as long as the server, also when this command goes on without one: then whoever needs the server
        // first starts it. Others may come in only when everything is tidy.
        let (lock, folders) = (self.lock.clone(), self.folders.clone());
        let ended = move || {
            folders.tidy();
            drop(lock);
        };
        Postmaster::spawn(command, log, ended).map_err(|source| ClusterError::Spawn { program, source })
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

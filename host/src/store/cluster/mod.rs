//! The private PostgreSQL: a child process on a Unix socket in the data directory.
//!
//! Owns finding, initialising, starting, sharing and stopping it. Does not own what is stored in it. Of the commands on one
//! data directory the one that gets the lock runs the server and the others join it through its socket. It dies with the
//! command that runs it (kernel's parent-death signal) and recovers after kill -9 of either; whoever needs it then gets the
//! lock and starts it again. See `reference/postgres.md`, section 5, for the pitfalls behind the details.

mod binaries;
mod error;
mod folders;
mod lock;
mod process;
mod start;
mod sys;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

pub use error::ClusterError;

use folders::Folders;
use process::Postmaster;
use start::Prepared;

/// Role and database inside the private server.
const NAME: &str = "ringfence";

/// How long a start may take, our own or that of the command we join; recovery reads back at most some hundred MB of log.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How long one attempt to get a lost server back may wait for another command to start it; whoever needs it tries again.
const REVIVE_LIMIT: Duration = Duration::from_secs(10);

/// How long a server may take to answer a connection before it counts as silent.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// How often to look whether another command's server answers; starting it takes 50 ms and more.
const LOOK: Duration = Duration::from_millis(20);

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

/// The private server, run by us or joined; one that is ours stops when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    options: ClusterOptions,
    folders: Folders,
    held: Mutex<Held>,
    /// One revival at a time; the others wait and find it done.
    reviving: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    /// The server, if we ran it last; it may have ended.
    own: Option<Arc<Postmaster>>,
    /// Nothing is started any more.
    closed: bool,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.halt();
    }
}

impl Cluster {
    /// Starts the server, making its data directory if there is none, or joins the one that another command runs.
    ///
    /// # Errors
    /// When it cannot; the message says why and what to do.
    pub async fn start(options: ClusterOptions) -> Result<Cluster, ClusterError> {
        let folders = Folders::prepare(&options.data_dir)?;
        let cluster =
            Cluster { options, folders, held: Mutex::default(), reviving: tokio::sync::Mutex::default() };
        cluster.ensure(START_LIMIT).await?;
        Ok(cluster)
    }

    /// Makes sure that a server is there, after something failed: starts ours again, starts it in place of another command
    /// that is gone, or waits for the command that has the lock to do so.
    ///
    /// # Errors
    /// When there is none for now, or after [`Cluster::halt`].
    pub async fn revive(&self) -> Result<(), ClusterError> {
        self.ensure(REVIVE_LIMIT).await
    }

    async fn ensure(&self, limit: Duration) -> Result<(), ClusterError> {
        let _one = self.reviving.lock().await;
        let end = Instant::now() + limit;
        loop {
            let ours = self.running();
            if ours.is_none()
                && let Some(prepared) = self.take().await?
            {
                return self.keep(prepared.start().await?);
            }
            if self.held().closed {
                return Err(ClusterError::Closed);
            }
            if answers(&self.connect_options()).await {
                return Ok(());
            }
            if Instant::now() >= end {
                let holder = match ours {
                    Some(_) => "this command".to_owned(),
                    None => lock::holder(&self.folders.base),
                };
                return Err(ClusterError::Silent { holder, log: self.folders.log.clone() });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Gets the data directory ready to start a server in; `None` if another command has the lock.
    async fn take(&self) -> Result<Option<Prepared>, ClusterError> {
        let options = self.options.clone();
        let prepared = tokio::task::spawn_blocking(move || Prepared::take(&options)).await;
        prepared.map_err(|e| ClusterError::Init { message: e.to_string() })?
    }

    fn keep(&self, postmaster: Postmaster) -> Result<(), ClusterError> {
        let mut held = self.held();
        if held.closed {
            // Closed while it started: it stops when it is dropped here.
            return Err(ClusterError::Closed);
        }
        held.own = Some(Arc::new(postmaster));
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Option<Arc<Postmaster>> {
        self.held().own.clone().filter(|own| !own.has_ended())
    }

    /// How to connect.
    pub fn connect_options(&self) -> PgConnectOptions {
        connect_options(&self.folders.socket).database(NAME)
    }

    /// The server's process id, whoever runs it; `None` if none runs.
    pub fn pid(&self) -> Option<u32> {
        self.running().map_or_else(|| self.folders.postmaster_pid(), |own| Some(own.pid()))
    }

    /// Whether we run the server; otherwise another command does, or none for now.
    pub fn owns(&self) -> bool {
        self.running().is_some()
    }

    /// Folder of the server's socket: with it, `psql -h DIR -U ringfence ringfence` looks around by hand.
    pub fn socket_dir(&self) -> &Path {
        &self.folders.socket
    }

    /// Stops the server if it is ours, and waits until it is gone; blocks. It is not started again by this command.
    pub fn halt(&self) {
        let own = {
            let mut held = self.held();
            held.closed = true;
            held.own.clone()
        };
        if let Some(own) = own {
            own.stop();
        }
    }
}

fn connect_options(socket: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().host("localhost").port(5432).socket(socket).username(NAME)
}

/// Whether a server takes connections, or would if it had not so many.
async fn answers(options: &PgConnectOptions) -> bool {
    match tokio::time::timeout(ANSWER_LIMIT, options.connect()).await {
        Ok(Ok(connection)) => {
            let _ = sqlx::Connection::close(connection).await;
            true
        }
        // Starting or stopping; or so fresh that its database has no name yet.
        Ok(Err(sqlx::Error::Database(e))) => !matches!(e.code().as_deref(), Some("57P03" | "3D000")),
        _ => false,
    }
}

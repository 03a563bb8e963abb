//! A command's time with the database: opened, used, closed, also when a signal ends it.
//!
//! Owns the async runtime and signals of commands that use the store. SIGINT and SIGTERM end the work, stop the private
//! server and leave nothing running; the server itself is not in the terminal's process group.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, CliResult, Global};
use crate::config::Config;
use crate::store::{Options, Store, StoreError};

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> CliError {
        match error {
            StoreError::BadUrl(_) | StoreError::NoScratch { .. } => CliError::Usage(error.to_string()),
            _ => CliError::Environment(error.to_string()),
        }
    }
}

/// What a command works with.
pub struct Session {
    /// The open database.
    pub store: Store,
    /// The configuration.
    pub config: Config,
    /// Set when a signal has come: blocking work looks at it and ends.
    pub stop: Arc<AtomicBool>,
}

/// How long work may take to reach its next checkpoint after a signal.
const GRACE: Duration = Duration::from_secs(4);

/// How long threads may take to end after the database is closed: one may wait for standard input for ever, and the end of
/// the process ends it.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// How long making a data directory may take to end when a signal comes in the middle of it.
const OPENING_LIMIT: Duration = Duration::from_secs(30);

/// Opens the database, runs `work`, closes the database. `name` is what other commands on the same data directory are told.
///
/// # Errors
/// When the database cannot be opened, the work fails, or a signal ends it.
pub fn with_store(name: &str, global: &Global, work: impl AsyncFnOnce(&Session) -> CliResult) -> CliResult {
    with_store_in(name, global.load_config()?, &global.data_dir(), work)
}

/// The same with a configuration and a data directory of the command's own.
///
/// # Errors
/// As [`with_store`].
pub fn with_store_in(
    name: &str,
    config: Config,
    data_dir: &Path,
    work: impl AsyncFnOnce(&Session) -> CliResult,
) -> CliResult {
    with_options(&Options::new(format!("ringfence {name}")), config, data_dir, work)
}

/// The same, opened in a way of the command's own.
///
/// # Errors
/// As [`with_store`].
pub fn with_options(
    options: &Options,
    config: Config,
    data_dir: &Path,
    work: impl AsyncFnOnce(&Session) -> CliResult,
) -> CliResult {
    let environment = |what: &str, e: std::io::Error| CliError::Environment(format!("cannot {what}: {e}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| environment("start the runtime", e))?;
    let mut limit = SHUTDOWN_LIMIT;
    let done = runtime.block_on(async {
        let mut interrupt =
            signal(SignalKind::interrupt()).map_err(|e| environment("listen for signals", e))?;
        let mut terminate =
            signal(SignalKind::terminate()).map_err(|e| environment("listen for signals", e))?;
        let stop = Arc::new(AtomicBool::new(false));
        let signalled = async {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            };
            stop.store(true, Ordering::Relaxed);
            CliError::Environment(format!("stopped by {name}; what was committed stays"))
        };
        tokio::pin!(signalled);
        let store = tokio::select! {
            opened = Store::open(&config, data_dir, options) => opened?,
            error = &mut signalled => {
                limit = OPENING_LIMIT;
                return Err(error);
            }
        };
        let session = Session { store, config, stop: stop.clone() };
        let done = {
            let mut work = std::pin::pin!(work(&session));
            tokio::select! {
                done = &mut work => done,
                error = &mut signalled => match tokio::time::timeout(GRACE, work).await {
                    Ok(Ok(code)) => Ok(code),
                    _ => Err(error),
                },
            }
        };
        session.store.close().await;
        done
    });
    runtime.shutdown_timeout(limit);
    done
}

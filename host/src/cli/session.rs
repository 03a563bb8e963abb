//! An open database for a command, and the threads its connections live on.

use tokio::runtime::Runtime;

use super::CliError;
use crate::config::Config;
use crate::store::{Options, Store, StoreError};

/// Threads for connections; the work is done elsewhere.
const IO_THREADS: usize = 2;

/// A database and its runtime.
pub struct Session {
    /// Where asynchronous work runs.
    pub runtime: Runtime,
    /// The database.
    pub store: Store,
}

impl Session {
    /// Opens the configured database for the named command.
    ///
    /// # Errors
    /// When it cannot be started or reached: exit code 3.
    pub fn open(config: &Config, data_dir: &std::path::Path, command: &str) -> Result<Session, CliError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(IO_THREADS)
            .enable_all()
            .build()
            .map_err(|e| CliError::Environment(format!("cannot start threads: {e}")))?;
        let options = Options::new(format!("ringfence {command}"));
        let store = runtime.block_on(Store::open(config, data_dir, &options)).map_err(environment)?;
        Ok(Session { runtime, store })
    }

    /// Closes the connections and stops the private server.
    pub fn close(self) {
        self.runtime.block_on(self.store.close());
    }
}

/// A database failure as a command's: exit code 3.
pub fn environment(error: StoreError) -> CliError {
    CliError::Environment(error.to_string())
}

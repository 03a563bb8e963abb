//! Which detectors the running engine has stopped, for the listing.
//!
//! Owns that a listing makes no database: without one nothing was ever stopped.

use std::process::ExitCode;

use crate::cli::Global;
use crate::cli::session::with_store_in;
use crate::config::{Config, Database};
use crate::store::Quarantine;

/// Stops in force and probations. A database that cannot be asked is said on standard error and is no reason not to list.
pub(super) fn known(global: &Global, config: &Config) -> Vec<Quarantine> {
    let data_dir = global.data_dir();
    let none_yet =
        config.database == Database::Embedded && !data_dir.join("postgres/data/PG_VERSION").exists();
    if none_yet {
        return Vec::new();
    }
    let mut known = Vec::new();
    let asked = with_store_in("plugin list", config.clone(), &data_dir, async |session| {
        known = session.store.quarantines().await?;
        Ok(ExitCode::SUCCESS)
    });
    if let Err(error) = asked {
        eprintln!("warning: which detectors are stopped is not known: {error}");
    }
    known
}

//! `ringfence state`: what detectors remember.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output::{bytes, count, listing, print};
use super::session::with_store;
use super::{CliResult, Format, Global};
use crate::store::{KeptState, StateReset};

/// Commands about detectors' state.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Shows how much each detector remembers, or the keys of one.
    Show {
        /// The detector whose keys to list; without one, all detectors with their totals.
        #[arg(value_name = "DETECTOR")]
        detector: Option<String>,
        /// Keys, or subjects, that contain this text.
        #[arg(long, value_name = "TEXT", requires = "detector")]
        filter: Option<String>,
        /// At most this many keys.
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        limit: u32,
        /// How to print them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Makes detectors forget, also what was kept of earlier versions: they learn anew from the records to come, or with --rewind
    /// from the whole log.
    Reset(ResetArgs),
}

/// What to forget.
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// The detector.
    #[arg(value_name = "DETECTOR", required_unless_present = "all")]
    detector: Option<String>,
    /// Every detector.
    #[arg(long, conflicts_with = "detector")]
    all: bool,
    /// Only this key (as `state show DETECTOR` prints it).
    #[arg(long, value_name = "KEY", requires = "detector")]
    key: Option<String>,
    /// Has them read the whole log again. Findings that come out the same stay as they are, without a new revision.
    #[arg(long, conflicts_with = "key")]
    rewind: bool,
}

/// Runs a command about state.
///
/// # Errors
/// When the database fails.
pub fn run(command: &StateCommand, global: &Global) -> CliResult {
    match command {
        StateCommand::Show { detector: None, format, .. } => summary(*format, global),
        StateCommand::Show { detector: Some(detector), filter, limit, format } => {
            keys(detector, filter.as_deref(), *limit, *format, global)
        }
        StateCommand::Reset(args) => reset(args, global),
    }
}

fn summary(format: Format, global: &Global) -> CliResult {
    with_store("state show", global, async |session| {
        let detectors = session.store.state_summary().await?;
        print(&listing(
            &detectors,
            format,
            &["DETECTOR", "KEYS", "SIZE", "SCHEMA", "KEPT OF EARLIER VERSIONS"],
            |d| {
                let (low, high) = d.schema_versions;
                let schema = if low == high { low.to_string() } else { format!("{low} to {high}") };
                let kept: Vec<String> = d.kept.iter().map(copy).collect();
                vec![d.detector.clone(), count(d.keys), bytes(d.bytes), schema, kept.join("\n")]
            },
        )?)?;
        if detectors.is_empty() && format == Format::Table {
            eprintln!("no detector remembers anything");
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// A copy of earlier state, in a line.
fn copy(kept: &KeptState) -> String {
    let forms: Vec<String> = kept.schema_versions.iter().map(u32::to_string).collect();
    let day = kept.kept_at.get(..10).unwrap_or_default();
    format!("schema {}: {} keys, {}, {day}", forms.join(" and "), count(kept.keys), bytes(kept.bytes))
}

fn keys(detector: &str, filter: Option<&str>, limit: u32, format: Format, global: &Global) -> CliResult {
    with_store("state show", global, async |session| {
        let keys = session.store.state_keys(detector, filter, limit).await?;
        print(&listing(&keys, format, &["KEY", "SUBJECT", "SIZE", "SCHEMA", "GENERATION"], |k| {
            vec![
                k.key.clone(),
                k.subject.clone().unwrap_or_default(),
                bytes(k.bytes),
                k.schema_version.to_string(),
                k.generation.to_string(),
            ]
        })?)?;
        if keys.is_empty() && format == Format::Table {
            eprintln!("no such keys; 'ringfence state show' lists the detectors that remember something");
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn reset(args: &ResetArgs, global: &Global) -> CliResult {
    let reset = StateReset { detector: args.detector.clone(), key: args.key.clone(), rewind: args.rewind };
    with_store("state reset", global, async |session| {
        let removed = session.store.reset_state(&reset).await?;
        eprintln!("{} keys forgotten", count(removed));
        if reset.rewind {
            eprintln!("the running engine, or the next 'ringfence run', evaluates the whole log again");
        }
        Ok(ExitCode::from(u8::from(removed == 0 && !reset.rewind)))
    })
}

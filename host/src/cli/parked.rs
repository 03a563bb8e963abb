//! `ringfence parked`: records that detectors failed on.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use model::RecordId;

use super::output::{listing, print};
use super::session::with_store;
use super::{CliError, CliResult, Format, Global};
use crate::store::ParkedFilter;

/// Commands about parked records.
#[derive(Debug, Subcommand)]
pub enum ParkedCommand {
    /// Lists parked records, the latest first.
    List {
        #[command(flatten)]
        which: Which,
        /// How to print them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Has the running engine, or the next `run`, show parked records to their detectors again.
    Retry {
        #[command(flatten)]
        which: Which,
        /// Every parked record.
        #[arg(long, conflicts_with_all = ["detector", "record"])]
        all: bool,
    },
    /// Forgets parked records: their detectors will never see them. They stay in the log.
    Drop {
        #[command(flatten)]
        which: Which,
        /// Every parked record.
        #[arg(long, conflicts_with_all = ["detector", "record"])]
        all: bool,
    },
}

/// Which parked records.
#[derive(Debug, Args)]
pub struct Which {
    /// Of this detector.
    #[arg(long, value_name = "ID")]
    detector: Option<String>,
    /// With this Report ID.
    #[arg(long, value_name = "REPORT_ID")]
    record: Option<String>,
}

impl Which {
    fn filter(&self, all: bool) -> Result<ParkedFilter, CliError> {
        if !all && self.detector.is_none() && self.record.is_none() {
            return Err(CliError::Usage("which ones? say --detector, --record or --all".to_owned()));
        }
        let record = self.record.as_deref().map(|text| RecordId::from_text(text).0);
        Ok(ParkedFilter { detector: self.detector.clone(), record })
    }
}

/// Runs a command about parked records.
///
/// # Errors
/// When the database fails, or it is not said which records are meant.
pub fn run(command: &ParkedCommand, global: &Global) -> CliResult {
    match command {
        ParkedCommand::List { which, format } => list(&which.filter(true)?, *format, global),
        ParkedCommand::Retry { which, all } => {
            let filter = which.filter(*all)?;
            with_store("parked retry", global, async |session| {
                let asked = session.store.retry_parked(&filter).await?;
                eprintln!(
                    "{asked} records will be tried again by the running engine, or by the next 'ringfence run'"
                );
                Ok(ExitCode::from(u8::from(asked == 0)))
            })
        }
        ParkedCommand::Drop { which, all } => {
            let filter = which.filter(*all)?;
            with_store("parked drop", global, async |session| {
                let dropped = session.store.drop_parked(&filter).await?;
                eprintln!("{dropped} parked records forgotten; they stay in the log");
                Ok(ExitCode::from(u8::from(dropped == 0)))
            })
        }
    }
}

fn list(filter: &ParkedFilter, format: Format, global: &Global) -> CliResult {
    with_store("parked list", global, async |session| {
        let parked = session.store.parked(filter).await?;
        let heading = ["RECORD", "REPORTED", "DETECTOR", "TRIES", "RETRY", "REASON"];
        print(&listing(&parked, format, &heading, |p| {
            vec![
                p.record.clone(),
                p.report_time[..16].to_owned(),
                p.detector.clone(),
                p.attempts.to_string(),
                if p.retry { "asked for".to_owned() } else { String::new() },
                p.reason.clone(),
            ]
        })?)?;
        if parked.is_empty() && format == Format::Table {
            eprintln!("no parked records");
        }
        Ok(ExitCode::SUCCESS)
    })
}

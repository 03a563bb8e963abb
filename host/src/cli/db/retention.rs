//! `ringfence db retention`: which months of the log would go, and why the others stay.

use std::process::ExitCode;

use clap::Args;

use crate::cli::output::{bytes, listing, print};
use crate::cli::session::with_store;
use crate::cli::{CliResult, Format, Global};
use crate::store::{Fate, Keeper};

/// What to do about old months.
#[derive(Debug, Args)]
pub struct RetentionArgs {
    /// Drops what may go; a running engine does so every hour. Without it nothing is changed.
    #[arg(long)]
    apply: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
/// When the database fails.
pub fn run(args: &RetentionArgs, global: &Global) -> CliResult {
    with_store("db retention", global, async |session| {
        let (kept, today) = (session.config.retention(), chrono::Utc::now().date_naive());
        let review = match args.apply {
            true => session.store.apply_retention(kept, today).await?,
            false => session.store.review_retention(kept, today).await?,
        };
        print(&listing(&review.months, args.format, &["MONTH", "SIZE", "FATE", "BECAUSE"], |m| {
            let fate = match m.fate {
                Fate::Stays => "stays",
                Fate::Goes => "goes",
                Fate::Dropped => "dropped",
            };
            let why: Vec<String> = m.keepers.iter().map(because).collect();
            vec![m.month.to_string(), bytes(m.size_bytes), fate.to_owned(), why.join("; ")]
        })?)?;
        if args.format == Format::Table {
            match review.before {
                Some(before) => eprintln!("months before {before} are old enough to go (retention_months)"),
                None => eprintln!("no month is old enough to go: see retention_months in the configuration"),
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn because(keeper: &Keeper) -> String {
    match keeper {
        Keeper::ForEver => "no retention is set".to_owned(),
        Keeper::Recent => "it is not old enough".to_owned(),
        Keeper::Held { hold } => format!("legal hold {hold}"),
        Keeper::Unread { consumer: Some(consumer) } => format!(
            "{consumer} has not read all of it (if that detector is gone for good: 'ringfence state reset {consumer} --rewind')"
        ),
        Keeper::Unread { consumer: None } => "nothing has evaluated it yet".to_owned(),
        Keeper::Parked { records } => {
            format!("{records} records of it are parked: see 'ringfence parked list'")
        }
        Keeper::Busy => "it was in use; the next round tries again".to_owned(),
    }
}

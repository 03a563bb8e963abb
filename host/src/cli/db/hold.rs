//! `ringfence db hold`: months of the log that must be kept whatever the retention says.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::output::{harmless, listing, print};
use crate::cli::session::with_store;
use crate::cli::{CliError, CliResult, Format, Global};
use crate::store::{Month, NewHold};

/// Commands about legal holds.
#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Keeps months until the hold is released.
    Add(AddArgs),
    /// Lists holds, the released ones too: they are the audit trail.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Releases a hold; it stays in the list.
    Release {
        /// Its number.
        id: i32,
        /// Why.
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: String,
        /// Who decides it. [default: the user of this process]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

/// What to keep.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// First month, YYYY-MM.
    #[arg(long, value_name = "MONTH")]
    from: Month,
    /// Last month, YYYY-MM; without it every later month is kept too.
    #[arg(long, value_name = "MONTH")]
    to: Option<Month>,
    /// Why: a case number, a name of a proceeding.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Who decides it. [default: the user of this process]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it must say something".to_owned()) } else { Ok(text.to_owned()) }
}

/// Who places or releases a hold unless it is said: as the operating system calls the user.
fn by(name: &Option<String>) -> String {
    let user = || {
        std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "unknown".to_owned())
    };
    name.clone().unwrap_or_else(user)
}

/// Runs a command about legal holds.
///
/// # Errors
/// When the database fails or the months make no sense.
pub fn run(command: &HoldCommand, global: &Global) -> CliResult {
    match command {
        HoldCommand::Add(args) => add(args, global),
        HoldCommand::List { format } => list(*format, global),
        HoldCommand::Release { id, reason, by: name } => {
            with_store("db hold release", global, async |session| {
                match session.store.release_hold(*id, reason, &by(name)).await? {
                    Some(_) => {
                        eprintln!("hold {id} is released");
                        Ok(ExitCode::SUCCESS)
                    }
                    None => {
                        eprintln!("there is no hold {id} in force; 'ringfence db hold list' shows them");
                        Ok(ExitCode::from(1))
                    }
                }
            })
        }
    }
}

fn add(args: &AddArgs, global: &Global) -> CliResult {
    if args.to.is_some_and(|to| to < args.from) {
        return Err(CliError::Usage("--to is before --from".to_owned()));
    }
    with_store("db hold add", global, async |session| {
        let by = by(&args.by);
        let new = NewHold { from: args.from, to: args.to, reason: &args.reason, by: &by };
        let hold = session.store.place_hold(&new).await?;
        let to = args.to.map_or_else(|| "on".to_owned(), |to| format!("to {to}"));
        eprintln!("hold {}: months from {} {to} are kept until it is released", hold.id, args.from);
        Ok(ExitCode::SUCCESS)
    })
}

fn list(format: Format, global: &Global) -> CliResult {
    with_store("db hold list", global, async |session| {
        let holds = session.store.holds().await?;
        let heading = ["HOLD", "FROM", "TO", "REASON", "PLACED BY", "PLACED", "RELEASED"];
        print(&listing(&holds, format, &heading, |h| {
            let released = match (&h.released_at, &h.released_by, &h.release_reason) {
                (Some(at), Some(by), Some(why)) => format!("{} by {by}: {why}", &at[..10.min(at.len())]),
                _ => String::new(),
            };
            vec![
                h.id.to_string(),
                h.from.to_string(),
                h.to.map_or_else(|| "open".to_owned(), |m| m.to_string()),
                harmless(&h.reason).into_owned(),
                h.placed_by.clone(),
                h.placed_at[..10.min(h.placed_at.len())].to_owned(),
                released,
            ]
        })?)?;
        if holds.is_empty() && format == Format::Table {
            eprintln!("no legal holds");
        }
        Ok(ExitCode::SUCCESS)
    })
}

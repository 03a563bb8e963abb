//! `ringfence rules`: what an author of rules works with.
//!
//! One file per command. Owns where rules are looked for on the command line and how results are printed; does not own
//! rules (the crate `rules`), their cases (`rule_test`) or evaluation (`engine`).

mod backtest;
mod check;
mod diagnose;
mod diff;
mod explain;
mod list;
mod new;
mod sources;
mod test;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{CliResult, Global};

/// Commands about rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Checks rules: all errors at once, each with its place, reason and remedy.
    Check(check::CheckArgs),
    /// Runs the cases that stand beside rules.
    Test(test::TestArgs),
    /// Lists rules and whether they run.
    List(list::ListArgs),
    /// Shows which clauses of a rule held of a record and which failed.
    Explain(explain::ExplainArgs),
    /// Writes a new rule from a template.
    New(new::NewArgs),
    /// Evaluates rules over the past: what they would have found, and what each costs.
    Backtest(backtest::BacktestArgs),
    /// Compares what two versions of rules would have found.
    Diff(diff::DiffArgs),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    #[default]
    Table,
    /// One JSON object.
    Json,
}

/// Which rules a command is about.
#[derive(Clone, Debug, Args)]
pub(crate) struct Which {
    /// Rule files (`*.yml`, `*.yaml`) or folders with them; without any, the rules that the configuration loads.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// Runs a command about rules.
///
/// # Errors
/// When it was used wrongly, or the environment fails.
pub fn run(command: &RulesCommand, global: &Global) -> CliResult {
    match command {
        RulesCommand::Check(args) => check::run(args, global),
        RulesCommand::Test(args) => test::run(args, global),
        RulesCommand::List(args) => list::run(args, global),
        RulesCommand::Explain(args) => explain::run(args, global),
        RulesCommand::New(args) => new::run(args, global),
        RulesCommand::Backtest(args) => backtest::run(args, global),
        RulesCommand::Diff(args) => diff::run(args, global),
    }
}

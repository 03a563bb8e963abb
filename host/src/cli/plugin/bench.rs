//! `ringfence plugin bench`: what a plugin costs beside the built-in detectors.

use std::process::ExitCode;

use clap::Args;

use super::super::output::{count, listing, print};
use super::super::{CliError, CliResult, Format, Global};
use super::tried::Which;
use crate::conformance::bench::{Costs, measure};

/// Arguments of `plugin bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    which: Which,
    /// Rows each plugin is handed in one run.
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    rows: u64,
    /// How figures are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
pub(crate) fn run(args: &BenchArgs, global: &Global) -> CliResult {
    let (file, bytes, settings) = args.which.read(global)?;
    let all = measure(&file, &bytes, &settings, args.which.seed, args.rows)
        .map_err(|e| CliError::Usage(e.to_string()))?;
    let heading = [
        "plugin",
        "ns/record",
        "records/s",
        "ratio",
        "longest ms",
        "memory MiB",
        "B/record",
        "B/subject",
        "state B/subject",
        "checkpoint µs/key",
        "findings",
        "compile ms",
        "instance µs",
        "size",
    ];
    print(&listing(&all, args.format, &heading, row)?)?;
    if args.format == Format::Table {
        print("\nratio: that plugin's time per record over the first one's; above 1 the first is quicker\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(costs: &Costs) -> Vec<String> {
    vec![
        costs.plugin.clone(),
        format!("{:.0}", costs.ns_per_record),
        count(costs.records_per_second as u64),
        format!("{:.2}", costs.ratio),
        format!("{:.1}", costs.longest_call_ms),
        format!("{:.1}", costs.memory_mib),
        format!("{:.1}", costs.memory_bytes_per_record),
        count(costs.memory_bytes_per_subject as u64),
        count(costs.state_bytes_per_subject as u64),
        format!("{:.2}", costs.checkpoint_us_per_key),
        costs.findings.to_string(),
        format!("{:.0}", costs.compile_ms),
        format!("{:.0}", costs.instantiate_us),
        count(costs.size as u64),
    ]
}

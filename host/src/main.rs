//! The `ringfence` program: see `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringfence::cli::main()
}

//! Logs far more than anybody reads.

use guests::ringfence::detector::log;
use guests::{Batch, Error, Output, Setup};

guests::plain_manifest!("log-flood", "[\"user\"]", "[\"log\"]");

struct Guest;

impl guests::Guest for Guest {
    fn configure(_: Setup) -> Result<(), Error> {
        Ok(())
    }

    fn process(_: Batch) -> Result<Vec<Output>, Error> {
        for i in 0..10_000 {
            log::write(log::Level::Warn, &format!("line {i} {}", "x".repeat(2_000)));
        }
        Ok(Vec::new())
    }

    fn checkpoint() -> Result<(), Error> {
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);

//! Writes state in `process`.

use guests::ringfence::detector::state;
use guests::{Batch, Error, Output, Setup};

guests::plain_manifest!("state-outside-checkpoint", "[\"user\"]", "[\"state\"]");

struct Guest;

impl guests::Guest for Guest {
    fn configure(_: Setup) -> Result<(), Error> {
        Ok(())
    }

    fn process(_: Batch) -> Result<Vec<Output>, Error> {
        state::set("key", b"value");
        Ok(Vec::new())
    }

    fn checkpoint() -> Result<(), Error> {
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);

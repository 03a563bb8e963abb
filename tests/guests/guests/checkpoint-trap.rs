//! Writes a key and panics in `checkpoint`.

use guests::ringfence::detector::state;
use guests::{Batch, Error, Output, Setup};

guests::plain_manifest!("checkpoint-trap", "[\"user\"]", "[\"state\"]");

struct Guest;

impl guests::Guest for Guest {
    fn configure(_: Setup) -> Result<(), Error> {
        Ok(())
    }

    fn process(_: Batch) -> Result<Vec<Output>, Error> {
        Ok(Vec::new())
    }

    fn checkpoint() -> Result<(), Error> {
        state::set("half", b"done");
        panic!("half way through")
    }
}

guests::export!(Guest with_types_in guests::bindings);

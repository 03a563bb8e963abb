//! Panics in `configure`.

use guests::{Batch, Error, Output, Setup};

guests::plain_manifest!("init-trap", "[\"user\"]", "[]");

struct Guest;

impl guests::Guest for Guest {
    fn configure(_: Setup) -> Result<(), Error> {
        panic!("no configuration is good enough")
    }

    fn process(_: Batch) -> Result<Vec<Output>, Error> {
        Ok(Vec::new())
    }

    fn checkpoint() -> Result<(), Error> {
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);

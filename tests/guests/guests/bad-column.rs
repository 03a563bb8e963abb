//! Asks for a column that does not exist.

use guests::{Batch, Error, Output, Setup};

guests::plain_manifest!("bad-column", "[\"user\", \"caled_number\"]", "[]");

struct Guest;

impl guests::Guest for Guest {
    fn configure(_: Setup) -> Result<(), Error> {
        Ok(())
    }

    fn process(_: Batch) -> Result<Vec<Output>, Error> {
        Ok(Vec::new())
    }

    fn checkpoint() -> Result<(), Error> {
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);

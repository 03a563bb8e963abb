//! Has no manifest.

use guests::{Batch, Error, Output};

struct Guest;

impl guests::Guest for Guest {
    fn configure(_: String, _: Vec<String>) -> Result<(), Error> {
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

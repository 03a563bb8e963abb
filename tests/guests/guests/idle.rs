//! Waits for events that seldom come.

use guests::{Batch, Error, Output, Setup};

guests::manifest!(
    r#"
id = "idle"
version = "1.2.3"
interface = "1.0"
summary = "Waits."
partition = "user"
events = ["sign-in"]
columns = ["record_id", "user"]
capabilities = []
"#
);

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

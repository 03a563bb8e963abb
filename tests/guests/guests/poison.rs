//! Makes a finding of every row, and panics when it sees a call of 666 seconds.

guests::manifest!(include_str!("poison/plugin.toml"));

#[path = "poison/echo.rs"]
mod echo;

struct Guest;

impl guests::Guest for Guest {
    fn configure(_: guests::Setup) -> Result<(), guests::Error> {
        Ok(())
    }

    fn process(batch: guests::Batch) -> Result<Vec<guests::Output>, guests::Error> {
        echo::process(&batch, |seconds| assert_ne!(seconds, 666, "the number of the beast"))
    }

    fn checkpoint() -> Result<(), guests::Error> {
        Ok(())
    }
}

guests::export!(Guest with_types_in guests::bindings);

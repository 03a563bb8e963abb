//! The counter of the kit: see `guests::kit::Quirk::Repeats`.

guests::kit!("kit-repeats", guests::kit::Quirk::Repeats);

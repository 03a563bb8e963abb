//! The counter of the kit: see `guests::kit::Quirk::Empty`.

guests::kit!("kit-empty", guests::kit::Quirk::Empty);

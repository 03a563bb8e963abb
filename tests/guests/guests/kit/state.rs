//! The counter of the kit: see `guests::kit::Quirk::State`.

guests::kit!("kit-state", guests::kit::Quirk::State);

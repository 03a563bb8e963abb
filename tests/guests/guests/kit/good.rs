//! The counter of the kit: see `guests::kit::Quirk::None`.

guests::kit!("kit-good", guests::kit::Quirk::None);

//! The counter of the kit: see `guests::kit::Quirk::Workers`.

guests::kit!("kit-workers", guests::kit::Quirk::Workers);

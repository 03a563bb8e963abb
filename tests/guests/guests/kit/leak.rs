//! The counter of the kit: see `guests::kit::Quirk::Leak`.

guests::kit!("kit-leak", guests::kit::Quirk::Leak);

//! The counter of the kit: see `guests::kit::Quirk::Forgets`.

guests::kit!("kit-forgets", guests::kit::Quirk::Forgets);

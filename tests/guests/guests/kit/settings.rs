//! The counter of the kit: see `guests::kit::Quirk::Settings`.

guests::kit!("kit-settings", guests::kit::Quirk::Settings);

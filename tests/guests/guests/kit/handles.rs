//! The counter of the kit: see `guests::kit::Quirk::Handles`.

guests::kit!("kit-handles", guests::kit::Quirk::Handles);

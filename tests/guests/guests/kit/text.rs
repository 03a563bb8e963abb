//! The counter of the kit: see `guests::kit::Quirk::Text`.

guests::kit!("kit-text", guests::kit::Quirk::Text);

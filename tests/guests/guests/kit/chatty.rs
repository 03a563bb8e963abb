//! The counter of the kit: see `guests::kit::Quirk::Chatty`.

guests::kit!("kit-chatty", guests::kit::Quirk::Chatty);

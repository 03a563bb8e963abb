//! The counter of the kit: see `guests::kit::Quirk::Order`.

guests::kit!("kit-order", guests::kit::Quirk::Order);

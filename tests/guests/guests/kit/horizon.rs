//! The counter of the kit: see `guests::kit::Quirk::Horizon`.

guests::kit!("kit-horizon", guests::kit::Quirk::Horizon);

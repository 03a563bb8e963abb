//! The counter of the kit: see `guests::kit::Quirk::Slow`.

guests::kit!("kit-slow", guests::kit::Quirk::Slow);

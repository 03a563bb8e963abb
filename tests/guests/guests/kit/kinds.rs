//! The counter of the kit: see `guests::kit::Quirk::Kinds`.

guests::kit!("kit-kinds", guests::kit::Quirk::Kinds);

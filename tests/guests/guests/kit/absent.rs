//! The counter of the kit: see `guests::kit::Quirk::Absent`.

guests::kit!("kit-absent", guests::kit::Quirk::Absent);

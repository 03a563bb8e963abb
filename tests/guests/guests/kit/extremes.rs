//! The counter of the kit: see `guests::kit::Quirk::Extremes`.

guests::kit!("kit-extremes", guests::kit::Quirk::Extremes);

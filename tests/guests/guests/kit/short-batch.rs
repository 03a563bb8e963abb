//! The counter of the kit: see `guests::kit::Quirk::ShortBatch`.

guests::kit!("kit-short-batch", guests::kit::Quirk::ShortBatch);

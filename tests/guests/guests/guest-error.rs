//! Reports an error of its own.

guests::guest!("guest-error", |batch| Err(guests::Error::InvalidState(format!(
    "{} rows\nare too many",
    batch.rows
))));

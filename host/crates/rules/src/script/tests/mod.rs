//! Scripts on records.

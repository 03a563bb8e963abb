//! What the tests use.

pub mod generate;

//! What is served over HTTP. Nobody but `cli` imports it.

pub mod health;

pub use health::{Health, HealthError};

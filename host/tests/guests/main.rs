//! Runs the guests of `tests/guests`: what each does wrong shows its message, and hurts nobody else.
//!
//! The guests are built by this test with a nested cargo into `<target>/guests`. Every file there must have a case
//! in `cases.rs`, so that none can be forgotten.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod budgets;
mod build;
mod cases;
mod folder;
mod good;
mod service;
mod setup;
mod shared;

#[path = "../store/server.rs"]
mod server;

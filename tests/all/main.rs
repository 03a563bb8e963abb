//! End to end: the `ringfence` binary as a user runs it. One binary, one module per command.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test says by its name what it is about, and may panic"
)]

mod conformance;
mod demo;
mod harness;
mod life;
mod log;
mod operations;
mod plugins;
mod policy;
mod polyglot;
mod records;
mod replay;
mod rules;
mod scan;
mod service;
mod trust;

//! End to end: the `ringfence` binary as a user runs it. One binary, one module per command.

#![allow(missing_docs, reason = "tests document themselves by name")]

mod harness;
mod records;
mod scan;

//! A rule file of any shape: parsed and compiled, never a panic or a hang.
#![no_main]

#[path = "common/rules.rs"]
mod rules_common;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| rules_common::document(data));

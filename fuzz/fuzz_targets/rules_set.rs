//! Rule files as a set, with records through it.
#![no_main]

#[path = "common/rules.rs"]
mod rules_common;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| rules_common::set(data));

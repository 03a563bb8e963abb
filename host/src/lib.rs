//! The `ringfence` host: from call records to findings.
//!
//! Arrows point one way (docs/architecture.md): `config` and `directory` know nothing of the rest; `source` reads
//! files and `normalize` makes events; `store` keeps them; `plugin` runs detectors; `engine` joins them; `eval` measures
//! them against labelled folders; `policy` says what is in force and changes it; `telemetry` counts what they do and `api` shows it; `cli` is what a person calls. Nobody
//! imports `cli`, and only `cli` imports `api`.

pub mod api;
pub mod cli;
pub mod config;
pub mod conformance;
pub mod demo;
pub mod directory;
pub mod engine;
pub mod eval;
pub mod normalize;
pub mod plugin;
pub mod policy;
pub mod rule_test;
pub mod source;
pub mod store;
pub mod telemetry;

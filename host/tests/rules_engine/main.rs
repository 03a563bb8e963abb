//! Rules in the engine and on the log: swaps, where they begin, what they leave in the database.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod log;
mod memory;
#[path = "../store/server.rs"]
#[allow(dead_code, reason = "shared with the tests of the store")]
mod server;

use std::fmt::Write as _;
use std::sync::Arc;

use rules::{File, LoadOptions, RuleSet};

/// A set of one file.
pub fn set(text: &str) -> Arc<RuleSet> {
    let file = File { name: "test.yml".to_owned(), text: text.as_bytes().into() };
    let loaded = rules::load(&[file], &[], &LoadOptions::default());
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    loaded.set
}

/// A rule about calls that fulfil `selection`, with more of its text.
pub fn rule(name: &str, selection: &str, more: &str) -> String {
    format!(
        "title: {name}\nname: {name}\nlogsource: {{product: webex, service: calling, category: call}}\ndetection:\n    \
         selection: {{{selection}}}\n    condition: selection\nlevel: medium\n{more}\n"
    )
}

/// A report of outgoing calls, one a minute: number and seconds of each; a duration of none is left out.
pub fn report(calls: impl IntoIterator<Item = (u32, Option<u32>)>) -> String {
    let mut csv = "Report ID,Start time,Release time,Duration,Direction,Call type,User,User UUID,Location,Called number\n".to_owned();
    for (n, seconds) in calls {
        let at = model::finding::format_time(1_772_359_200_000 + i64::from(n) * 60_000);
        let seconds = seconds.map_or_else(String::new, |s| s.to_string());
        writeln!(
            csv,
            "{n:08x}-f1f6-4326-86f9-565d2e11553d,{at},{at},{seconds},ORIGINATING,SIP_NATIONAL,User {0},{0:08x}-0000-4000-8000-000000000001,\
             Office {0},+34600111222",
            n % 3
        )
        .unwrap();
    }
    csv
}

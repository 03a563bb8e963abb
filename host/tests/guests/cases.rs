//! Each guest, the rows it is given, and what its message must hold.

use std::time::{Duration, Instant as Clock};

use ringfence::plugin::{Call, Cause, PluginError};

use super::setup::{CALL_MS, load, rows, start};
use super::{build, good};

enum Expect {
    /// Not loaded, with these words in the message.
    Refused(&'static [&'static str]),
    /// Fails in that call.
    Fails(Call, fn(&Cause) -> bool, &'static [&'static str]),
    /// Does nothing wrong.
    Fine,
}

use Expect::{Fails, Fine, Refused};

/// Guest, rows, expectation.
const CASES: &[(&str, usize, Expect)] = &[
    ("good", 0, Fine),
    ("empty", 3, Fine),
    // For whom its rows are: `shared.rs`.
    ("shared", 0, Fine),
    ("log-flood", 1, Fine),
    ("tally", 3, Fine),
    // Takes over from the one before: `tests/all/life.rs`.
    ("tally-next", 3, Fine),
    // What they do to a log: `service.rs`.
    ("poison", 0, Fine),
    ("poison-mended", 0, Fine),
    ("fs", 1, Refused(&["wasi:filesystem/", "file system", "std::fs"])),
    ("sockets", 1, Refused(&["wasi:sockets/", "network", "std::net"])),
    ("clocks", 1, Refused(&["wasi:clocks/", "clock", "Instant::now"])),
    ("sleep", 1, Refused(&["wasi:clocks/", "thread::sleep"])),
    ("random", 1, Refused(&["wasi:random/random", "randomness", "seed a generator"])),
    ("bad-version", 1, Refused(&["interface 9.9.9", "runs 1.0", "update ringfence"])),
    ("no-manifest", 1, Refused(&["no manifest", "ringfence:manifest", "SDK"])),
    ("bad-column", 1, Refused(&["columns", "'caled_number' is not a field", "called_number"])),
    (
        "undeclared-capability",
        1,
        Refused(&["ringfence:detector/names@1.0.0", "add \"names\" to capabilities"]),
    ),
    (
        "init-trap",
        0,
        Fails(Call::Configure, |c| matches!(c, Cause::Trap { .. }), &["no configuration is good enough"]),
    ),
    (
        "trap",
        7,
        Fails(
            Call::Process,
            |c| matches!(c, Cause::Trap { .. }),
            &["panicked at", "index 7 of nothing\\u{1b}[31m"],
        ),
    ),
    ("loop", 1, Fails(Call::Process, |c| *c == Cause::Deadline { ms: CALL_MS }, &["deadline of 200 ms"])),
    (
        "stderr-flood",
        1,
        Fails(Call::Process, |c| *c == Cause::Deadline { ms: CALL_MS }, &["deadline of 200 ms"]),
    ),
    (
        "memory",
        1,
        Fails(Call::Process, |c| matches!(c, Cause::Memory { limit_mib: 64, .. }), &["limit is 64 MiB"]),
    ),
    (
        "block",
        1,
        Fails(Call::Process, |c| matches!(c, Cause::Blocking(_)), &["blocking is denied", "poll.block"]),
    ),
    ("recursion", 1, Fails(Call::Process, |c| matches!(c, Cause::StackOverflow { .. }), &["stack overflow"])),
    ("huge-result", 1, Fails(Call::Process, |c| matches!(c, Cause::Memory { .. }), &["limit is 64 MiB"])),
    (
        "huge-result",
        2,
        Fails(
            Call::Process,
            |c| matches!(c, Cause::OutputLimit(_)),
            &["8388608 bytes", "limits.output_bytes"],
        ),
    ),
    (
        "many-findings",
        1,
        Fails(Call::Process, |c| matches!(c, Cause::OutputLimit(_)), &["5000 findings", "limit is 2048"]),
    ),
    (
        "bad-finding",
        1,
        Fails(Call::Process, |c| matches!(c, Cause::InvalidOutput(_)), &["finding 'k'", "handle 3999999999"]),
    ),
    ("exit", 1, Fails(Call::Process, |c| matches!(c, Cause::Exit { .. }), &["ended the process"])),
    (
        "state-outside-checkpoint",
        1,
        Fails(Call::Process, |c| matches!(c, Cause::Import(_)), &["state.set outside of checkpoint"]),
    ),
    (
        "guest-error",
        2,
        Fails(
            Call::Process,
            |c| matches!(c, Cause::Guest { .. }),
            &["invalid state", "2 rows\\nare too many"],
        ),
    ),
    (
        "checkpoint-trap",
        0,
        Fails(Call::Checkpoint, |c| matches!(c, Cause::Trap { .. }), &["half way through"]),
    ),
];

#[test]
fn every_guest_has_a_case() {
    let mut tested: Vec<&str> = CASES.iter().map(|(name, ..)| *name).collect();
    tested.dedup();
    tested.sort_unstable();
    tested.dedup();
    assert_eq!(tested, build::names());
}

#[test]
fn each_shows_its_message_and_hurts_nobody_else() {
    // A neighbour that lives through all of it.
    let neighbour = load("good").unwrap();
    let mut neighbour = good::Probe::start(&neighbour);
    for (name, count, expect) in CASES {
        let begun = Clock::now();
        match expect {
            Refused(words) => {
                let message = load(name).unwrap_err().to_string();
                contains(&message, name, words);
                if *name != "no-manifest" {
                    contains(&message, name, &[&format!("plugin {name} 1.2.3: load: ")]);
                }
                contains(&message, name, &[&format!("plugins/{name}.wasm")]);
            }
            Fails(call, right, words) => {
                let error = fail(name, *count).unwrap_err();
                assert!(right(&error.cause), "{name}: {error}");
                assert_eq!(error.call, *call, "{name}");
                let message = error.to_string();
                contains(&message, name, words);
                contains(&message, name, &[&format!("plugin {name} 1.2.3: {call}: ")]);
                assert!(!message.chars().any(char::is_control), "{name}: {message:?}");
            }
            Fine => fail(name, *count).unwrap(),
        }
        // Deadline, build of the code by an unoptimised compiler, and a busy machine.
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} took {:?}", begun.elapsed());
        neighbour.works();
    }
}

fn contains(message: &str, name: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{name}: {message:?} lacks {word:?}");
    }
}

/// Runs a guest until it fails; then checks that its instance is dead and a new one starts.
fn fail(name: &str, count: usize) -> Result<(), PluginError> {
    let plugin = load(name).unwrap();
    let mut instance = start(&plugin)?;
    let batch = rows(&plugin, count);
    let Err(error) = instance.process(&batch).and_then(|_| instance.checkpoint()) else { return Ok(()) };
    assert!(instance.is_dead());
    let again = instance.process(&batch).unwrap_err();
    assert!(matches!(again.cause, Cause::Dead(_)), "{again}");
    contains(&again.to_string(), name, &["ended with an earlier failure", "instantiate a new one"]);
    let mut fresh = start(&plugin).unwrap();
    assert!(!fresh.is_dead());
    let once_more = fresh.process(&batch).and_then(|_| fresh.checkpoint()).unwrap_err();
    assert_eq!(once_more.cause.to_string(), error.cause.to_string(), "same input, same failure");
    Err(error)
}

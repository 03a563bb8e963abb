//! Code just within the bounds: what compiling costs at most. `cargo test --test hostile -- --ignored --nocapture`.

use std::time::Instant;

use super::assemble::Core;
use super::{RUNTIME, peak_mib};

fn bomb(extra: String) -> Vec<u8> {
    Core { extra, ..Core::default() }.component("bomb")
}

/// A function of about so many bytes in which each of the variables is set on some path and used on another.
fn locals(count: usize, bytes: usize) -> String {
    let blocks = bytes / 14;
    format!(
        "(func (export \"b\") (param i32) {} (loop $top {} (br_if $top (local.get 0))))",
        "(local i64)".repeat(count),
        (0..blocks)
            .map(|i| {
                let (a, b) = (1 + i % count, 1 + (i * 7919 + 13) % count);
                format!("(if (local.get 0) (then (local.set {a} (i64.add (local.get {b}) (i64.const 1)))))")
            })
            .collect::<String>()
    )
}

fn live(count: usize, times: usize) -> String {
    format!(
        "(func (export \"b\") (result i64) {} {})",
        format!(
            "{} {}",
            (0..count).map(|i| format!("(i64.load (i32.const {}))", i % 1000 * 8)).collect::<String>(),
            "i64.xor ".repeat(count - 1)
        )
        .repeat(times),
        "i64.xor ".repeat(times - 1)
    )
}

fn loops(depth: usize) -> String {
    format!(
        "(func (export \"b\") (param i32) (local i64 i64 i64 i64) {} {})",
        "loop (local.set 1 (i64.add (local.get 2) (local.get 3))) ".repeat(depth),
        "(br_if 0 (local.get 0)) end ".repeat(depth)
    )
}

#[test]
#[ignore = "a measurement"]
fn what_compiling_costs_at_the_bounds() {
    let cases = vec![
        (
            "straight 1 MiB",
            bomb(format!(
                "(func (export \"b\") (param i32) (result i32) (local.get 0) {})",
                "(i32.const 77) i32.mul (i32.const 3) i32.xor ".repeat(149_000)
            )),
        ),
        ("64 locals, 370 KB", bomb(locals(64, 370_000))),
        ("1000 locals, 24 KB", bomb(locals(1_000, 24_000))),
        ("live 4900 x 20", bomb(live(4_900, 20))),
        ("live 4900 x 140", bomb(live(4_900, 140))),
        ("loops 149", bomb(loops(149))),
        ("loops 149, often", bomb(loops(149).replace("(export \"b\")", "").repeat(400))),
        (
            "blocks 2000",
            bomb(format!("(func (export \"b\") {}{})", "block ".repeat(1_999), "end ".repeat(1_999))),
        ),
        (
            "br_table 50000",
            bomb(format!(
                "(func (export \"b\") (param i32) {})",
                format!("(block (block (br_table {} (local.get 0))))", "0 1 ".repeat(2_400)).repeat(10)
            )),
        ),
        ("functions 49000", bomb("(func)".repeat(49_000))),
        (
            "functions 49000 of 400 B",
            bomb(
                format!(
                    "(func (param i32) (result i32) (local.get 0) {})",
                    "(i32.const 77) i32.mul (i32.const 3) i32.xor ".repeat(55)
                )
                .repeat(49_000),
            ),
        ),
        ("calls 100000", bomb(format!("(func $f) (func (export \"b\") {})", "(call $f)".repeat(300_000)))),
        (
            "stores",
            bomb(format!(
                "(func (export \"b\") {})",
                "(i64.store (i32.const 8) (i64.const 1))".repeat(140_000)
            )),
        ),
    ];
    for (name, bytes) in cases {
        let begun = Instant::now();
        let loaded = RUNTIME.load(name, &bytes).map(drop).map_err(|e| e.problem.to_string());
        eprintln!(
            "{:7} ms {:6} MiB {:8} bytes {name}: {loaded:?}",
            begun.elapsed().as_millis(),
            peak_mib(),
            bytes.len()
        );
    }
}

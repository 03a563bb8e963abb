//! Hostile guests written by hand: each tries one thing.

use super::assemble::{Core, DATA, Said, at, component, custom, manifest, with_manifest};

const ENDLESS: &str = "(loop $l (br $l))";
const DEEP: &str = "(func $deep (param i64) (result i64) (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1)))))";

fn core(change: impl FnOnce(&mut Core)) -> Core {
    let mut core = Core::default();
    change(&mut core);
    core
}

fn said(change: impl FnOnce(&mut Said)) -> Core {
    let mut said = Said::new();
    change(&mut said);
    said.core()
}

/// Repeats a body as often as the text says, for ever if it says so.
fn again(body: &str) -> String {
    format!("(loop $again {body} (br $again))")
}

/// Every core module that tries something, by name.
fn cores() -> Vec<(&'static str, Core)> {
    let state = "(param i32 i32 i32 i32)";
    vec![
        // Time.
        ("loop-configure", core(|c| c.configure = ENDLESS.into())),
        ("loop-process", core(|c| c.process = ENDLESS.into())),
        ("loop-checkpoint", core(|c| c.checkpoint = ENDLESS.into())),
        ("loop-realloc", core(|c| c.realloc = ENDLESS.into())),
        ("loop-start", core(|c| c.extra = format!("(func $s {ENDLESS}) (start $s)"))),
        ("loop-resolve", core(|c| c.process = again("(call $resolve (i32.const 4096) (i32.const 64) (i32.const 2048))"))
            .import("names", "resolve", "(param i32 i32 i32)")),
        // Stack and memory.
        ("recursion-process", core(|c| { c.extra = DEEP.into(); c.process = "(drop (call $deep (i64.const 1)))".into(); })),
        ("recursion-start", core(|c| c.extra = format!("{DEEP} (func $s (drop (call $deep (i64.const 1)))) (start $s)"))),
        ("memory-grow", core(|c| c.process = again("(drop (memory.grow (i32.const 16)))"))),
        ("memory-grow-at-once", core(|c| c.process = "(drop (memory.grow (i32.const 65000)))".into())),
        ("memory-fill", core(|c| c.process = "(drop (memory.grow (i32.const 400))) (memory.fill (i32.const 0) (i32.const 255) (i32.const 26000000))".into())),
        ("memory-initial", core(|c| c.memory = "65536".into())),
        ("memory-64", core(|c| c.extra = "(memory $big i64 1000000)".into())),
        ("memory-many", core(|c| c.extra = "(memory 1)".repeat(60))),
        ("table-initial", core(|c| c.extra = "(table 9999999 funcref)".into())),
        ("table-grow", core(|c| {
            c.extra = "(table $t 1 funcref)".into();
            c.process = again("(drop (table.grow $t (ref.null func) (i32.const 100000)))");
        })),
        ("realloc-beyond-memory", core(|c| c.realloc = "(return (i32.const 2147483640))".into())),
        ("realloc-misaligned", core(|c| c.realloc = "(return (i32.const 65537))".into())),
        ("realloc-into-the-stack", core(|c| c.realloc = "(return (i32.const 0))".into())),
        // Traps, at every place.
        ("trap-start", core(|c| c.extra = "(func $s unreachable) (start $s)".into())),
        ("trap-configure", core(|c| c.configure = "unreachable".into())),
        ("trap-process", core(|c| c.process = "unreachable".into())),
        ("trap-third-call", core(|c| c.process = "(if (i32.eq (global.get $calls) (i32.const 3)) (then unreachable))".into())),
        ("trap-checkpoint", core(|c| c.checkpoint = "unreachable".into())),
        ("divide-by-zero", core(|c| c.process = "(drop (i32.div_u (i32.const 1) (i32.load (i32.const 8))))".into())),
        ("out-of-bounds", core(|c| c.process = "(drop (i64.load (i32.const -8)))".into())),
        ("indirect-null", core(|c| {
            c.extra = "(type $f (func)) (table 4 funcref)".into();
            c.process = "(call_indirect (type $f) (i32.const 2))".into();
        })),
        // Results that are none.
        ("result-beyond-memory", core(|c| c.answer = "i32.const 2147483640".into())),
        ("result-misaligned", core(|c| c.answer = "i32.const 17".into())),
        ("result-case", said(|s| { s.result(0, &[9]); })),
        ("result-list-endless", said(|s| { s.result(8, &u32::MAX.to_le_bytes()); })),
        ("result-list-large", said(|s| { s.result(8, &3_000_000u32.to_le_bytes()); })),
        ("result-error-huge", said(|s| { s.result(0, &[1]).result(4, &[3]).result(8, &0u32.to_le_bytes()).result(12, &250_000u32.to_le_bytes()); })),
        ("result-error-not-utf8", said(|s| { s.result(0, &[1]).result(4, &[3]).result(8, &(DATA + 4000).to_le_bytes()).result(12, &4u32.to_le_bytes()).data(4000, &[0xff, 0xfe, 0xc0, 0x80]); })),
        // Findings that are none.
        ("output-case", said(|s| { s.case(7); })),
        ("withdraw-unknown", said(|s| {
            // withdrawal: key, then subject at 8 and its value at 16.
            s.case(1).field(8, &[3]);
        })),
        ("severity", said(|s| { s.field(at::SEVERITY, &[200]); })),
        ("score-nan", said(|s| { s.field(at::SCORE, &f64::NAN.to_le_bytes()); })),
        ("score-infinite", said(|s| { s.field(at::SCORE, &f64::INFINITY.to_le_bytes()); })),
        ("subject-case", said(|s| { s.field(at::SUBJECT, &[9]); })),
        ("subject-unknown-handle", said(|s| { s.field(at::SUBJECT, &[0]).field(at::SUBJECT_VALUE, &u32::MAX.to_le_bytes()); })),
        ("subject-absent-number", said(|s| { s.field(at::SUBJECT, &[1]).field(at::SUBJECT_VALUE, &u64::MAX.to_le_bytes()); })),
        ("title-not-utf8", said(|s| { s.text(at::TITLE, 4_000, 4).data(4_000, &[0xed, 0xa0, 0x80, b'x']); })),
        ("title-empty", said(|s| { s.text(at::TITLE, 4_000, 0); })),
        ("title-huge", said(|s| { s.text(at::TITLE, 0, 200_000); })),
        ("title-steers-the-terminal", said(|s| { s.text(at::TITLE, 4_000, 9).data(4_000, b"\x1b[2J\xe2\x80\xaex\x07"); })),
        ("key-huge", said(|s| { s.text(at::KEY, 4_000, 4_000).data(4_000, &[b'k'; 4_000]); })),
        ("key-with-nul", said(|s| { s.text(at::KEY, 4_000, 3).data(4_000, b"k\0k"); })),
        ("key-outside-memory", said(|s| { s.text(at::KEY, u32::MAX - DATA - 7, 7); })),
        ("kind-with-blanks", said(|s| { s.text(at::KIND, 4_000, 4).data(4_000, b"a b\n"); })),
        ("times-backwards", said(|s| { s.field(at::FIRST, &i64::MAX.to_le_bytes()).field(at::LAST, &i64::MIN.to_le_bytes()); })),
        ("times-out-of-range", said(|s| { s.field(at::FIRST, &i64::MIN.to_le_bytes()).field(at::LAST, &i64::MAX.to_le_bytes()); })),
        ("evidence-endless", said(|s| { s.text(at::EVIDENCE, 0, u32::MAX / 16); })),
        ("evidence-long", said(|s| { s.text(at::EVIDENCE, 0, 15_000); })),
        ("explanation-endless", said(|s| { s.text(at::EXPLANATION, 0, u32::MAX / 8); })),
        ("attributes-garbage", said(|s| { s.text(at::ATTRIBUTES, 4_000, 40).data(4_000, &[0xaa; 2_000]); })),
        // Imports.
        ("state-flood", core(|c| {
            c.checkpoint = again("(i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 1))) (i32.store8 (i32.const 4100) (i32.or (i32.const 1) (i32.load8_u (i32.const 4100)))) (i32.store (i32.const 4104) (i32.add (i32.const 808464432) (i32.and (i32.load (i32.const 4096)) (i32.const 117901063)))) (i32.store (i32.const 4108) (i32.add (i32.const 808464432) (i32.and (i32.shr_u (i32.load (i32.const 4096)) (i32.const 3)) (i32.const 117901063)))) (call $set (i32.const 4104) (i32.const 8) (i32.const 65536) (i32.const 60000))");
        }).import("state", "set", state)),
        ("state-huge-value", core(|c| { c.memory = "200".into(); c.checkpoint = "(call $set (i32.const 4096) (i32.const 1) (i32.const 0) (i32.const 8000000))".into(); }).import("state", "set", state)),
        ("state-huge-key", core(|c| c.checkpoint = "(memory.fill (i32.const 4096) (i32.const 107) (i32.const 50000)) (call $set (i32.const 4096) (i32.const 50000) (i32.const 0) (i32.const 1))".into()).import("state", "set", state)),
        ("state-key-with-nul", core(|c| c.checkpoint = "(call $set (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 1))".into()).import("state", "set", state)),
        ("state-in-process", core(|c| c.process = "(call $set (i32.const 4096) (i32.const 1) (i32.const 0) (i32.const 1))".into()).import("state", "set", state)),
        ("state-read-flood", core(|c| c.process = again("(i32.store8 (i32.const 4096) (i32.const 107)) (call $get (i32.const 4096) (i32.const 1) (i32.const 2048))")).import("state", "get", "(param i32 i32 i32)")),
        ("intern-flood", core(|c| {
            c.process = again("(i32.store (i32.const 4096) (i32.add (i32.const 808464432) (i32.and (local.get $i) (i32.const 252645135)))) (i32.store (i32.const 4100) (i32.add (i32.const 808464432) (i32.and (i32.shr_u (local.get $i) (i32.const 4)) (i32.const 252645135)))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (i32.store (i32.const 5000) (i32.const 4096)) (i32.store (i32.const 5004) (i32.const 8)) (call $intern (i32.const 5000) (i32.const 1) (i32.const 2048))");
        }).import("names", "intern", "(param i32 i32 i32)")),
        ("intern-many", core(|c| c.process = "(call $intern (i32.const 65536) (i32.const 20000) (i32.const 2048))".into()).import("names", "intern", "(param i32 i32 i32)")),
        ("resolve-many", core(|c| { c.memory = "80".into(); c.process = "(call $resolve (i32.const 65536) (i32.const 1000000) (i32.const 2048))".into(); }).import("names", "resolve", "(param i32 i32 i32)")),
        ("log-flood", core(|c| c.process = again("(call $write (i32.const 3) (i32.const 65536) (i32.const 100000))")).import("log", "write", "(param i32 i32 i32)")),
        ("log-level", core(|c| c.process = "(call $write (i32.const 77) (i32.const 65536) (i32.const 4))".into()).import("log", "write", "(param i32 i32 i32)")),
        ("log-not-utf8", core(|c| c.process = "(i32.store (i32.const 4096) (i32.const -1)) (call $write (i32.const 1) (i32.const 4096) (i32.const 4))".into()).import("log", "write", "(param i32 i32 i32)")),
        ("import-result-outside", core(|c| c.process = "(call $resolve (i32.const 4096) (i32.const 4) (i32.const -64))".into()).import("names", "resolve", "(param i32 i32 i32)")),
        ("columns-of-all-kinds", core(|c| c.columns = "[\"user\", \"$row\", \"call_id\", \"caller_reputation_score\", \"called_ours\", \"record_id\"]".into())),
    ]
}

/// Whole components and files that try something.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let good = Core::default();
    let whole = good.component("whole");
    let bare = component(good.module());
    let mut files = vec![
        ("empty-file", Vec::new()),
        ("header-only", whole[..8].to_vec()),
        ("core-module", good.module()),
        ("truncated-half", whole[..whole.len() / 2].to_vec()),
        ("truncated-by-one", whole[..whole.len() - 1].to_vec()),
        ("two-manifests", with_manifest(whole.clone(), &manifest("other", "[\"user\"]", "[]"))),
        (
            "manifest-of-a-megabyte",
            with_manifest(
                bare.clone(),
                &format!("{}# {}", manifest("long", "[\"user\"]", "[]"), "x".repeat(1 << 20)),
            ),
        ),
        (
            "manifest-nested",
            with_manifest(
                bare.clone(),
                &format!(
                    "{}\na = {}{}",
                    manifest("nested", "[\"user\"]", "[]"),
                    "[".repeat(20_000),
                    "]".repeat(20_000)
                ),
            ),
        ),
        (
            "manifest-keys",
            with_manifest(
                bare.clone(),
                &format!("{}\n{}", manifest("keys", "[\"user\"]", "[]"), "a.".repeat(20_000) + "b = 1"),
            ),
        ),
        ("manifest-not-utf8", {
            let mut b = bare.clone();
            custom(&mut b, "ringfence:manifest", &[0xff; 100]);
            b
        }),
        (
            "manifest-columns",
            with_manifest(
                bare.clone(),
                &manifest("columns", &format!("[{}]", "\"user\",".repeat(7_000)), "[]"),
            ),
        ),
        ("manifest-reserved-id", with_manifest(bare.clone(), &manifest("rules", "[\"user\"]", "[]"))),
        (
            "manifest-path-as-id",
            with_manifest(bare.clone(), &manifest("../../etc/cron.d/x", "[\"user\"]", "[]")),
        ),
        ("manifest-of-a-built-in", with_manifest(bare, &manifest("mass-dialing", "[\"user\"]", "[]"))),
        ("section-length-lies", {
            let mut b = whole.clone();
            b.extend([0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
            b
        }),
        ("custom-sections", {
            let mut b = whole.clone();
            (0..50_000).for_each(|_| custom(&mut b, "x", &[]));
            b
        }),
        (
            "no-exports",
            with_manifest(wat::parse_str("(component)").unwrap(), &manifest("none", "[\"user\"]", "[]")),
        ),
        ("nested-components", with_manifest(nested(400), &manifest("nested", "[\"user\"]", "[]"))),
        ("imports-by-the-thousand", with_manifest(imports(3_000), &manifest("imports", "[\"user\"]", "[]"))),
        ("exports-by-the-thousand", with_manifest(exports(3_000), &manifest("exports", "[\"user\"]", "[]"))),
        (
            "instances-by-the-thousand",
            with_manifest(instances(900), &manifest("instances", "[\"user\"]", "[]")),
        ),
    ];
    files.extend(bombs());
    files
}

/// Bombs for the compiler: valid code that takes it long. Bounded before it is compiled.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let bomb = |extra: String| core(|c| c.extra = extra).component("bomb");
    let locals = |n: usize| "(local i64)".repeat(n);
    vec![
        (
            "bomb-long-function",
            bomb(format!(
                "(func (export \"b\") (param i32) (result i32) (local.get 0) {})",
                "(i32.const 77) i32.mul (i32.const 3) i32.xor ".repeat(700_000)
            )),
        ),
        (
            "bomb-locals-times-blocks",
            bomb(format!(
                "(func (export \"b\") (param i32) {} {})",
                locals(20_000),
                (0..30_000)
                    .map(|i| format!(
                        "(if (local.get 0) (then (local.set {} (i64.add (local.get {}) (i64.const 1)))))",
                        1 + i % 20_000,
                        1 + (i * 7) % 20_000
                    ))
                    .collect::<String>()
            )),
        ),
        (
            "bomb-branch-tables",
            bomb(format!(
                "(func (export \"b\") (param i32) {})",
                format!("(block (block (br_table {} (local.get 0))))", "0 1 ".repeat(30_000)).repeat(10)
            )),
        ),
        (
            "bomb-nested-blocks",
            bomb(format!("(func (export \"b\") {}{})", "block ".repeat(60_000), "end ".repeat(60_000))),
        ),
        (
            "bomb-nested-loops",
            bomb(format!(
                "(func (export \"b\") (param i32) (local i64 i64 i64 i64) {} {})",
                "loop (local.set 1 (i64.add (local.get 2) (local.get 3))) ".repeat(600),
                "(br_if 0 (local.get 0)) end ".repeat(600)
            )),
        ),
        (
            "bomb-live-values",
            bomb(format!(
                "(func (export \"b\") (result i64) {} {})",
                (0..40_000).map(|i| format!("(i64.load (i32.const {}))", i % 1000 * 8)).collect::<String>(),
                "i64.xor ".repeat(39_999)
            )),
        ),
        ("bomb-many-functions", bomb("(func)".repeat(400_000))),
        (
            "bomb-many-types",
            bomb(
                (0..200_000)
                    .map(|i| format!("(type (func (param {})))", ["i32", "i64", "f32", "f64"][i % 4]))
                    .collect::<String>(),
            ),
        ),
        ("bomb-globals", bomb("(global (mut i64) (i64.const 1))".repeat(300_000))),
        (
            "bomb-elements",
            bomb(format!(
                "(table 100000 funcref) (func $f) (elem (i32.const 0) func {})",
                "$f ".repeat(100_000)
            )),
        ),
    ]
}

/// Components within components.
fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..depth {
        let mut outer = b"\0asm\x0d\0\x01\0".to_vec();
        outer.push(4);
        super::assemble::leb(&mut outer, bytes.len());
        outer.extend(bytes);
        bytes = outer;
    }
    bytes
}

fn imports(count: usize) -> Vec<u8> {
    let lines: String = (0..count).map(|i| format!("(import \"f{i}\" (func))")).collect();
    wat::parse_str(format!("(component {lines})")).unwrap()
}

fn exports(count: usize) -> Vec<u8> {
    let lines: String = (0..count).map(|i| format!("(export \"f{i}\" (func 0))")).collect();
    wat::parse_str(format!("(component (import \"f\" (func)) {lines})")).unwrap()
}

fn instances(count: usize) -> Vec<u8> {
    let lines = "(core instance (instantiate 0))".repeat(count);
    wat::parse_str(format!("(component (core module (memory 100)) {lines})")).unwrap()
}

/// All of them.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let cores = cores().into_iter().map(|(name, core)| (name.to_owned(), core.component(name)));
    cores.chain(files().into_iter().map(|(name, bytes)| (name.to_owned(), bytes))).collect()
}

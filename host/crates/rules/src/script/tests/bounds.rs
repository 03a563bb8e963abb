//! Scripts that would not end, or would fill memory, end with a clear error.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{BEGIN, call, compiled, holds, when, world};
use crate::script::{ErrorKind, Scripts, limits};
use crate::sigma::ZoneBy;

#[track_caller]
fn limited(source: &str, message: &str) {
    let error = holds(source).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Limit, message), "{source}");
}

#[test]
fn each_limit_ends_a_script() {
    let operations = "the script takes too many operations";
    limited("loop {} true", operations);
    limited("let n = 0; while true { n += 1; } true", operations);
    limited("let n = 0; for i in 0..1000000000 { n += i; } true", operations);
    limited("let n = 0; for i in range(0, 1000000000, 1) { n += 1; } true", operations);
    limited("let n = 0; do { n += 1; } while n > 0; true", operations);
    limited("fn f(n) { f(n + 1) } f(0) > 1", "functions call each other too deeply");
    limited("fn f(n) { g(n) } fn g(n) { f(n) } f(0) > 1", "functions call each other too deeply");
    limited("let s = \"x\"; loop { s += s; } true", "a text becomes too large");
    limited("let s = \"x\"; s.pad(1000000000, \"y\"); true", "a text becomes too large");
    limited("let s = \"ab\"; loop { s.replace(\"a\", \"aaaaaaaa\"); } true", "a text becomes too large");
    limited("let l = []; loop { l.push(1); } true", "a list or map becomes too large");
    limited("let l = [1]; loop { l += l; } true", "a list or map becomes too large");
    limited("let l = [1]; loop { l = [l, l]; } true", "a list or map becomes too large");
    limited("let l = []; l.pad(1000000000, 1); true", "a list or map becomes too large");
    limited("let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; } true", operations);
    let large = "a list or map becomes too large";
    limited("let m = #{}; for i in 0..2000 { let n = #{}; n[`k${i}`] = i; m += n; } true", large);
    let many: String = (0..300).map(|n| format!("let v{n} = 1;")).collect();
    limited(&(many + "true"), "the script has too many variables");
}

#[test]
fn wall_time_ends_what_counts_few_operations() {
    let (scripts, _) = Scripts::with_wall(&[], Duration::ZERO);
    let when = scripts
        .when("a.yml", "let n = 0; while n < 1000 { n += 1; } true", BEGIN, &ZoneBy::Location)
        .unwrap();
    let world = world();
    let error = when.holds(&call(&world), &world).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Limit, "the script takes too long"));
    // The clock starts anew each time: what is short is never stopped.
    let short = scripts.when("a.yml", "minutes > 60", BEGIN, &ZoneBy::Location).unwrap();
    for _ in 0..1_000 {
        assert_eq!(short.holds(&call(&world), &world), Ok(true));
    }
}

#[test]
fn large_sources_are_refused_quickly() {
    let sources = [
        "x".repeat(limits::MAX_SOURCE + 1),
        format!("{}true", "(".repeat(4_000)),
        format!("{}true", "!".repeat(8_000)),
        format!("{}1 > 0", "-".repeat(8_000)),
        format!("1{} > 0", "+1".repeat(4_000)),
        format!("1{} > 0", "**1".repeat(2_500)),
        format!("answered{}", "&&answered".repeat(700)),
        format!("{}true", "{".repeat(4_000)),
        format!("{}true", "[".repeat(4_000)),
        format!("{}true", "#{a:".repeat(2_000)),
        format!("{}true", "if true {".repeat(800)),
        format!("called_number{}", ".len".repeat(2_000)),
        format!("called_number{}", "[0]".repeat(2_000)),
        format!("{}true", "fn f() {".repeat(900)),
        format!("{}true", "|x|".repeat(2_000)),
        format!("\"{}\" == \"\"", "x".repeat(limits::MAX_TEXT + 1)),
        format!("{}true", (0..200).map(|n| format!("fn f{n}() {{ 1 }} ")).collect::<String>()),
        format!("{}true", "`${".repeat(2_000)),
        format!("{}true", "switch 1 { 1 => ".repeat(500)),
    ];
    for source in sources {
        let begun = Instant::now();
        let refused = when(&source).is_err();
        let start: String = source.chars().take(40).collect();
        assert!(refused, "{start}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{start} took {:?}", begun.elapsed());
    }
}

#[test]
fn the_deepest_script_that_is_allowed_runs_on_a_small_stack() {
    let deep = format!("{}answered{}", "!(".repeat(15), ")".repeat(15));
    let body = format!("{}n{}", "(1 + ".repeat(8), ")".repeat(8));
    let recursion = format!("fn f(n) {{ if n > 9 {{ n }} else {{ f({body} - 7) }} }} f(0) > 1");
    let chain = vec!["answered"; limits::MAX_EXPRESSION_DEPTH - 8].join(" && ");
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let done = small.spawn(move || [deep, recursion, chain].map(|source| holds(&source).unwrap()));
    assert_eq!(done.unwrap().join().unwrap(), [false, true, true]);
}

#[test]
fn errors_hold_nothing_of_the_record() {
    let sources = [
        "throw calling_line_id",
        "throw `bad: ${calling_line_id}`",
        "parse_int(calling_line_id) > 1",
        "let m = #{a: 1}; m[calling_line_id] > 1",
        "let l = [1]; l[calling_line_id] > 1",
        "let x = calling_line_id; x > 1",
        "let x = calling_line_id; x.foo > 1",
        "let x = calling_line_id; x * 2 > 1",
        "let x = calling_line_id; x",
        "called_number[0] == '+' || calling_line_id[999] == 'x'",
    ];
    for source in sources {
        let error = holds(source).unwrap_err();
        assert!(!error.to_string().contains("Ana"), "{source}: {error}");
        assert!(error.to_string().contains("a.yml:5:"), "{source}: {error}");
    }
    let thrown = holds("throw \"no list of prefixes\"").unwrap_err();
    assert_eq!(thrown.kind, ErrorKind::Thrown);
    assert_eq!(thrown.to_string(), "the script threw 'no list of prefixes' (a.yml:5:10)");
}

#[test]
fn errors_in_the_library_say_where() {
    let scripts = super::scripts(&[("calls", "fn bad(x) {\n  x > 60\n}")]);
    let when = scripts.when("a.yml", "calls::bad(calling_line_id)", BEGIN, &ZoneBy::Location).unwrap();
    let world = world();
    let error = when.holds(&call(&world), &world).unwrap_err();
    assert_eq!(error.to_string(), "in bad: cannot compare text with number (calls.rhai:2:5)");
    assert_eq!(error.kind, ErrorKind::Type);
}

#[test]
fn division_and_overflow_are_errors() {
    for source in ["duration / 0 > 1", "9223372036854775807 + duration > 1", "duration % 0 == 1"] {
        assert_eq!(holds(source).unwrap_err().kind, ErrorKind::Other, "{source}");
    }
    assert_eq!(compiled("minutes / 0 > 1").holds(&call(&world()), &world()), Ok(true), "as IEEE has it");
}

/// Pieces that scripts are made of, so that random texts get far into the parser.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "minutes",
        "duration",
        "called_number",
        "calling_line_id",
        "answered",
        "start_time",
        "country(",
        "prefix(",
        "count(\"1h\")",
        "distinct(\"called_number\",\"1h\")",
        "local_between(\"20:00\",\"06:00\")",
        "\"+53\"",
        "60",
        "1.5",
        "==",
        "!=",
        ">",
        "<=",
        "&&",
        "||",
        "!",
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "#{",
        "let x =",
        "x",
        ";",
        ",",
        ".",
        "?.",
        "??",
        "in",
        "!in",
        "if",
        "else",
        "switch",
        "=>",
        "_",
        "while",
        "loop",
        "for",
        "break",
        "continue",
        "return",
        "throw",
        "try",
        "catch",
        "fn f(x)",
        "f(",
        "|x|",
        "..",
        "..=",
        "'c'",
        "`${",
        "`",
        "\"",
        "true",
        "false",
        "()",
        "this",
        "const",
        "export",
        "calls::",
        "len",
        "to_string()",
        "\n",
        "//",
        "/*",
        "*/",
        "0x",
        "\\u{",
        "é",
        "=",
        "+=",
        "<<",
        ">>",
        "^",
        "|",
        "&",
        "private",
        "as",
        "import",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => "[ -~]{0,6}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn any_text_compiles_or_is_refused_and_what_compiles_ends(source in pieces()) {
        let world = world();
        if let Ok(when) = when(&source) {
            let event = call(&world);
            let first = when.holds(&event, &world);
            prop_assert_eq!(when.holds(&event, &world), first);
        } else if let Err(found) = when(&source) {
            prop_assert!(!found.is_empty());
            prop_assert!(found.iter().all(|d| d.span.line >= 5 && d.is_error()));
        }
        let _ = super::scripts(&[]).severity("a.yml", &source, BEGIN);
        let _ = Scripts::new(&[("calls".to_owned(), source)]);
    }
}

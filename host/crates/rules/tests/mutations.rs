//! Random mutations of rule files, conditions and scripts: what `fuzz/` runs for hours, for some seconds here.
//!
//! `RINGFENCE_MUTATIONS=100000` runs so many of each, `RINGFENCE_DICE=7` others; `RINGFENCE_SEEDS=folder` mutates the rule
//! files in it as well.

#[path = "../../../../fuzz/fuzz_targets/common/rules.rs"]
mod rules_common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Mutations of each kind without the variable.
const USUAL: usize = 400;
/// Longest that one text may take in a debug build on a busy machine: a hang, not slowness, is looked for.
const LONGEST: Duration = Duration::from_secs(20);
/// Longest mutated text, in bytes.
const LARGEST: usize = 64 * 1024;

/// A small generator whose numbers are always the same (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n.max(1)
    }
}

const FILES: &[&str] = &[
    r#"title: Long calls to Cuba
name: cuba
id: 6f1c1a44-6d0c-4f0e-9f0a-2f0d5b1c7a11
status: stable
logsource: {product: webex, service: calling, category: call}
detection:
  selection:
    called_country: [CU, LV]
    called_number|startswith: '+53'
    duration|gte: 600
  filter:
    user|contains|all: ['u', '-']
  condition: selection and not filter
level: high
ringfence:
  when: 'minutes > 10 && local_between("20:00", "06:00") || calls::is_long(minutes)'
  severity: 'if count >= 3 { "critical" } else { "high" }'
  subject: user
  window: 24h
  zone: Europe/Madrid
"#,
    r#"title: Many
name: many
logsource: {product: webex}
detection:
  one: {answered: true}
  two: {called_class|re: '^(prem|inter).*'}
  condition: 1 of *
ringfence:
  when: |
    count("1h") >= 3
    && distinct("called_number", "1h") > 1
    && sum("duration", "2h") > 600
  baseline: {new_value: [called_country], days: 60, after_days: 7}

=====
title: Correlated
name: wave
correlation:
  type: value_count
  rules: [base]
  group-by: [user]
  timespan: 10m
  condition: {gte: 2, field: called_number}
level: medium
---
title: Base
name: base
logsource: {product: webex, category: call}
detection:
  s: {called_country: CU}
  condition: s
"#,
    r#"title: Chain
name: chain
correlation:
  type: temporal_ordered
  rules: [a, b]
  aliases: {who: {a: user, b: user}}
  group-by: [who]
  timespan: 1h
---
title: A
name: a
logsource: {product: webex}
detection: {s: {duration: 0}, condition: s}
---
title: B
name: b
logsource: {product: webex}
detection: {s: [{duration|gt: 600}, {calling_line_id|cased|endswith: 'ñ'}], condition: all of them}
---
title: F
logsource: {product: webex}
filter: {rules: any, x: {location: Paris}, condition: not x}
"#,
    r#"title: Foreign
logsource: {product: windows, service: security}
detection:
  keywords: ['evil', 'b*d', 'a\\*b']
  sel:
    Image|endswith: ['\cmd.exe', '/sh']
    CommandLine|windash|contains: '-enc'
    Data|base64offset|contains: 'http'
    Wide|utf16le|base64: 'x'
    Ip|cidr: 10.0.0.0/8
    Null: null
    Has|exists: true
    Other|fieldref: Image
    Time|hour: 3
    Any|expand: '%lines%'
    Flags|re|i|m|s: '^a.*b$'
  condition: (keywords or sel) and not 2 of s*
"#,
    r#"a: &x [1, 2]
b: *x
c: &y {k: *x}
d: [*y, *y, *y]
<<: *y
e: !!binary aGk=
f: >-
  folded
  text
g: 2026-11-23
h: 0x1f
i: ~
? complex
: key
"#,
];

const CONDITIONS: &[&str] = &[
    "a and not (sel_b or sel_c)",
    "1 of sel_* and not _d",
    "all of them",
    "2 of sel*",
    "not not a",
    "a or sel_b and sel_c",
    "(((a)))",
    "any of them",
    "1 of them | count() > 5",
];

const SCRIPTS: &[&str] = &[
    r#"minutes > 60 && !holiday && local_between("20:00", "06:00")"#,
    r#"let n = 0; for c in ["CU", "LV"] { if c == called_country { n += 1; } } n == 1"#,
    r#"switch called_class { "premium" | "satellite" => true, _ if duration > 600 => answered, _ => false }"#,
    "fn f(n) { if n > 3 { n } else { f(n + 1) } } f(0) > 2 || calls::is_long(minutes)",
    r#"try { throw "x" } catch (e) { e == "x" }"#,
    r#"let m = #{a: 1, "b": [1, 2, 3]}; m.b.len() == 3 && m["a"] in m.b"#,
    "[1, 2, 3].filter(|n| n > 1).map(|n| n * 2).reduce(|a, b| a + b, 0) == 10",
    r#"`${called_number} ${minutes}`.contains("53") && calling_line_id?.len ?? 0 > 3"#,
    r#"if count > 3 { "high" } else if value >= 2.5 { return "low"; } else { "critical" }"#,
    r#"let s = "a"; while s.len < 9 { s += s; } do { s.crop(1); } until s.is_empty(); true"#,
];

#[rustfmt::skip]
const PIECES: &[&str] = &[
    ":", "-", "|", "*", "&", "!", "'", "\"", "{", "}", "[", "]", ",", "#", "%", "@", "`", "\n", "\n---\n",
    "\n=====\n", "  ", "\t", "\r\n", "\u{feff}", "\u{0}", "\u{1b}[31m", "ñ", "🦀", "\\", "<<: ", "&a ", "*a ",
    "!!str ", "? ", "null", "true", "-1", "9223372036854775807", "1e999", "0x", "|contains", "|re: '(a+)+$'",
    "|re: '\\w{999}{999}'", "|all", "|cidr: ::/0", "of", "them", "and", "or", "not", "1 of ", "(", ")",
    "condition: ", "detection:", "when: ", "loop {}", "${", "**", "..", "=>", "fn f(x) {", "[0]", ".x", "?.", "??",
    "; ", "let x = ", "return ", "throw ", "&& ", "|| ", "== ", "calls::", "999999999999d", "timespan: 1s",
];

fn mutated(dice: &mut Dice, seeds: &[String]) -> Vec<u8> {
    let mut text = seeds[dice.below(seeds.len())].clone().into_bytes();
    for _ in 0..1 + dice.below(6) {
        let at = dice.below(text.len() + 1);
        let end = (at + dice.below(24)).min(text.len());
        match dice.below(8) {
            0 => drop(text.drain(at..end)),
            1 => {
                let part = text[at..end].to_vec();
                let times = 1 + dice.below(40);
                text.splice(at..at, part.repeat(times));
            }
            2 => drop(text.splice(at..at, [dice.below(256) as u8])),
            3 if at < text.len() => text[at] ^= 1 << dice.below(8),
            4 => {
                let other = seeds[dice.below(seeds.len())].as_bytes();
                let from = dice.below(other.len() + 1);
                let to = (from + dice.below(200)).min(other.len());
                text.splice(at..at, other[from..to].iter().copied());
            }
            5 => {
                let times = 1 + dice.below(3) * dice.below(60);
                let piece = PIECES[dice.below(PIECES.len())].repeat(times);
                text.splice(at..at, piece.into_bytes());
            }
            _ => drop(text.splice(at..at, PIECES[dice.below(PIECES.len())].bytes())),
        }
        text.truncate(LARGEST);
    }
    text
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

fn hammer(name: &str, seeds: &[&str], check: fn(&[u8])) {
    let count = number("RINGFENCE_MUTATIONS", USUAL);
    let mut seeds: Vec<String> = seeds.iter().map(|seed| (*seed).to_owned()).collect();
    seeds.iter().for_each(|seed| check(seed.as_bytes()));
    if let ("yaml" | "set", Ok(folder)) = (name, std::env::var("RINGFENCE_SEEDS")) {
        files(Path::new(&folder), &mut seeds);
    }
    let mut dice = Dice(number("RINGFENCE_DICE", 0x5eed) as u64 | 1);
    let mut slowest = (Duration::ZERO, 0);
    for n in 0..count {
        let text = mutated(&mut dice, &seeds);
        let begun = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| check(&text)));
        let took = begun.elapsed();
        if done.is_err() || took > LONGEST {
            let file = std::env::temp_dir().join(format!("ringfence-mutation-{name}-{n}"));
            let kept = std::fs::write(&file, &text);
            panic!(
                "{name} {n}: {took:?} on ({}, {kept:?}):\n{}",
                file.display(),
                String::from_utf8_lossy(&text)
            );
        }
        slowest = slowest.max((took, n));
    }
    println!(
        "{name}: {count} texts of {} seeds, the slowest took {:?} (number {})",
        seeds.len(),
        slowest.0,
        slowest.1
    );
}

fn files(folder: &Path, found: &mut Vec<String>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "yml" || e == "yaml") {
            found.extend(std::fs::read_to_string(path));
        }
    }
}

#[test]
fn rule_files() {
    hammer("yaml", FILES, rules_common::document);
}

#[test]
fn conditions() {
    hammer("condition", CONDITIONS, rules_common::condition);
}

#[test]
fn scripts() {
    hammer("script", SCRIPTS, rules_common::script);
}

#[test]
fn sets() {
    hammer("set", FILES, rules_common::set);
}

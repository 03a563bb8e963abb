//! Rules at random: every form of detection, every modifier, every word of the condition language, and filters.

use oracle::sample::Dice;
use serde_json::{Map, Value, json};

/// Fields of rules and events.
pub const FIELDS: &[&str] = &["a", "b", "c", "n.x", "n.y.z"];

const TEXTS: &[&str] = &[
    "",
    "cmd",
    "CMD",
    "cmd.exe",
    "a-b",
    "/a -b",
    "–x",
    "two words",
    "4769",
    "0112",
    "3.5",
    "-7",
    "1e3",
    "true",
    "false",
    "yes",
    "10.0.0.7",
    "192.168.1.200",
    "fd00::7",
    "C:\\Windows\\cmd.exe",
    "x\ny",
    "é",
    "ÑANDÚ",
    "ΟΔΟΣ",
    "straße",
    "srv01",
    "2026-03-02T09:30:07Z",
    "100%",
    "a*b",
    "a?b",
    "cm",
    "18446744073709551615",
];

const PATTERNS: &[&str] = &[
    "cmd*",
    "*cmd",
    "*cmd*",
    "c?d",
    "*",
    "?",
    "a\\*b",
    "a\\?b",
    "*.exe",
    "C:\\Windows\\\\*",
    "\\\\*",
    "c*d*e",
    "*a?b*",
    "?m*",
    "x*y",
    "two*words",
    "**",
    "4*",
    "Ñ*",
];

const EXPRESSIONS: &[&str] = &[
    "^cmd",
    "cmd$",
    "c.d",
    "[a-c]+",
    "(cmd|two) ?",
    "^x.y$",
    "\\d{2,3}",
    "CMD",
    "a|b",
    "^$",
    ".*",
    "^\\w+\\.exe$",
    "é",
];

const NETWORKS: &[&str] =
    &["10.0.0.0/8", "192.168.0.0/16", "192.168.1.128/25", "fd00::/8", "0.0.0.0/0", "10.0.0.7/32"];

/// Values that fields of events take.
pub fn values() -> Vec<Value> {
    let mut values: Vec<Value> = TEXTS.iter().map(|t| json!(t)).collect();
    values.extend([
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([null]),
        json!([["cmd"], 4769]),
    ]);
    values.extend([
        json!(4769),
        json!(112),
        json!(3.5),
        json!(3.0),
        json!(-7),
        json!(0),
        json!(1e300),
        json!(1),
    ]);
    values.extend([
        json!(18_446_744_073_709_551_615_u64),
        json!(1_772_443_807),
        json!(1_772_443_807_000_i64),
    ]);
    values
}

/// A file with a rule, perhaps with filters, and the sections that have its lines.
pub fn rule(dice: &mut Dice) -> (String, Vec<Value>) {
    let detection = section(dice, &["selection", "sel_a", "sel_b", "filter_main", "_hidden", "other"]);
    let mut document = json!({
        "title": "A rule", "id": "6f3e2987-db24-4c78-a860-b4f4095a7095", "name": "a_rule",
        "logsource": { "category": "oracle" }, "detection": detection,
    });
    let mut sections = vec![document["detection"].take()];
    document["detection"] = sections[0].clone();
    let mut text = document.to_string();
    if dice.one_in(5) {
        let mut filter = section(dice, &["selection", "keep"]);
        sections.push(filter.clone());
        filter["rules"] =
            if dice.one_in(2) { json!("any") } else { json!(["6f3e2987-db24-4c78-a860-b4f4095a7095"]) };
        let filter = json!({ "title": "A filter", "logsource": { "category": "oracle" }, "filter": filter });
        text = format!("{text}\n---\n{filter}\n");
    }
    (text, sections)
}

fn section(dice: &mut Dice, names: &[&str]) -> Value {
    let mut section = Map::new();
    let count = 1 + dice.below(names.len().min(4));
    let from = dice.below(names.len());
    for at in 0..count {
        section.insert(names[(from + at) % names.len()].to_owned(), search(dice));
    }
    let chosen: Vec<String> = section.keys().cloned().collect();
    let written = condition(dice, &chosen, 0);
    let condition =
        if dice.one_in(10) { json!([written, condition(dice, &chosen, 0)]) } else { json!(written) };
    section.insert("condition".to_owned(), condition);
    Value::Object(section)
}

fn condition(dice: &mut Dice, names: &[String], depth: usize) -> String {
    let name = dice.pick(names).clone();
    if depth > 3 {
        return name;
    }
    match dice.below(12) {
        0..=3 => name,
        4 => format!("not {}", condition(dice, names, depth + 2)),
        5 => format!("{} and {}", condition(dice, names, depth + 1), condition(dice, names, depth + 1)),
        6 => format!("{} or {}", condition(dice, names, depth + 1), condition(dice, names, depth + 1)),
        7 => format!("({})", condition(dice, names, depth + 1)),
        8 => format!(
            "{} of {}",
            dice.pick(&["1", "all", "any", "2"]),
            if name.starts_with('_') { "_*" } else { "them" }
        ),
        9 => {
            let part: String = name.chars().take(1 + dice.below(name.len())).collect();
            format!("{} of {part}*", dice.pick(&["1", "all", "any"]))
        }
        10 => {
            let part: String = name.chars().skip(1 + dice.below(name.len() - 1)).collect();
            format!("1 of *{part}")
        }
        _ => format!("{} and not {}", condition(dice, names, depth + 1), condition(dice, names, depth + 2)),
    }
}

fn search(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0 => keywords(dice),
        1 => json!([map(dice), map(dice)]),
        2 if dice.one_in(3) => json!([map(dice), "cmd"]),
        3 if dice.one_in(2) => json!({ "|all": [dice.pick(TEXTS), dice.pick(TEXTS)] }),
        _ => map(dice),
    }
}

fn keywords(dice: &mut Dice) -> Value {
    let count = 1 + dice.below(3);
    (0..count)
        .map(|_| match dice.below(6) {
            0 => json!(dice.pick(PATTERNS)),
            1 => json!(4769),
            _ => json!(dice.pick(&TEXTS[1..])),
        })
        .collect()
}

fn map(dice: &mut Dice) -> Value {
    let mut map = Map::new();
    for _ in 0..=dice.below(3) {
        let (modifiers, values) = line(dice);
        map.insert(format!("{}{modifiers}", dice.pick(FIELDS)), values);
    }
    Value::Object(map)
}

fn line(dice: &mut Dice) -> (String, Value) {
    let cased = if dice.one_in(6) { "|cased" } else { "" };
    let neq = if dice.one_in(8) { "|neq" } else { "" };
    let place = *dice.pick(&["", "|contains", "|startswith", "|endswith"]);
    match dice.below(24) {
        0 => (format!("|exists"), json!(dice.one_in(2))),
        1 => (neq.to_owned(), Value::Null),
        2 => (format!("{}{neq}", if dice.one_in(3) { place } else { "" }), json!(dice.one_in(2))),
        3 | 4 => (
            format!("{neq}"),
            several(dice, |d| {
                d.pick(&[json!(4769), json!(112), json!(3.5), json!(3), json!(-7), json!(0), json!(1000)])
                    .clone()
            }),
        ),
        5 => (place.to_owned(), json!(dice.pick(&[4769, 76, 7, 112]))),
        6 | 7 => {
            let flags = *dice.pick(&["", "", "|i", "|m", "|s", "|i|s"]);
            (format!("|re{flags}{neq}"), several(dice, |d| json!(d.pick(EXPRESSIONS))))
        }
        8 => (format!("|cidr{neq}"), several(dice, |d| json!(d.pick(NETWORKS)))),
        9 | 10 => {
            let relation = *dice.pick(&["|lt", "|lte", "|gt", "|gte"]);
            (
                relation.to_owned(),
                dice.pick(&[json!(4769), json!(3.5), json!(-7), json!(0), json!(112)]).clone(),
            )
        }
        11 => {
            let open = *dice.pick(&["", "", "|contains", "|startswith", "|endswith"]);
            (format!("|fieldref{open}{cased}{neq}"), json!(dice.pick(FIELDS)))
        }
        12 => {
            let part = *dice.pick(&["|minute", "|hour", "|day", "|week", "|month", "|year"]);
            let value = match part {
                "|minute" => 30,
                "|hour" => 9,
                "|day" => 2,
                "|week" => 10,
                "|month" => 3,
                _ => 2026,
            };
            let relation = if dice.one_in(4) { "|gte" } else { "" };
            (format!("{part}{relation}"), json!(value))
        }
        13 => (
            format!("|windash{place}"),
            several(dice, |d| json!(d.pick(&["-x", "a -b", "/c", "–d -e", "cmd -f*"]))),
        ),
        14 => {
            let wide = *dice.pick(&["", "|wide", "|utf16le", "|utf16be", "|utf16"]);
            let offset = *dice.pick(&["|base64", "|base64offset", "|base64offset"]);
            let place = if dice.one_in(4) { "" } else { "|contains" };
            (
                format!("{wide}{offset}{place}{cased}"),
                several(dice, |d| json!(d.pick(&["cmd", "two words", "ab", "é", "http://"]))),
            )
        }
        15 => (format!("{}{place}", dice.pick(&["|wide", "|utf16be", "|utf16"])), json!("cmd")),
        16 => {
            (format!("|expand{place}"), json!(dice.pick(&["%servers%", "a%servers%b", "%unset%", "100\\%"])))
        }
        17 => (format!("{place}|all{cased}"), json!([dice.pick(TEXTS), dice.pick(PATTERNS)])),
        18 => (place.to_owned(), json!([dice.pick(TEXTS), null])),
        _ => (
            format!("{place}{cased}{neq}"),
            several(dice, |d| if d.one_in(3) { json!(d.pick(PATTERNS)) } else { json!(d.pick(TEXTS)) }),
        ),
    }
}

fn several(dice: &mut Dice, one: impl Fn(&mut Dice) -> Value) -> Value {
    match dice.below(3) {
        0 => (0..2 + dice.below(9)).map(|_| one(dice)).collect(),
        _ => one(dice),
    }
}

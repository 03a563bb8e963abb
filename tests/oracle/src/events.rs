//! Events made from a rule's own values: ones that hold, and ones that nearly do.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use crate::explain::lookup;
use crate::lines::{Line, of_search};
use crate::sample::{Dice, base64, of_pattern, of_regex, utf16};

/// Events for a rule's detection: one for each search alone, ones for all searches but those called filters, ones for all of
/// them, and `mutations` that are changed in one or two fields.
pub fn of_rule(detection: &Value, dice: &mut Dice, mutations: usize) -> Vec<Value> {
    let searches: Vec<(&String, &Value)> = detection
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "condition" && *name != "timeframe")
        .collect();
    let mut events = vec![json!({})];
    let (mut wanted, mut all) = (json!({}), json!({}));
    for (name, search) in &searches {
        let mut alone = json!({});
        satisfy(search, &mut alone, dice);
        if !name.contains("filter") {
            merge(&mut wanted, &alone);
        }
        merge(&mut all, &alone);
        events.push(alone);
    }
    events.push(wanted.clone());
    events.push(all.clone());
    for _ in 0..mutations {
        let mut event = if dice.one_in(3) { all.clone() } else { wanted.clone() };
        if dice.one_in(2) {
            for (_, search) in &searches {
                if dice.one_in(2) {
                    satisfy(search, &mut event, dice);
                }
            }
        }
        for _ in 0..=dice.below(2) {
            mutate(&mut event, dice);
        }
        events.push(event);
    }
    events
}

fn merge(into: &mut Value, from: &Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        for (key, value) in from {
            into.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// Sets the event's fields so that the search should hold.
pub fn satisfy(search: &Value, event: &mut Value, dice: &mut Dice) {
    match search {
        Value::Array(list) if list.iter().any(|v| v.is_object() || v.is_array()) => {
            satisfy(dice.pick(list), event, dice);
        }
        other => {
            let mut lines = Vec::new();
            of_search(other, &mut lines);
            lines.iter().for_each(|line| satisfy_line(line, event, dice));
        }
    }
}

fn satisfy_line(line: &Line, event: &mut Value, dice: &mut Dice) {
    if line.values.is_empty() {
        return;
    }
    let value = if line.has("all") && line.values.len() > 1 {
        let each: Vec<Value> = line.values.iter().map(|v| value_for(line, v, event, dice)).collect();
        match each.iter().map(Value::as_str).collect::<Option<Vec<&str>>>() {
            Some(texts) if !dice.one_in(4) => Some(Value::from(texts.join(" "))),
            _ => Some(Value::from(each)),
        }
    } else {
        let wanted = dice.pick(&line.values);
        let absent = wanted.is_null() && dice.one_in(2) || line.has("exists") && *wanted == json!(false);
        (!absent).then(|| value_for(line, wanted, event, dice))
    };
    let field = line.field.clone().unwrap_or_else(|| "Message".to_owned());
    match value {
        Some(value) => set(event, &field, value, dice),
        None => remove(event, &field),
    }
}

fn set(event: &mut Value, field: &str, value: Value, dice: &mut Dice) {
    let Some(fields) = event.as_object_mut() else { return };
    match field.split_once('.') {
        Some((first, rest)) if dice.one_in(2) && !rest.is_empty() => {
            let inner = fields.entry(first.to_owned()).or_insert_with(|| json!({}));
            if inner.is_object() {
                set(inner, rest, value, dice);
            } else {
                fields.insert(field.to_owned(), value);
            }
        }
        _ => drop(fields.insert(field.to_owned(), value)),
    }
}

fn remove(event: &mut Value, field: &str) {
    if let Some(fields) = event.as_object_mut() {
        fields.remove(field);
    }
}

/// A value of which the line holds, as far as that is easily made.
fn value_for(line: &Line, wanted: &Value, event: &mut Value, dice: &mut Dice) -> Value {
    let text = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    if line.has("neq") && dice.one_in(2) {
        return json!("something else");
    }
    if line.has("exists") {
        return dice.pick(&[json!(""), json!("there"), json!(0), Value::Null]).clone();
    }
    if line.has("re") {
        return json!(around(of_regex(&text, dice), dice));
    }
    if line.has("cidr") {
        return json!(address(&text, dice));
    }
    if line.has("fieldref") {
        let other = lookup(event, &text).cloned().unwrap_or_else(|| json!("same"));
        set(event, &text, other.clone(), dice);
        return if line.has("contains") && other.is_string() && dice.one_in(2) {
            json!(format!("a{}b", other.as_str().unwrap_or_default()))
        } else {
            other
        };
    }
    if line.has_one(&["lt", "lte", "gt", "gte"]) && !time_part(line) {
        let number = wanted.as_f64().unwrap_or_default();
        let near = number + f64::from(dice.below(3) as u32) - 1.0;
        return match dice.below(4) {
            0 => json!(near.to_string()),
            _ if near.fract() == 0.0 => json!(near as i64),
            _ => json!(near),
        };
    }
    if time_part(line) {
        return json!(time_of(line, wanted.as_i64().unwrap_or_default(), dice));
    }
    match wanted {
        Value::String(_) if line.has("expand") => {
            json!(text.replace("%servers%", if dice.one_in(2) { "srv01" } else { "CMD.exe" }))
        }
        Value::String(_) => json!(text_for(line, &text, dice)),
        Value::Number(_) if line.has_one(&["contains", "startswith", "endswith"]) => {
            json!(text_for(line, &text, dice))
        }
        Value::Number(_) | Value::Bool(_) if dice.one_in(3) => json!(text),
        other => other.clone(),
    }
}

fn text_for(line: &Line, pattern: &str, dice: &mut Dice) -> String {
    let mut text = of_pattern(pattern, dice);
    if line.has("windash") {
        let dash = *dice.pick(&['-', '/', '\u{2013}', '\u{2014}', '\u{2015}']);
        text = text.replace(if dice.one_in(2) { '-' } else { '/' }, &dash.to_string());
    }
    let wide = line.has_one(&["wide", "utf16le", "utf16be", "utf16"]);
    let bytes =
        if wide { utf16(&text, line.has("utf16be"), line.has("utf16")) } else { text.clone().into_bytes() };
    if line.has("base64offset") {
        let padded = format!("{}", ["", "a", "zz"][dice.below(3)]);
        let tail = ["", "b", "yy"][dice.below(3)];
        text = base64(&[padded.as_bytes(), &bytes, tail.as_bytes()].concat());
    } else if line.has("base64") {
        text = base64(&bytes);
    } else if wide && dice.one_in(2) {
        text = bytes.into_iter().map(char::from).collect();
    }
    let (before, after) = (["", "x", "- "][dice.below(3)], ["", "x", " /"][dice.below(3)]);
    if line.has("contains") {
        format!("{before}{text}{after}")
    } else if line.has("startswith") {
        format!("{text}{after}")
    } else if line.has("endswith") || line.field.is_none() {
        format!("{before}{text}")
    } else {
        text
    }
}

fn around(text: String, dice: &mut Dice) -> String {
    if dice.one_in(3) { format!("x{text}y") } else { text }
}

fn address(network: &str, dice: &mut Dice) -> String {
    let base = network.split('/').next().unwrap_or_default();
    match base.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            let address = std::net::Ipv4Addr::from(u32::from(v4).wrapping_add(dice.below(3) as u32));
            if dice.one_in(8) { format!("::ffff:{address}") } else { address.to_string() }
        }
        Ok(IpAddr::V6(v6)) => {
            std::net::Ipv6Addr::from(u128::from(v6).wrapping_add(dice.below(3) as u128)).to_string()
        }
        Err(_) => base.to_owned(),
    }
}

fn time_part(line: &Line) -> bool {
    line.has_one(&["minute", "hour", "day", "week", "month", "year"])
}

fn time_of(line: &Line, wanted: i64, dice: &mut Dice) -> String {
    let two = |name: &str, other: i64| if line.has(name) { wanted } else { other };
    let (year, month, mut day) = (two("year", 2026), two("month", 3), two("day", 2));
    if line.has("week") {
        day = (2 + (wanted - 10) * 7).clamp(1, 31);
    }
    let (hour, minute) = (two("hour", 9), two("minute", 30));
    let zone = dice.pick(&["Z", "Z", "+02:00", ""]);
    let between = if dice.one_in(4) { " " } else { "T" };
    format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:07{zone}")
}

/// Changes a field of the event.
pub fn mutate(event: &mut Value, dice: &mut Dice) {
    let Some(fields) = event.as_object_mut() else { return };
    let keys: Vec<String> = fields.keys().cloned().collect();
    if keys.is_empty() {
        return;
    }
    let key = dice.pick(&keys).clone();
    let other = fields.get(dice.pick(&keys)).cloned();
    let Some(value) = fields.get(&key).cloned() else { return };
    if let Value::Object(_) = value
        && dice.one_in(2)
    {
        if let Some(inner) = fields.get_mut(&key) {
            mutate(inner, dice);
        }
        return;
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let changed = match dice.below(20) {
        0 | 1 => {
            fields.remove(&key);
            return;
        }
        2 => Value::Null,
        3 => json!(""),
        4 => json!(text.to_uppercase()),
        5 => json!(text.to_lowercase()),
        6 => json!(format!("{text}x")),
        7 => json!(format!("x{text}")),
        8 => json!(text.chars().skip(1).collect::<String>()),
        9 => json!(text.chars().take(text.chars().count().saturating_sub(1)).collect::<String>()),
        10 => text.parse::<i64>().map_or(json!(7), |n| json!(n)),
        11 => text.parse::<f64>().ok().filter(|n| n.is_finite()).map_or(json!(0.5), |n| json!(n + 0.5)),
        12 => json!(["other", value]),
        13 => json!([value, null, 3]),
        14 => json!([]),
        15 => json!({ "z": value }),
        16 => json!(dice.one_in(2)),
        17 => json!(text.replacen(' ', "\n", 1)),
        18 => other.unwrap_or(Value::Null),
        _ => json!(text),
    };
    fields.insert(key, changed);
}

/// An event of whatever fields and values, for rules that are made at random.
pub fn any(fields: &[&str], values: &[Value], dice: &mut Dice) -> Value {
    let mut event = Value::Object(Map::new());
    for field in fields {
        if !dice.one_in(3) {
            let value = match dice.below(12) {
                0 => json!([dice.pick(values), dice.pick(values)]),
                1 => json!({ "z": dice.pick(values) }),
                _ => dice.pick(values).clone(),
            };
            set(&mut event, field, value, dice);
        }
    }
    event
}

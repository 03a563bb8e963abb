//! What a plain scalar is: the core schema of YAML 1.2 (chapter 10.3.2).
//!
//! Owns the resolution of types and of the core tags. `yes`, `no`, `on` and `0777` are text and decimal here, not truth values
//! and octal as in YAML 1.1.

use super::Value;

/// The type of a plain scalar.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    integer(text).or_else(|| float(text)).unwrap_or(Value::Text)
}

/// The value under a core tag (`!!str 5`); none if the text does not fit the tag.
pub(super) fn tagged(suffix: &str, text: &str) -> Option<Value> {
    match suffix {
        "str" => Some(Value::Text),
        "null" => Some(Value::Null),
        "bool" => Some(resolve(text)).filter(|v| matches!(v, Value::Bool(_))),
        "int" => integer(text).filter(|v| matches!(v, Value::Int(_))),
        "float" => match resolve(text) {
            Value::Int(n) => Some(Value::Float(n as f64)),
            value @ Value::Float(_) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

fn integer(text: &str) -> Option<Value> {
    let based = |digits: &str, base: u32| {
        // `from_str_radix` would take a sign.
        let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
        plain.then(|| i64::from_str_radix(digits, base).ok().map(Value::Int)).flatten()
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Beyond 64 bits it is still a number.
    Some(text.parse::<i64>().map_or_else(|_| Value::Float(text.parse().unwrap_or(f64::NAN)), Value::Int))
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?` and the infinities.
fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let infinity = if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY };
        return Some(Value::Float(infinity));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fits = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && digits(e));
    fits.then(|| text.parse().ok().map(Value::Float)).flatten()
}

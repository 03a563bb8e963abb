//! Comparisons: what they mean for absent values and for values of different types.
//!
//! - Nothing is less, greater or equal to an absent value, but an absent one; `!=` is the opposite of `==`. So a record
//!   without the field is not an error: `minutes > 60` is false for it.
//! - Arithmetic with an absent value is absent.
//! - Values of different types cannot be compared: an error that names both. Rhai's own answer is a silent false, which
//!   is why its fast operators are off. Whole and other numbers are one type; a telephone number compares with a text.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Position};

use super::value::{Fault, Phone, Time, type_name};

pub(super) type Fallible<T> = Result<T, Box<EvalAltResult>>;

pub(super) fn fault(message: impl Into<String>) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Fault(message.into())), Position::NONE))
}

/// `None` if one of them is absent, or not a number.
fn order(a: &Dynamic, b: &Dynamic, for_order: bool) -> Fallible<Option<Ordering>> {
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return Ok(Some(a.cmp(&b)));
    }
    if let (Ok(a), Ok(b)) = (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
        return Ok(Some(a.as_str().cmp(b.as_str())));
    }
    if a.is_unit() || b.is_unit() {
        return Ok((a.is_unit() && b.is_unit() && !for_order).then_some(Ordering::Equal));
    }
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return Ok(a.partial_cmp(&b));
    }
    if let (Some(a), Some(b)) = (text(a), text(b)) {
        return Ok(Some(a.as_str().cmp(b.as_str())));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Time>(), b.read_lock::<Time>()) {
        return Ok(Some(a.cmp(&b)));
    }
    if !for_order && let Some(same) = same(a, b) {
        return Ok(Some(if same { Ordering::Equal } else { Ordering::Less }));
    }
    Err(fault(format!("cannot compare {} with {}", type_name(a), type_name(b))))
}

/// Types that are equal or not, but have no order.
fn same(a: &Dynamic, b: &Dynamic) -> Option<bool> {
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return Some(a == b);
    }
    match (a.read_lock::<Phone>(), b.read_lock::<Phone>()) {
        (Some(a), Some(b)) => Some(*a == *b),
        (Some(phone), None) => text(b).map(|text| phone.is(&text)),
        (None, Some(phone)) => text(a).map(|text| phone.is(&text)),
        (None, None) => None,
    }
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|n| n as f64))
}

fn text(value: &Dynamic) -> Option<ImmutableString> {
    value
        .as_immutable_string_ref()
        .ok()
        .map(|text| text.clone())
        .or_else(|| value.as_char().ok().map(|c| c.to_string().into()))
}

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("==", |a: Dynamic, b: Dynamic| order(&a, &b, false).map(|o| o == Some(Ordering::Equal)));
    engine
        .register_fn("!=", |a: Dynamic, b: Dynamic| order(&a, &b, false).map(|o| o != Some(Ordering::Equal)));
    engine.register_fn("<", |a: Dynamic, b: Dynamic| {
        order(&a, &b, true).map(|o| o.is_some_and(Ordering::is_lt))
    });
    engine.register_fn("<=", |a: Dynamic, b: Dynamic| {
        order(&a, &b, true).map(|o| o.is_some_and(Ordering::is_le))
    });
    engine.register_fn(">", |a: Dynamic, b: Dynamic| {
        order(&a, &b, true).map(|o| o.is_some_and(Ordering::is_gt))
    });
    engine.register_fn(">=", |a: Dynamic, b: Dynamic| {
        order(&a, &b, true).map(|o| o.is_some_and(Ordering::is_ge))
    });
    // Rhai's own looks the operator up anew for every element, with caches of its own: 20 us for two texts.
    engine.register_fn("contains", |list: &mut Array, value: Dynamic| -> Fallible<bool> {
        for element in list.iter() {
            if order(element, &value, false)? == Some(Ordering::Equal) {
                return Ok(true);
            }
        }
        Ok(false)
    });
    engine.register_fn("!", |a: bool| !a);
    for operator in ["+", "-", "*", "/", "%", "**"] {
        engine.register_fn(operator, |(): (), _: i64| ());
        engine.register_fn(operator, |_: i64, (): ()| ());
        engine.register_fn(operator, |(): (), _: f64| ());
        engine.register_fn(operator, |_: f64, (): ()| ());
        engine.register_fn(operator, |(): (), (): ()| ());
    }
    engine.register_fn("-", |(): ()| ());
    engine.register_fn("-", |(): (), _: Time| ());
    engine.register_fn("-", |_: Time, (): ()| ());
    engine.register_fn("-", |a: Time, b: Time| a.0.saturating_sub(b.0) as f64 / 1_000.0);
    engine.register_fn("+", |a: Time, seconds: i64| Time(a.0.saturating_add(seconds.saturating_mul(1_000))));
    engine.register_fn("-", |a: Time, seconds: i64| Time(a.0.saturating_sub(seconds.saturating_mul(1_000))));
}

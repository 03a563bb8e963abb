//! Functions that scripts may call besides Rhai's own.
//!
//! Owns their list with the types of their arguments, from which calls are checked, and what they do. All take absent
//! values: what asks a question answers no, what gives a value gives an absent one.

use model::numbering::{Home, classify, describe};
use model::{FieldId, Name, Number};
use rhai::{Array, Dynamic, Engine, ImmutableString, NativeCallContext};

use super::check::Type;
use super::compare::{Fallible, fault};
use super::context;
use super::value::{Phone, Time, minute_of_day, reserved_value, type_name};
use super::window::parse_duration;

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// A telephone number, or a text that is one.
    Phone,
    /// A text or a telephone number.
    Text,
    /// A list.
    List,
    /// A number.
    Number,
    /// A time.
    Time,
    /// Anything.
    Any,
    /// A prefix such as `+53`; checked if it is written out.
    Prefix,
    /// A time of the day such as `20:00`, written out.
    Clock,
    /// A duration such as `1h`, written out.
    Duration,
    /// A field's name, written out.
    Field,
}

/// A function of ours.
pub(super) struct Helper {
    pub name: &'static str,
    pub arguments: &'static [Argument],
    pub returns: Type,
    /// Whether it asks for the record, beyond its arguments.
    pub asks: Asks,
}

/// What a function asks for beyond its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Nothing,
    /// The record's place and numbers.
    Record,
    /// Local time.
    Clock,
    /// The entries of the group.
    Window,
}

macro_rules! helpers {
    ($( $name:ident ( $($argument:ident),* ) -> $returns:ident, $asks:ident; )*) => {
        pub(super) const HELPERS: &[Helper] = &[
            $( Helper {
                name: stringify!($name),
                arguments: &[$( Argument::$argument ),*],
                returns: Type::$returns,
                asks: Asks::$asks,
            }, )*
        ];
    };
}

helpers! {
    country(Phone) -> Text, Nothing;
    class(Phone) -> Text, Record;
    is_premium(Phone) -> Bool, Nothing;
    is_satellite(Phone) -> Bool, Nothing;
    is_international(Phone) -> Bool, Record;
    is_ours(Phone) -> Bool, Record;
    npa(Phone) -> Text, Nothing;
    prefix(Phone, Prefix) -> Bool, Nothing;
    has_any_prefix(Phone, List) -> Bool, Nothing;
    local_between(Clock, Clock) -> Bool, Clock;
    present(Field) -> Bool, Record;
    absent(Field) -> Bool, Record;
    contains(Any, Any) -> Bool, Nothing;
    starts_with(Text, Text) -> Bool, Nothing;
    ends_with(Text, Text) -> Bool, Nothing;
    lower(Text) -> Text, Nothing;
    upper(Text) -> Text, Nothing;
    text(Any) -> Text, Nothing;
    number(Any) -> Number, Nothing;
    ms(Time) -> Number, Nothing;
    min(Number, Number) -> Number, Nothing;
    max(Number, Number) -> Number, Nothing;
    count(Duration) -> Number, Window;
    distinct(Field, Duration) -> Number, Window;
    sum(Field, Duration) -> Number, Window;
    seconds_since_first(Duration) -> Number, Window;
}

pub(super) fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name == name)
}

/// `20:00` as a minute of the day; `24:00` is its end.
pub(super) fn parse_clock(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let is_short = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !is_short(hour) || minute.len() != 2 || !is_short(minute) {
        return None;
    }
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= 1_440).then_some(at)
}

/// Whether a text can be the beginning of a number.
pub(super) fn is_prefix(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

/// Area code of a North American number.
fn area(number: Number) -> Option<u64> {
    let digits = number.e164()?;
    (10_000_000_000..20_000_000_000).contains(&digits).then_some(digits / 10_000_000 % 1_000)
}

fn phone(value: &Dynamic) -> Fallible<Number> {
    if value.is_unit() {
        return Ok(Number::ABSENT);
    }
    if let Some(phone) = value.read_lock::<Phone>() {
        return Ok(phone.0);
    }
    match value.as_immutable_string_ref() {
        Ok(text) => Ok(Phone::from_text(&text).0),
        Err(_) => Err(fault(format!("expected a telephone number, found {}", type_name(value)))),
    }
}

/// None if absent.
fn text(value: &Dynamic) -> Fallible<Option<ImmutableString>> {
    if value.is_unit() {
        return Ok(None);
    }
    if let Some(phone) = value.read_lock::<Phone>() {
        return Ok(Some(phone.to_string().into()));
    }
    if let Ok(c) = value.as_char() {
        return Ok(Some(c.to_string().into()));
    }
    match value.as_immutable_string_ref() {
        Ok(text) => Ok(Some(text.clone())),
        Err(_) => Err(fault(format!("expected a text, found {}", type_name(value)))),
    }
}

fn class(number: Number) -> Name {
    let country = context::read(|c| c.country);
    classify(number, &Home { country, outside_access: None }, false).0
}

/// The same without a home: premium and satellite are so from everywhere.
fn is_class(number: Number, name: Name) -> bool {
    number.is_present() && classify(number, &Home::default(), false).0 == name
}

fn between(from: i64, to: i64, minute: i64) -> bool {
    if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}

fn both(a: &Dynamic, b: &Dynamic, holds: impl Fn(&str, &str) -> bool) -> Fallible<bool> {
    Ok(text(a)?.zip(text(b)?).is_some_and(|(a, b)| holds(&a, &b)))
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Phone>("telephone number");
    engine.register_type_with_name::<Time>("time");
    engine.register_fn("country", |n: Dynamic| Fallible::Ok(reserved_value(describe(phone(&n)?).0)));
    engine.register_fn("class", |n: Dynamic| Fallible::Ok(reserved_value(class(phone(&n)?))));
    engine.register_fn("is_premium", |n: Dynamic| Fallible::Ok(is_class(phone(&n)?, Name::known("premium"))));
    engine.register_fn("is_satellite", |n: Dynamic| {
        Fallible::Ok(is_class(phone(&n)?, Name::known("satellite")))
    });
    engine.register_fn("is_international", |n: Dynamic| {
        Fallible::Ok(class(phone(&n)?) == Name::known("international"))
    });
    engine.register_fn("is_ours", |n: Dynamic| {
        let number = phone(&n)?;
        Fallible::Ok(context::read(|c| c.ours.iter().any(|(n, ours)| *ours && *n == number)))
    });
    engine.register_fn("npa", |n: Dynamic| {
        Fallible::Ok(area(phone(&n)?).map_or(Dynamic::UNIT, |code| code.to_string().into()))
    });
    engine.register_fn("prefix", |n: Dynamic, prefix: ImmutableString| {
        Fallible::Ok(Phone(phone(&n)?).has_prefix(&prefix))
    });
    engine.register_fn("has_any_prefix", |n: Dynamic, prefixes: Array| {
        let number = Phone(phone(&n)?);
        for prefix in &prefixes {
            if text(prefix)?.is_some_and(|prefix| number.has_prefix(&prefix)) {
                return Ok(true);
            }
        }
        Fallible::Ok(false)
    });
    engine.register_fn("local_between", |from: ImmutableString, to: ImmutableString| {
        let (Some(from), Some(to)) = (parse_clock(&from), parse_clock(&to)) else {
            return Err(fault("local_between needs times such as \"20:00\""));
        };
        Ok(context::read(|c| c.local).is_some_and(|at| between(from, to, minute_of_day(at))))
    });
    engine.register_fn("present", |field: ImmutableString| is_present(&field));
    engine.register_fn("absent", |field: ImmutableString| is_present(&field).map(|p| !p));
    texts(engine);
    numbers(engine);
    windows(engine);
}

fn is_present(field: &str) -> Fallible<bool> {
    match FieldId::from_name(field) {
        Some(id) => Ok(context::read(|c| c.present.contains(id))),
        None => Err(fault("there is no such field")),
    }
}

fn texts(engine: &mut Engine) {
    engine.register_fn("starts_with", |a: Dynamic, b: Dynamic| both(&a, &b, |a, b| a.starts_with(b)));
    engine.register_fn("ends_with", |a: Dynamic, b: Dynamic| both(&a, &b, |a, b| a.ends_with(b)));
    engine.register_fn("contains", |a: Dynamic, b: Dynamic| both(&a, &b, |a, b| a.contains(b)));
    engine.register_fn("lower", |a: Dynamic| {
        Fallible::Ok(text(&a)?.map_or(Dynamic::UNIT, |t| t.to_lowercase().into()))
    });
    engine.register_fn("upper", |a: Dynamic| {
        Fallible::Ok(text(&a)?.map_or(Dynamic::UNIT, |t| t.to_uppercase().into()))
    });
    engine.register_fn("text", |context: NativeCallContext<'_>, a: Dynamic| -> Fallible<ImmutableString> {
        if a.is_unit() {
            return Ok(ImmutableString::new());
        }
        match text(&a) {
            Ok(text) => Ok(text.unwrap_or_default()),
            Err(_) => context.call_fn("to_string", (a,)),
        }
    });
    engine.register_fn("to_string", |p: Phone| ImmutableString::from(p.to_string()));
    engine.register_fn("to_string", |t: Time| ImmutableString::from(t.to_string()));
    engine.register_get("len", |p: &mut Phone| p.to_string().len() as i64);
}

fn numbers(engine: &mut Engine) {
    engine.register_fn("number", |a: Dynamic| -> Fallible<Dynamic> {
        if a.is_int() || a.is_float() {
            return Ok(a);
        }
        let Some(text) = text(&a)? else { return Ok(Dynamic::UNIT) };
        let text = text.trim();
        let whole = text.parse::<i64>().ok().map(Dynamic::from);
        let real = || text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Dynamic::from);
        Ok(whole.or_else(real).unwrap_or(Dynamic::UNIT))
    });
    engine.register_fn("ms", |t: Time| t.0);
    engine.register_fn("ms", |(): ()| ());
    engine.register_fn("min", |a: i64, b: i64| a.min(b));
    engine.register_fn("max", |a: i64, b: i64| a.max(b));
    engine.register_fn("min", |a: f64, b: f64| a.min(b));
    engine.register_fn("max", |a: f64, b: f64| a.max(b));
    engine.register_fn("min", |a: i64, b: f64| (a as f64).min(b));
    engine.register_fn("max", |a: i64, b: f64| (a as f64).max(b));
    engine.register_fn("min", |a: f64, b: i64| a.min(b as f64));
    engine.register_fn("max", |a: f64, b: i64| a.max(b as f64));
}

fn windows(engine: &mut Engine) {
    fn answer(function: &str, arguments: &[&ImmutableString]) -> Fallible<Dynamic> {
        context::read(|c| c.window(function, arguments)).ok_or_else(|| {
            fault(format!("{function} counts records of the rule's own group, which are not there here"))
        })
    }
    engine.register_fn("count", |window: ImmutableString| answer("count", &[&window]));
    engine.register_fn("distinct", |field: ImmutableString, window: ImmutableString| {
        answer("distinct", &[&field, &window])
    });
    engine.register_fn("sum", |field: ImmutableString, window: ImmutableString| {
        answer("sum", &[&field, &window])
    });
    engine.register_fn("seconds_since_first", |window: ImmutableString| {
        answer("seconds_since_first", &[&window])
    });
}

/// What is wrong with an argument that is written out; none if nothing is.
pub(super) fn literal_fault(argument: Argument, text: &str) -> Option<String> {
    match argument {
        Argument::Clock => parse_clock(text).is_none().then(|| format!("'{text}' is not a time of the day")),
        Argument::Duration => parse_duration(text).err(),
        Argument::Prefix => (!is_prefix(text)).then(|| format!("'{text}' cannot begin a telephone number")),
        _ => None,
    }
}

/// What an argument of that kind looks like.
pub(super) fn example(argument: Argument) -> &'static str {
    match argument {
        Argument::Clock => "a time such as \"20:00\"",
        Argument::Duration => "a duration such as \"90s\", \"15m\", \"24h\" or \"7d\"",
        Argument::Prefix => "a prefix such as \"+53\"",
        Argument::Field => "a field's name such as \"called_number\"",
        Argument::Phone => "a telephone number",
        Argument::Text => "a text",
        Argument::List => "a list such as [\"+53\", \"+371\"]",
        Argument::Number => "a number",
        Argument::Time => "a time",
        Argument::Any => "a value",
    }
}

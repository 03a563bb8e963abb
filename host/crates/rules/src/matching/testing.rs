//! For tests: rules from the syntax tree, records of every field type, and a record as JSON.

use std::sync::Arc;

use model::{Event, EventKind, FieldId, FieldType, Millis, Name, NameTable, Number, RecordId};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::typed::{self, Derived};
use crate::sigma::{
    Condition, Flags, Item, LogSource, Matcher, Metadata, Part, Pattern, Quantifier, Relation, Rule, Search,
    TimePart, ZoneBy,
};
use crate::{Field, Places, Span, Virtual, World};

/// Madrid's day, roughly: business hours are 9 to 18, holidays every tenth day, unknown for location 0.
#[derive(Debug)]
pub(crate) struct Madrid;

impl Places for Madrid {
    fn is_holiday(&self, location: Name, local: Millis) -> bool {
        location.is_present() && local.div_euclid(86_400_000) % 10 == 0
    }

    fn is_business_hour(&self, location: Name, local: Millis) -> Option<bool> {
        let hour = local.rem_euclid(86_400_000) / 3_600_000;
        location.is_present().then_some((9..18).contains(&hour))
    }

    fn offset_minutes(&self, zone: &str, _at: Millis) -> Option<i64> {
        (zone == "Etc/GMT-2").then_some(120)
    }
}

pub(crate) fn world() -> World {
    World { names: Arc::new(NameTable::default()), places: Arc::new(Madrid) }
}

/// A pattern from text with `*` and `?`.
pub(crate) fn pattern(text: &str) -> Pattern {
    super::placeholders::pattern(text)
}

pub(crate) fn like(text: &str) -> Matcher {
    Matcher::Text { pattern: pattern(text), cased: false }
}

pub(crate) fn item(field: &str, matchers: Vec<Matcher>) -> Item {
    Item {
        field: (!field.is_empty()).then(|| field.to_owned()),
        span: Span { line: 7, column: 3, len: 5 },
        part: None,
        all: false,
        negate: false,
        matchers,
    }
}

pub(crate) fn rule(searches: Vec<(&str, Search)>, condition: Condition) -> Rule {
    Rule {
        meta: Metadata { file: "test.yml".to_owned(), title: "test".to_owned(), ..Metadata::default() },
        logsource: LogSource {
            product: Some("webex".to_owned()),
            service: Some("calling".to_owned()),
            category: None,
        },
        searches: searches.into_iter().map(|(name, search)| (name.to_owned(), search)).collect(),
        condition,
        ours: crate::sigma::Ours::default(),
    }
}

/// A rule of one map.
pub(crate) fn simple(items: Vec<Item>) -> Rule {
    rule(vec![("selection", Search::All(items))], Condition::Search("selection".to_owned()))
}

/// What the open reference sees of a record.
pub(crate) fn as_json(record: &Event, zone: Option<&ZoneBy>, world: &World) -> Value {
    let mut map = Map::new();
    for field in FieldId::all() {
        let id = field.id;
        let value = match id {
            FieldId::record_id => json!(record.id.to_string()),
            FieldId::event => json!(record.kind.name()),
            _ if !record.has(id) => continue,
            _ => match field.ty {
                FieldType::Id => continue,
                FieldType::Bool => json!(record.bool(id)),
                FieldType::U32 => json!(record.u32(id)),
                FieldType::Int | FieldType::Millis => json!(record.int(id)),
                FieldType::Float => json!(record.float(id)),
                FieldType::Enum | FieldType::Name => json!(&*world.names.resolve(record.name(id)).unwrap()),
                FieldType::Phone => json!(record.phone(id).to_string()),
                FieldType::Text => json!(record.text(id)),
            },
        };
        map.insert(field.name.to_owned(), value);
    }
    for field in Virtual::ALL {
        let value = match typed::derived(field, zone, record, world) {
            None => continue,
            Some(Derived::Number(number)) => json!(number),
            Some(Derived::Weekday(day)) => json!(day),
            Some(Derived::Date(text)) => json!(std::str::from_utf8(&text).unwrap()),
            Some(Derived::Flag(flag)) => json!(flag),
        };
        map.insert(field.name().to_owned(), value);
    }
    Value::Object(map)
}

/// Fields of every type, few enough that rules and records meet.
pub(crate) const FIELDS: &[Field] = &[
    Field::Table(FieldId::record_id),
    Field::Table(FieldId::event),
    Field::Table(FieldId::direction),
    Field::Table(FieldId::called_class),
    Field::Table(FieldId::called_country),
    Field::Table(FieldId::user_name),
    Field::Table(FieldId::location),
    Field::Table(FieldId::called_number),
    Field::Table(FieldId::calling_number),
    Field::Table(FieldId::duration),
    Field::Table(FieldId::site_offset),
    Field::Table(FieldId::caller_reputation_score),
    Field::Table(FieldId::answered),
    Field::Table(FieldId::start_time),
    Field::Table(FieldId::calling_line_id),
    Field::Table(FieldId::actor_ip),
    Field::Virtual(Virtual::LocalHour),
    Field::Virtual(Virtual::LocalMinute),
    Field::Virtual(Virtual::LocalWeekday),
    Field::Virtual(Virtual::LocalDate),
    Field::Virtual(Virtual::Holiday),
    Field::Virtual(Virtual::BusinessHours),
];

const TEXTS: &[&str] = &[
    "ORIGINATING",
    "TERMINATING",
    "premium",
    "Mobile",
    "CU",
    "es",
    "Ana",
    "ANA",
    "ñandú",
    "Ñandú x",
    "12",
    "3600",
    "-60",
    "0.5",
    "3",
    "true",
    "false",
    "10.0.0.7",
    "10.1.2.3",
    "2001:db8::1",
    "call",
    "sign-in",
    "mon",
    "2025-11-25",
    "*72",
    "101",
    "911",
    "+5355512",
    "+535",
    "+34911234567",
    "+1809",
    "other:",
    "",
    "a b",
    "Kelvin \u{212a}",
];

const NUMBERS: &[f64] = &[
    0.0,
    1.0,
    3.0,
    9.0,
    12.0,
    14.0,
    48.0,
    60.0,
    101.0,
    911.0,
    3599.0,
    3600.0,
    -60.0,
    0.5,
    1_764_072_367_000.0,
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![6 => proptest::sample::select(TEXTS).prop_map(str::to_owned), 1 => "[a-c0-3+]{0,4}"]
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let part = prop_oneof![Just(Part::Any), Just(Part::One), text().prop_map(Part::Literal)];
    prop_oneof![
        4 => text().prop_map(|t| Pattern(vec![Part::Literal(t)])),
        2 => (text(), 1usize..4).prop_map(|(t, n)| {
            let cut: String = t.chars().take(n).collect();
            Pattern(vec![Part::Literal(cut), Part::Any])
        }),
        1 => text().prop_map(|t| Pattern(vec![Part::Any, Part::Literal(t), Part::Any])),
        1 => proptest::collection::vec(part, 0..4).prop_map(Pattern),
    ]
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let number = proptest::sample::select(NUMBERS);
    let relation = proptest::sample::select(&[Relation::Lt, Relation::Lte, Relation::Gt, Relation::Gte][..]);
    let network = proptest::sample::select(&[("10.0.0.0", 8), ("10.0.0.0", 24), ("2001:db8::", 32)][..]);
    let regex = proptest::sample::select(&["^[A-Z]+$", "a", r"\d{3}", "^$", "n.*s", r"^\+53"][..]);
    let flag = any::<bool>();
    prop_oneof![
        8 => (any_pattern(), flag).prop_map(|(pattern, cased)| Matcher::Text { pattern, cased }),
        3 => number.clone().prop_map(Matcher::Number),
        4 => (relation, number).prop_map(|(relation, value)| Matcher::Compare { relation, value }),
        2 => any::<bool>().prop_map(Matcher::Bool),
        1 => Just(Matcher::Null),
        1 => any::<bool>().prop_map(Matcher::Exists),
        2 => (regex, any::<bool>()).prop_map(|(source, insensitive)| Matcher::Regex {
            source: source.to_owned(), flags: Flags { insensitive, ..Flags::default() }
        }),
        1 => network.prop_map(|(a, prefix)| Matcher::Cidr(crate::sigma::Network { address: a.parse().unwrap(), prefix })),
        1 => (proptest::sample::select(FIELDS), any::<(bool, bool)>(), any::<bool>()).prop_map(|(field, open, cased)| {
            Matcher::FieldRef { field: field.name().to_owned(), open, cased }
        }),
    ]
}

/// One line on any field, of which many do not fit the field's type: the compiler says so, and the caller leaves the rule out.
pub(crate) fn any_item() -> impl Strategy<Value = Item> {
    let part = prop_oneof![
        6 => Just(None),
        1 => proptest::sample::select(&[TimePart::Hour, TimePart::Minute, TimePart::Day, TimePart::Week, TimePart::Year][..]).prop_map(Some),
    ];
    let field = prop_oneof![
        12 => proptest::sample::select(FIELDS).prop_map(|f| f.name().to_owned()),
        1 => Just(String::new()),
    ];
    (
        field,
        proptest::collection::vec(matcher(), 1..6),
        part,
        proptest::bool::weighted(0.15),
        proptest::bool::weighted(0.15),
    )
        .prop_map(|(field, matchers, part, all, negate)| {
            let part = if field == "start_time" { part } else { None };
            Item { part, all, negate, ..item(&field, matchers) }
        })
        // Values that do not fit the field's type are left out: the compiler would refuse most rules.
        .prop_map(|mut item| {
            let fits = |matcher: &Matcher| {
                let alone = Item { matchers: vec![matcher.clone()], ..item.clone() };
                super::compile(&simple(vec![alone]), &[], &super::Placeholders::default()).is_ok()
            };
            let mut kept: Vec<Matcher> = item.matchers.iter().filter(|m| fits(m)).cloned().collect();
            if kept.is_empty() {
                kept.push(if item.field.is_some() { Matcher::Exists(true) } else { like("premium") });
            }
            item.matchers = kept;
            item
        })
}

/// Rules with two or three searches and any condition over them.
pub(crate) fn any_rule() -> impl Strategy<Value = Rule> {
    let map = || proptest::collection::vec(any_item(), 1..4).prop_map(Search::All);
    let search = prop_oneof![4 => map(), 1 => proptest::collection::vec(map(), 1..3).prop_map(Search::Any)];
    let names = || vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
    let leaf = prop_oneof![
        6 => proptest::sample::select(names()).prop_map(Condition::Search),
        1 => (0u32..4).prop_map(move |n| Condition::Of(Quantifier::AtLeast(n), names())),
        1 => Just(Condition::Of(Quantifier::All, vec!["a".to_owned(), "c".to_owned()])),
    ];
    let condition = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            2 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Condition::And),
            1 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Condition::Or),
            1 => inner.prop_map(|c| Condition::Not(Box::new(c))),
        ]
    });
    let zone = prop_oneof![
        3 => Just(None), 1 => Just(Some(ZoneBy::Utc)), 1 => Just(Some(ZoneBy::Location)),
        1 => Just(Some(ZoneBy::Zone("Etc/GMT-2".to_owned()))),
    ];
    (proptest::collection::vec(search, 3), condition, zone).prop_map(|(searches, condition, zone)| {
        let mut rule = rule(["a", "b", "c"].into_iter().zip(searches).collect(), condition);
        rule.ours.zone = zone;
        rule
    })
}

/// Records over [`FIELDS`], each field there or not.
pub(crate) fn any_event(names: Arc<NameTable>) -> impl Strategy<Value = Event> {
    let kind = proptest::sample::select(&EventKind::ALL[..]);
    let values = proptest::collection::vec(
        (proptest::bool::weighted(0.8), text(), proptest::sample::select(NUMBERS)),
        FIELDS.len(),
    );
    (kind, any::<u128>(), values, proptest::option::of(-120i64..600)).prop_map(
        move |(kind, id, values, offset)| {
            let mut event = Event::default();
            event.kind = kind;
            event.id = RecordId(id);
            for (field, (present, text, number)) in FIELDS.iter().zip(&values) {
                let (true, Field::Table(id)) = (*present, *field) else { continue };
                match id.field().ty {
                    FieldType::Id => {}
                    _ if id == FieldId::event => {}
                    FieldType::Bool => event.set_bool(id, *number > 9.0),
                    FieldType::U32 => event.set_u32(id, number.clamp(0.0, 4e9) as u32),
                    FieldType::Int => event.set_int(id, *number as i64),
                    FieldType::Float => event.set_float(id, *number),
                    FieldType::Millis => event.set_millis(id, 1_764_072_367_000 + *number as i64 * 1_000),
                    FieldType::Enum => event.set_enum(id, names.intern(text).unwrap()),
                    FieldType::Name => event.set_name(id, names.intern(text).unwrap()),
                    FieldType::Phone => {
                        let full =
                            text.strip_prefix('+').and_then(|d| d.parse().ok()).and_then(Number::from_e164);
                        event.set_phone(id, full.unwrap_or_else(|| Number::from_dialled(text)));
                    }
                    FieldType::Text => event.set_text(id, text),
                }
            }
            if let Some(offset) = offset {
                event.set_int(FieldId::local_offset, offset);
            }
            event
        },
    )
}

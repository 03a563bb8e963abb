use super::*;
use crate::engine::layout::Layout;
use model::{Event, Name, RecordId};
use proptest::prelude::*;

const MANIFEST: &str = r#"
id = "x"
version = "1.0.0"
interface = "1.0"
summary = "X."
partition = "user"
events = ["call", "forwarding-change"]
columns = ["user", "$row", "start_time"]
[filter]
direction = ["ORIGINATING"]
[also]
partition = "number"
key = "other_party"
drop_digits = 4
[also.filter]
other_class = ["international"]
[organisation]
[organisation.filter]
other_class = ["premium"]
"#;

struct World {
    names: NameTable,
    route: Route,
    layout: Layout,
}

impl World {
    fn new(manifest: &str, config: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.yaml");
        std::fs::write(&file, config).unwrap();
        let config = Config::load(&file).unwrap();
        let settings = config.plugins.get("x").cloned().unwrap_or_default();
        let names = NameTable::default();
        let manifest = Manifest::parse(manifest.as_bytes()).unwrap();
        let route = Route::new(&manifest, &settings, &config, &names).unwrap();
        let layout = Layout::new(route.fields());
        World { names, route, layout }
    }

    fn call(&self, direction: &str, class: &str, user: &str, other: u64) -> Event {
        let mut event = Event::default();
        (event.kind, event.id) = (EventKind::Call, RecordId(1));
        event.set_millis(FieldId::start_time, 1_780_000_000_000);
        event.set_enum(FieldId::direction, self.names.intern(direction).unwrap());
        event.set_name(FieldId::user, self.names.intern(user).unwrap());
        let (number, of) = if direction == "TERMINATING" {
            (FieldId::calling_number, FieldId::calling_class)
        } else {
            (FieldId::called_number, FieldId::called_class)
        };
        event.set_enum(of, self.names.intern(class).unwrap());
        if let Some(number_) = Number::from_e164(other) {
            event.set_phone(number, number_);
        }
        event
    }

    fn take(&self, event: &Event, worker: usize, workers: usize) -> u32 {
        let mut bytes = Vec::new();
        self.layout.pack(event, &mut bytes);
        self.route.take(Row { layout: &self.layout, bytes: &bytes }, worker, workers)
    }

    fn alone(&self, event: &Event) -> u32 {
        self.take(event, 0, 1)
    }
}

#[test]
fn a_row_is_for_each_whose_filter_lets_it_through() {
    let world = World::new(MANIFEST, "{}");
    let taken = |direction, class| world.alone(&world.call(direction, class, "ana", 573_001_112_233));
    assert_eq!(taken("ORIGINATING", "national"), row::FIRST);
    assert_eq!(taken("ORIGINATING", "international"), row::FIRST | row::ALSO);
    assert_eq!(taken("ORIGINATING", "premium"), row::FIRST | row::ORGANISATION);
    assert_eq!(taken("TERMINATING", "international"), row::ALSO);
    assert_eq!(taken("TERMINATING", "premium"), row::ORGANISATION);
    assert_eq!(taken("TERMINATING", "national"), 0);
    let nobody = world.call("TERMINATING", "international", "ana", 0);
    assert_eq!(world.alone(&nobody), 0, "without a number there is no second subject");
    let mut other = world.call("ORIGINATING", "premium", "ana", 573_001_112_233);
    other.kind = EventKind::SignIn;
    assert_eq!(world.alone(&other), 0, "not among the manifest's events");
}

#[test]
fn filters_are_for_calls_and_a_forwarding_change_has_its_destination_beside_the_user() {
    let world = World::new(MANIFEST, "{}");
    let mut event = world.call("", "", "ana", 0);
    event.kind = EventKind::ForwardingChange;
    event.set_phone(FieldId::forward_to, Number::from_e164(573_001_112_233).unwrap());
    assert_eq!(world.alone(&event), row::FIRST | row::ALSO | row::ORGANISATION);
}

#[test]
fn a_manifest_without_more_subjects_takes_what_its_filter_lets_through() {
    let plain = MANIFEST[..MANIFEST.find("[also]").unwrap()].replace("\"$row\", ", "");
    let world = World::new(&plain, "{}");
    assert_eq!(world.alone(&world.call("ORIGINATING", "premium", "ana", 573_001_112_233)), row::FIRST);
    assert_eq!(world.alone(&world.call("TERMINATING", "premium", "ana", 573_001_112_233)), 0);
    assert!(!world.route.is_shared() && !world.layout.fields().contains(FieldId::calling_number));
}

#[test]
fn the_column_stands_where_the_manifest_names_it() {
    let world = World::new(MANIFEST, "{}");
    let event = world.call("ORIGINATING", "premium", "ana", 573_001_112_233);
    let mut bytes = Vec::new();
    world.layout.pack(&event, &mut bytes);
    let mut batch = world.route.batch();
    world.route.gather(Row { layout: &world.layout, bytes: &bytes }, 517, &mut batch);
    assert_eq!((batch.row_column(), batch.rows), (Some(&[517u32][..]), 1));
    assert_eq!(batch.columns[1], Column::U32(vec![517]));
    assert_eq!(batch.columns[2], Column::I64(vec![1_780_000_000_000]));
}

proptest! {
    #[test]
    fn each_subject_is_on_one_worker_neighbours_together_and_the_organisation_on_all(
        digits in 1_000_000u64..100_000_000_000_000, last in 0u64..10_000, workers in 1usize..7, user in "[a-z]{1,6}",
        class in prop::sample::select(vec!["international", "premium", "national"]),
    ) {
        let world = World::new(MANIFEST, "{}");
        let of = |number: u64, user: &str| -> Vec<u32> {
            let event = world.call("ORIGINATING", class, user, number);
            (0..workers).map(|worker| world.take(&event, worker, workers)).collect()
        };
        let neighbour = digits / 10_000 * 10_000 + last;
        let (one, two) = (of(digits, &user), of(neighbour, "somebody else"));
        let with = |taken: &[u32], bit| taken.iter().map(|t| t & bit != 0).collect::<Vec<_>>();
        let count = |taken: &[u32], bit| with(taken, bit).into_iter().filter(|is| *is).count();
        prop_assert_eq!(count(&one, row::FIRST), 1);
        prop_assert_eq!(count(&one, row::ALSO), usize::from(class == "international"));
        prop_assert_eq!(count(&one, row::ORGANISATION), if class == "premium" { workers } else { 0 });
        prop_assert_eq!(with(&one, row::ALSO), with(&two, row::ALSO));
        prop_assert_eq!(with(&one, row::FIRST), with(&of(7, &user), row::FIRST));
    }
}

const RULES: &str = r#"
groups:
  agents: {users: [Ana Soto, "+576015550100"], departments: [d-17]}
  night: {locations: [Depot]}
plugins:
  x:
    overrides:
      - {name: centre, match: {locations: [Centre], groups: [agents, night]}, config: {a: 1}}
      - {name: agents, match: {groups: [agents]}, config: {a: 2}}
      - {name: one, match: {users: [0b5e-uuid]}, config: {a: 3}}
    exceptions:
      - {name: bridge, reason: r, match: {numbers: ["+1212555*", "+34911234567"]}}
      - {name: france, reason: r, until: 2026-05-28, match: {users: [Ana Soto], countries: [FR]}}
"#;

#[test]
fn the_first_override_of_a_rows_owner_applies() {
    let world = World::new(MANIFEST, RULES);
    let settings = |fill: &dyn Fn(&mut Event, &NameTable)| {
        let mut event = world.call("ORIGINATING", "national", "u-1", 573_001_112_233);
        fill(&mut event, &world.names);
        let taken = world.alone(&event);
        assert_eq!(taken & 0xff, row::FIRST);
        taken >> row::SETTINGS_SHIFT
    };
    let set = |field, text: &'static str| {
        move |event: &mut Event, names: &NameTable| event.set_name(field, names.intern(text).unwrap())
    };
    assert_eq!(settings(&|_, _| {}), 0);
    assert_eq!(settings(&set(FieldId::user_name, "Ana Soto")), 2);
    assert_eq!(settings(&set(FieldId::department, "d-17")), 2);
    assert_eq!(settings(&set(FieldId::user_uuid, "0b5e-uuid")), 3);
    assert_eq!(settings(&set(FieldId::user, "0b5e-uuid")), 3);
    assert_eq!(
        settings(&set(FieldId::location, "Centre")),
        0,
        "a location alone, where a group must hold too"
    );
    let number = Number::from_e164(576_015_550_100).unwrap();
    assert_eq!(settings(&|event, _| event.set_phone(FieldId::user_number, number)), 2);
    assert_eq!(
        settings(&|event, names| {
            set(FieldId::location, "Centre")(event, names);
            event.set_phone(FieldId::user_number, number);
        }),
        1
    );
    assert_eq!(
        settings(&|event, names| {
            set(FieldId::location, "Depot")(event, names);
            set(FieldId::user_name, "Somebody")(event, names);
        }),
        0,
        "in a group, but not in the location"
    );
}

#[test]
fn excepted_rows_are_for_nobody() {
    let world = World::new(MANIFEST, RULES);
    let is_seen = |direction, number| world.alone(&world.call(direction, "premium", "u-1", number)) != 0;
    assert!(is_seen("ORIGINATING", 573_001_112_233));
    assert!(!is_seen("ORIGINATING", 34_911_234_567) && is_seen("ORIGINATING", 34_911_234_568));
    assert!(!is_seen("ORIGINATING", 12_125_551_234) && !is_seen("TERMINATING", 12_125_551_234));
    assert!(is_seen("ORIGINATING", 121_255));

    // Both parts must hold, and the local date.
    let france = |country: &str, name: &str, start: &str, offset: i64| {
        let mut event = world.call("ORIGINATING", "premium", "u-1", 33_123_456_789);
        let start = chrono::DateTime::parse_from_rfc3339(start).unwrap().timestamp_millis();
        event.set_millis(FieldId::start_time, start);
        event.set_int(FieldId::local_offset, offset);
        event.set_name(FieldId::called_country, Name::known("FR"));
        if country != "FR" {
            event.set_name(FieldId::called_country, world.names.intern(country).unwrap());
        }
        event.set_name(FieldId::user_name, world.names.intern(name).unwrap());
        world.alone(&event) != 0
    };
    assert!(!france("FR", "Ana Soto", "2026-05-28T12:00:00Z", 0));
    assert!(france("BE", "Ana Soto", "2026-05-28T12:00:00Z", 0));
    assert!(france("FR", "Ana", "2026-05-28T12:00:00Z", 0));
    assert!(france("FR", "Ana Soto", "2026-05-29T00:00:00Z", 0));
    assert!(!france("FR", "Ana Soto", "2026-05-29T04:59:00Z", -300), "still the 28th in Bogota");
    assert!(france("FR", "Ana Soto", "2026-05-29T05:00:00Z", -300));
}

#[test]
fn a_forwarding_to_an_excepted_number_is_not_seen() {
    let world = World::new(MANIFEST, RULES);
    let mut event = world.call("", "", "ana", 0);
    event.kind = EventKind::ForwardingChange;
    event.set_phone(FieldId::forward_to, Number::from_e164(34_911_234_567).unwrap());
    assert_eq!(world.alone(&event), 0);
    event.set_phone(FieldId::forward_to, Number::from_e164(34_911_234_568).unwrap());
    assert_ne!(world.alone(&event), 0);
}

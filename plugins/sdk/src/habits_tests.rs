//! Habits of the organisation and second subjects, end to end: no order of arrival and no restart may show.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::harness::{Harness, Record};
use crate::{
    Case, DAY, Detector, Episode, Episodes, Error, HOUR, Habits, MINUTE, Millis, Name, Now, Report, Row,
    Severity, Subject,
};

const MANIFEST: &str = r#"
id = "first-calls"
version = "0.1.0"
interface = "1.0"
summary = "Calls to countries that the organisation did not call before, and numbers that several call."
partition = "user"
events = ["call"]
columns = ["start_time", "report_time", "record_id", "user", "called_country", "called_number", "$row"]
capabilities = ["names", "state"]
state_schema = 1
[also]
partition = "number"
key = "called_number"
[organisation]
[config.callers]
type = "integer"
default = 3
doc = "Callers of one range that are a finding."
"#;

/// Countries called on each day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Called(BTreeSet<Name>);

impl Habits for Called {
    type Day = BTreeSet<Name>;

    fn seal(&mut self, _day: i32, of: &BTreeSet<Name>) {
        self.0.extend(of);
    }
}

#[derive(Deserialize)]
struct Config {
    callers: usize,
}

struct FirstCalls(Config);

impl Detector for FirstCalls {
    type Config = Config;
    /// Country, for a user; caller, for a number.
    type Event = Name;
    type State = Vec<Name>;
    type Facts = u32;
    type Habits = Called;

    fn new(config: Config) -> Result<Self, String> {
        if config.callers == 0 {
            Err("callers must be at least 1".to_owned())
        } else {
            Ok(FirstCalls(config))
        }
    }

    fn look_back(&self) -> Millis {
        HOUR
    }

    fn select(&self, row: &Row<'_>) -> Option<(Subject, Name)> {
        Some((Subject::User(row.user()), row.called_country()))
    }

    fn select_also(&self, row: &Row<'_>) -> Option<(Subject, Name)> {
        Some((Subject::Number(row.called_number().range(4)?), row.user()))
    }

    fn learn(&self, row: &Row<'_>, day: &mut BTreeSet<Name>) -> bool {
        day.insert(row.called_country())
    }

    fn step(&self, state: &mut Vec<Name>, now: &Now<'_, Name, Called>, episodes: &mut Episodes<u32>) {
        let what = now.event;
        let raise = match now.subject {
            Subject::User(_) => !now.organisation.0.contains(&what),
            _ => {
                if !state.contains(&what) {
                    state.push(what);
                }
                state.len() >= self.0.callers
            }
        };
        if raise {
            let known = now.organisation.0.len() as u32;
            let (episode, _) = episodes.extend(Case::new("first", DAY), now.alone());
            (episode.facts, ()) =
                (episode.facts.wrapping_mul(31).wrapping_add(known), episode.rise(Severity::Low));
        }
    }

    fn describe(&self, _: Subject, episode: &Episode<u32>) -> Report {
        Report::new("a first call").figure("known", episode.facts)
    }
}

const COUNTRIES: [&str; 4] = ["ES", "FR", "LV", "CU"];

fn call(id: u64, minute: i64, user: u8, country: usize) -> Record {
    let start = crate::harness::time("2026-03-01T00:00:00Z") + minute * MINUTE;
    Record::at_millis(id, start)
        .set("user", format!("user {user}"))
        .set("called_country", COUNTRIES[country])
        .set("called_number", format!("+3712810000{country}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn no_order_and_no_restart_shows(
        calls in proptest::collection::vec((0i64..20 * 1440, 0u8..4, 0usize..4), 1..120), seed in any::<u64>()
    ) {
        let each = calls.iter().zip(0u64..);
        let records: Vec<Record> = each.map(|((minute, user, country), id)| call(id, *minute, *user, *country)).collect();
        Harness::new(MANIFEST).check_order::<FirstCalls>(&records, seed);
    }
}

#[test]
fn what_the_organisation_did_days_before_is_known_to_every_user() {
    let day = |d: i64| d * 1440 + 600;
    let records =
        [call(1, day(0), 1, 2), call(2, day(1), 2, 2), call(3, day(5), 3, 2), call(4, day(5) + 1, 3, 3)];
    let findings = Harness::new(MANIFEST).with("callers", 9).check_order::<FirstCalls>(&records, 5);
    let who: Vec<&str> = findings.keys().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(
        who,
        ["user 1", "user 2", "user 3"],
        "user 2 calls before the day is certain; user 3 calls Cuba"
    );
}

#[test]
fn a_number_range_is_a_subject_of_its_own() {
    let records = [call(1, 1, 1, 0), call(2, 2, 2, 1), call(3, 3, 3, 2)];
    let findings = Harness::new(MANIFEST).check_order::<FirstCalls>(&records, 3);
    assert!(findings.keys().any(|(subject, _)| subject == "+3712810xxxx"), "{:?}", findings.keys());
}

#[test]
fn overrides_make_detectors_of_their_own() {
    let columns =
        ["start_time", "report_time", "record_id", "user", "called_country", "called_number", "$row"];
    let columns = columns.map(str::to_owned);
    let setup = |variants: [&str; 2]| {
        let setup = crate::Setup::new(r#"{"callers": 3}"#, &columns);
        setup.with_variant(variants[0]).with_variant(variants[1])
    };
    let configure = |variants| crate::Runner::<FirstCalls>::configure(&setup(variants)).map(drop);
    assert!(configure([r#"{"callers": 1}"#, r#"{"callers": 9}"#]).is_ok());
    let wrong = configure([r#"{"callers": 1}"#, r#"{"callers": 0}"#]).unwrap_err();
    assert!(matches!(&wrong, Error::InvalidSettings(text) if text.contains("override 2")), "{wrong}");

    let records = [call(1, 1, 1, 0), call(2, 2, 1, 1)];
    let found = |variant: u32| {
        let mut batch = crate::harness::batch_of(MANIFEST, &records.iter().collect::<Vec<_>>());
        batch.columns[6] = crate::Column::U32(vec![2 | variant << 8; 2]);
        let setup = setup([r#"{"callers": 1}"#, r#"{"callers": 9}"#]);
        let mut runner = crate::Runner::<FirstCalls>::configure(&setup).unwrap();
        runner.process(&batch).unwrap().len()
    };
    assert_eq!((found(0), found(1), found(200)), (0, 1, 0), "an unknown variant is the base");
}

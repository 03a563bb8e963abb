use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use model::finding::format_time;
use model::{Finding, Millis, NameTable, Provenance, RecordId, Severity, Status, Subject, SubjectKind};

use super::*;

const HOUR: Millis = 3_600_000;
/// Monday, 2 March 2026, 08:00 UTC.
const START: Millis = 1_772_438_400_000;
const ANA: &str = "11111111-1111-4111-8111-111111111111";
const BEN: &str = "22222222-2222-4222-8222-222222222222";
const CID: &str = "33333333-3333-4333-8333-333333333333";

/// A call of an hour's length; 300 minutes west of UTC, so that 04:00 UTC is still the day before.
fn call(out: &mut String, id: &str, user: &str, at: Millis) {
    let _ = writeln!(
        out,
        "{{\"Report ID\":\"{id}\",\"Start time\":\"{}\",\"Report time\":\"{}\",\"Site timezone\":\"-300\",\
         \"Direction\":\"ORIGINATING\",\"User UUID\":\"{user}\",\"Duration\":3600,\"Answered\":\"true\"}}",
        format_time(at),
        format_time(at + HOUR)
    );
}

/// Ana is attacked over midnight in three calls, Ben looks as if he were, Cid does nothing special.
fn records() -> String {
    let mut text = String::new();
    for (index, hours) in [20, 20, 21].into_iter().enumerate() {
        call(&mut text, &format!("a{index}"), ANA, START + (hours - 1) * HOUR + index as Millis);
    }
    call(&mut text, "b0", BEN, START);
    for day in 0..3 {
        call(&mut text, &format!("c{day}"), CID, START + day * 24 * HOUR);
    }
    text
}

fn labels(records: &[&str]) -> Labels {
    let label = |kind: &str, users: &[&str], records: &[&str]| Label {
        id: format!("{kind}-1"),
        kind: kind.to_owned(),
        users: users.iter().map(|u| (*u).to_owned()).collect(),
        records: records.iter().map(|r| (*r).to_owned()).collect(),
        first: format_time(START + 19 * HOUR),
        last: format_time(START + 21 * HOUR),
        ..Label::default()
    };
    Labels {
        set: Set::default(),
        attacks: vec![label("burst", &[ANA], records)],
        lookalikes: vec![label("trip", &[BEN], &["b0"])],
    }
}

fn finding(severity: Severity, subject: (SubjectKind, &str), evidence: &[&str], at: Millis) -> Finding {
    Finding {
        id: format!("{}-{at}", subject.1),
        detector: "d".to_owned(),
        kind: "k".to_owned(),
        severity,
        score: 0.5,
        subject: Subject { kind: subject.0, id: subject.1.to_owned(), name: String::new() },
        title: "hello \u{1b}[2J".to_owned(),
        explanation: Vec::new(),
        first_event: at,
        last_event: at,
        raised_at: at + HOUR,
        revision: 1,
        status: Status::Open,
        evidence: evidence.iter().map(|text| RecordId::from_text(text).0).collect(),
        attributes: BTreeMap::new(),
        provenance: Provenance { generation: 1, digest: String::new() },
    }
}

/// The score of findings that nobody had to find.
fn scored(labels: &Labels, findings: Vec<Finding>) -> Result<Score, EvalError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("feed.ndjson"), records()).unwrap();
    let inputs = folder::inputs(folder.path(), None).unwrap();
    let config = Config::default();
    let names = Arc::new(NameTable::default());
    let directory = Arc::new(Directory::from_config(&config));
    let facts = Facts::read(&inputs, labels, &findings, &names, &directory).unwrap();
    let scanned = Scanned {
        failures: BTreeMap::new(),
        findings,
        read: crate::source::Summary::default(),
        duplicates: 0,
        late: 0,
        parked: Vec::new(),
        fates: BTreeMap::new(),
    };
    let work = Work {
        folder: Path::new("set"),
        inputs: &inputs,
        labels,
        config: &config,
        plugins: &[],
        rules: None,
        workers: 1,
    };
    score(&work, &scanned, &facts, &names)
}

const ATTACK: [&str; 3] = ["a0", "a1", "a2"];

#[test]
fn delay_and_records_are_counted_from_the_first_record() {
    // Raised an hour after the second call began: the first two had been reported, all three had begun.
    let found = finding(Severity::High, (SubjectKind::User, ANA), &["a0"], START + 19 * HOUR + 1);
    let low = finding(Severity::Low, (SubjectKind::User, ANA), &["a0"], START + 18 * HOUR);
    let score = scored(&labels(&ATTACK), vec![found, low]).unwrap();
    let case = &score.attacks[0];
    assert!(case.found);
    assert_eq!((case.delay_minutes, case.records), (Some(60.0 + 1.0 / 60_000.0), 3));
    assert_eq!((case.records_started, case.records_reported), (Some(2), Some(2)));
    assert_eq!(case.findings["d"], Findings { any: 2, medium: 1, about_one: 2 });
    let report = Report::of(vec![score.clone(), score]);
    assert_eq!((report.scenarios[0].planted, report.scenarios[0].found), (2, 2));
    assert_eq!(report.findings_per_episode[0].any.max, 2.0);
    assert_eq!(report.findings_per_episode[0].medium.unwrap().max, 1.0);
    assert_eq!(report.findings_per_episode[0].about_one, 2);
}

#[test]
fn user_days_are_local_and_each_is_right_or_wrong_once() {
    // 03:00 UTC is still Monday evening at the site; the calls all lie on Monday.
    let ana = finding(Severity::Medium, (SubjectKind::User, ANA), &["a0", "a2"], START + 19 * HOUR);
    let again = finding(Severity::High, (SubjectKind::User, ANA), &["a1"], START + 20 * HOUR);
    let ben = finding(Severity::Medium, (SubjectKind::User, BEN), &["b0"], START);
    let cid = finding(Severity::High, (SubjectKind::User, CID), &["c0", "c1"], START);
    let low = finding(Severity::Low, (SubjectKind::User, CID), &["c2"], START + 48 * HOUR);
    let score = scored(&labels(&ATTACK), vec![ana, again, ben, cid, low]).unwrap();
    assert_eq!((score.days.active, score.days.attacked, score.days.lookalike), (5, 1, 1));
    let medium = &score.days.medium;
    assert_eq!((medium.flagged, medium.right, medium.found), (4, 1, 1));
    assert_eq!((medium.wrong_lookalikes, medium.wrong_background), (1, 2));
    assert_eq!(medium.wrong_by_detector["d"], (1, 2));
    let high = &score.days.high;
    assert_eq!((high.flagged, high.right, high.wrong_lookalikes, high.wrong_background), (3, 1, 0, 2));
    assert_eq!(score.wrong.len(), 2);
    let report = Report::of(vec![score]);
    assert_eq!(report.user_days.medium.false_background_per_1000, 400.0);
    assert_eq!(report.user_days.medium.precision, 0.25);
}

#[test]
fn a_finding_about_a_number_is_one_day_and_finds_everybody_it_rests_on() {
    let number = (SubjectKind::Number, "+37128100000");
    let right = finding(Severity::High, number, &["a0", "c0"], START + 19 * HOUR);
    let wrong = finding(Severity::High, (SubjectKind::Number, "+573"), &["b0", "c0"], START);
    let score = scored(&labels(&ATTACK), vec![right, wrong]).unwrap();
    let high = &score.days.high;
    assert_eq!((high.flagged, high.right, high.found), (2, 1, 1));
    assert_eq!((high.wrong_lookalikes, high.wrong_background), (1, 0));
}

#[test]
fn labels_without_records_go_by_user_and_time() {
    let found = finding(Severity::Medium, (SubjectKind::User, ANA), &["a0"], START + 19 * HOUR);
    let score = scored(&labels(&[]), vec![found]).unwrap();
    assert!(score.attacks[0].found);
    assert_eq!((score.days.attacked, score.days.medium.found), (1, 1));
}

#[test]
fn labels_of_another_set_are_refused() {
    let mut other = labels(&["x", "y"]);
    other.lookalikes.clear();
    let error = scored(&other, Vec::new()).unwrap_err().to_string();
    assert!(error.contains("none of its 2 records"), "{error}");
    let mut some = labels(&["a0", "y"]);
    some.lookalikes.clear();
    assert_eq!(scored(&some, Vec::new()).unwrap().attacks[0].records_missing, 1);
}

#[test]
fn many_users_are_not_matched_by_time_alone() {
    let mut crowd = labels(&ATTACK);
    crowd.attacks[0].users.extend((0..9).map(|i| format!("{i}")).chain([CID.to_owned()]));
    let chance = finding(Severity::High, (SubjectKind::User, CID), &["c0"], START + 20 * HOUR);
    assert!(!scored(&crowd, vec![chance]).unwrap().attacks[0].found);
}

#[test]
fn floors_name_what_falls_below() {
    let found = finding(Severity::High, (SubjectKind::User, ANA), &["a0"], START + 19 * HOUR);
    let wrong = finding(Severity::High, (SubjectKind::User, CID), &["c0"], START);
    let trip = finding(Severity::High, (SubjectKind::User, BEN), &["b0"], START);
    let report = Report::of(vec![scored(&labels(&ATTACK), vec![found, wrong, trip]).unwrap()]);
    let check = |text: &str| Floors::from_toml(text).unwrap().check(&report);
    assert!(check("[recall]\nburst = 1.0\n[max_delay_minutes]\nburst = 61").is_empty());
    assert!(check("[findings_per_episode]\nmax = 1\nmax_median = 1").is_empty());
    for (floor, part) in [
        ("[recall]\nwangiri = 0.5", "recall of wangiri has a floor, but none is labelled"),
        ("[max_delay_minutes]\nburst = 59", "minutes until burst was found"),
        ("[max_records_reported]\nburst = 0", "records of burst"),
        ("[max_lookalikes_high]\nall = 0.1", "share of all look-alikes"),
        ("[user_days]\nmax_false_background_high = 1", "false background user-days per 1,000 at high"),
        ("[user_days]\nmin_precision_high = 0.9", "precision of user-days at high is 0.333"),
        ("[findings_per_episode]\nmax = 0", "findings of d per attack"),
    ] {
        let below = check(floor);
        assert!(below.iter().any(|line| line.contains(part)), "{floor}: {below:?}");
    }
    let error = Floors::from_toml("[recal]\nburst = 1").unwrap_err();
    assert!(error.contains("line 1") && error.contains("recal"), "{error}");
}

#[test]
fn the_printed_score_is_complete_and_harmless() {
    let wrong = finding(Severity::High, (SubjectKind::User, CID), &["c0"], START);
    let report = Report::of(vec![scored(&labels(&ATTACK), vec![wrong]).unwrap()]);
    for (colour, width) in [(false, 80), (true, 140)] {
        let mut out = Vec::new();
        print(&mut out, style::Style { colour, width }, &report).unwrap();
        let text = String::from_utf8(out).unwrap();
        for part in ["burst", "0/1", "burst-1 in set", "trip", "1 (200.00)", "hello"] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
        assert!(!text.contains("\u{1b}[2J"), "hostile text got through");
    }
    let json = serde_json::to_value(&report).unwrap();
    for figure in
        ["/format", "/scenarios/0/recall", "/user_days/medium/precision", "/lookalikes/0/share_high"]
    {
        assert!(json.pointer(figure).is_some(), "{figure} is missing");
    }
}

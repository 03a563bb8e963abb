use super::*;
use model::{Provenance, Severity, Subject, SubjectKind};

fn finding(id: &str, title: &str, raised_at: i64) -> Finding {
    Finding {
        id: id.to_owned(),
        detector: "test".to_owned(),
        kind: "burst".to_owned(),
        severity: Severity::High,
        score: 0.5,
        subject: Subject { kind: SubjectKind::User, id: "u".to_owned(), name: "U".to_owned() },
        title: title.to_owned(),
        explanation: vec![],
        first_event: 1,
        last_event: 2,
        raised_at,
        revision: 0,
        status: Status::Open,
        evidence: vec![],
        attributes: BTreeMap::new(),
        provenance: Provenance { generation: 1, digest: "sha256:0".to_owned() },
    }
}

fn raise(id: &str, title: &str, raised_at: i64) -> Change {
    Change::Raise(Box::new(finding(id, title, raised_at)))
}

fn stored(findings: Vec<Finding>) -> BTreeMap<String, Finding> {
    findings.into_iter().map(|f| (f.id.clone(), f)).collect()
}

#[test]
fn the_first_raise_gives_revision_one_and_keeps_its_time() {
    let (write, done) = revise(&BTreeMap::new(), &[raise("a", "one", 100), raise("a", "two", 200)]);
    assert_eq!(done, Committed { new: 1, ..Committed::default() });
    assert_eq!((write[0].revision, write[0].raised_at, write[0].title.as_str()), (1, 100, "two"));
}

#[test]
fn the_same_content_changes_nothing() {
    let (write, _) = revise(&BTreeMap::new(), &[raise("a", "one", 100)]);
    let (again, done) = revise(&stored(write), &[raise("a", "one", 999)]);
    assert!(again.is_empty());
    assert_eq!(done, Committed::default());
}

#[test]
fn other_content_is_a_revision_and_withdrawing_another() {
    let (write, _) = revise(&BTreeMap::new(), &[raise("a", "one", 100)]);
    let (write, done) = revise(&stored(write), &[raise("a", "two", 300)]);
    assert_eq!(done.revised, 1);
    assert_eq!((write[0].revision, write[0].raised_at), (2, 100));
    let withdraw = [Change::Withdraw { id: "a".to_owned() }];
    let (write, done) = revise(&stored(write), &withdraw);
    assert_eq!((done.withdrawn, write[0].revision, write[0].status), (1, 3, Status::Withdrawn));
    let (again, _) = revise(&stored(write.clone()), &withdraw);
    assert!(again.is_empty());
    let (write, done) = revise(&stored(write), &[raise("a", "two", 400)]);
    assert_eq!((done.revised, write[0].revision, write[0].status), (1, 4, Status::Open));
}

#[test]
fn withdrawing_the_unknown_is_nothing_and_raise_then_withdraw_is_kept() {
    let withdraw = Change::Withdraw { id: "a".to_owned() };
    let (write, _) = revise(&BTreeMap::new(), std::slice::from_ref(&withdraw));
    assert!(write.is_empty());
    // The same as in two checkpoints, in all but the revision.
    let (write, _) = revise(&BTreeMap::new(), &[raise("a", "one", 100), withdraw]);
    assert_eq!((write[0].status, write[0].revision), (Status::Withdrawn, 1));
}

#[test]
fn what_is_in_shadow_is_kept_and_counts_for_nothing_until_its_rule_is_on_trial_no_more() {
    let shadow =
        |title: &str| Change::Raise(Box::new(Finding { status: Status::Shadow, ..finding("a", title, 100) }));
    let (write, done) = revise(&BTreeMap::new(), &[shadow("one")]);
    assert_eq!((write[0].status, write[0].revision, done), (Status::Shadow, 1, Committed::default()));
    let (write, done) = revise(&stored(write), &[shadow("two")]);
    assert_eq!((write[0].status, write[0].revision, done), (Status::Shadow, 2, Committed::default()));
    let (withdrawn, done) = revise(&stored(write.clone()), &[Change::Withdraw { id: "a".to_owned() }]);
    assert_eq!((withdrawn[0].status, done), (Status::Withdrawn, Committed::default()));
    let (write, done) = revise(&stored(write), &[raise("a", "two", 400)]);
    assert_eq!((write[0].status, write[0].revision, done.new, done.revised), (Status::Open, 3, 1, 0));
}

//! Checkpoints and findings.

use std::collections::BTreeMap;

use model::finding::attribute::Value;
use model::{Finding, NameTable, Provenance, RecordId, Severity, Status, Subject, SubjectKind};
use ringfence::store::{
    Change, Checkpoint, Committed, CursorMove, FindingFilter, Lookup, Position, QuarantineWrite, SqlLimits,
    StateReset, StateWrite, Store, StoreError,
};

use super::MARCH;
use super::server::fresh;

fn finding(id: &str, title: &str, raised_at: i64) -> Finding {
    Finding {
        id: id.to_owned(),
        detector: "mass-dialing".to_owned(),
        kind: "burst".to_owned(),
        severity: Severity::High,
        score: 0.1 + 0.2,
        subject: Subject { kind: SubjectKind::User, id: "u-1".to_owned(), name: "Ana \0 <b>".to_owned() },
        title: title.to_owned(),
        explanation: vec!["60 calls in 5 minutes".to_owned()],
        first_event: MARCH,
        last_event: MARCH + 1,
        raised_at,
        revision: 0,
        status: Status::Open,
        evidence: vec![RecordId(7), RecordId::from_text("a longer identity than fits").0],
        attributes: BTreeMap::from([
            ("calls".to_owned(), Value::Int(60)),
            ("rate".to_owned(), Value::Float(2.0)),
            // Read by the quick way, its last bit is another.
            ("variation".to_owned(), Value::Float(0.22275526508131682)),
            ("numbers".to_owned(), Value::List(vec![Value::Text("+34".to_owned()), Value::Bool(true)])),
        ]),
        provenance: Provenance { generation: 3, digest: "sha256:abc".to_owned() },
    }
}

fn raise(finding: Finding) -> Change {
    Change::Raise(Box::new(finding))
}

async fn position(store: &Store) -> Position {
    store.cursors().await.unwrap()["engine"].position
}

#[tokio::test]
async fn findings_keep_their_first_time_and_get_revisions_only_for_changes() {
    let (store, _name, _server) = fresh().await;
    let commit = async |changes: Vec<Change>| {
        store.commit(&Checkpoint { findings: changes, ..Checkpoint::default() }).await.unwrap()
    };
    assert_eq!(commit(vec![raise(finding("aa11", "one", 100))]).await.new, 1);
    assert_eq!(commit(vec![raise(finding("aa11", "one", 200))]).await, Committed::default());
    assert_eq!(commit(vec![raise(finding("aa11", "two", 300))]).await.revised, 1);
    let stored = store.findings(&FindingFilter::default()).await.unwrap();
    assert_eq!(stored, [Finding { revision: 2, ..finding("aa11", "two", 100) }]);
    assert_eq!(commit(vec![Change::Withdraw { id: "aa11".to_owned() }]).await.withdrawn, 1);
    assert!(store.findings(&FindingFilter::default()).await.unwrap().is_empty());
    let all = store.findings(&FindingFilter { all: true, ..FindingFilter::default() }).await.unwrap();
    assert_eq!((all[0].status, all[0].revision), (Status::Withdrawn, 3));
    let revisions = "select revision, status, evidence_count from finding_revision order by 1";
    let revisions = store.sql(revisions, SqlLimits::default()).await.unwrap();
    assert_eq!(
        serde_json::to_string(&revisions.rows).unwrap(),
        r#"[[1,"open",2],[2,"open",2],[3,"withdrawn",2]]"#
    );
    store.close().await;
}

#[tokio::test]
async fn findings_are_found_by_what_they_are() {
    let (store, _name, _server) = fresh().await;
    let low = Finding { severity: Severity::Low, detector: "after-hours".into(), ..finding("bb22", "b", 1) };
    let late = Finding { last_event: MARCH + 1_000, ..finding("aa33", "c", 1) };
    let findings = vec![raise(finding("aa11", "a", 1)), raise(low), raise(late)];
    store.commit(&Checkpoint { findings, ..Checkpoint::default() }).await.unwrap();
    let ids = async |filter: FindingFilter| -> Vec<String> {
        store.findings(&filter).await.unwrap().into_iter().map(|f| f.id).collect()
    };
    let any = FindingFilter::default;
    assert_eq!(ids(any()).await, ["aa33", "aa11", "bb22"]);
    assert_eq!(ids(FindingFilter { severity: Some(Severity::Medium), ..any() }).await, ["aa33", "aa11"]);
    assert_eq!(ids(FindingFilter { detector: Some("after-hours".into()), ..any() }).await, ["bb22"]);
    assert_eq!(ids(FindingFilter { since: Some(MARCH + 500), ..any() }).await, ["aa33"]);
    assert_eq!(ids(FindingFilter { subject: Some("ANA".into()), limit: Some(1), ..any() }).await, ["aa33"]);
    assert!(ids(FindingFilter { subject: Some("%".into()), ..any() }).await.is_empty());
    assert!(matches!(store.finding("bb").await.unwrap(), Lookup::Found(f) if f.id == "bb22"));
    assert!(matches!(store.finding("aa").await.unwrap(), Lookup::Ambiguous(ids) if ids == ["aa11", "aa33"]));
    assert_eq!(store.finding("cc").await.unwrap(), Lookup::Missing);
    store.close().await;
}

#[tokio::test]
async fn a_checkpoint_is_whole_or_not_at_all() {
    let (store, _name, _server) = fresh().await;
    let names = NameTable::default();
    names.intern("ana").unwrap();
    names.intern("luis").unwrap();
    let write = |key: &str, value: Option<&[u8]>| StateWrite {
        plugin: "p".into(),
        key: key.into(),
        value: value.map(<[u8]>::to_vec),
        schema_version: 2,
    };
    let to = Position { txn: 10, seq: 20 };
    let first = Checkpoint {
        findings: vec![raise(finding("aa11", "one", 100))],
        state: vec![write("k\0", Some(b"old")), write("k\0", Some(b"new")), write("gone", Some(b"x"))],
        names: names.since(0),
        cursor: Some(CursorMove {
            consumers: vec!["engine".into()],
            from: Position::START,
            to,
            ..CursorMove::default()
        }),
        generation: 3,
        ..Checkpoint::default()
    };
    store.commit(&first).await.unwrap();
    assert_eq!(position(&store).await, to);
    let state = store.state("p", "k\0").await.unwrap().unwrap();
    assert_eq!((state.value.as_slice(), state.schema_version, state.generation), (&b"new"[..], 2, 3));
    let restored = store.names().await.unwrap();
    assert_eq!((restored.find("luis"), restored.len()), (names.find("luis"), 2));

    // An old leader that does not know it was replaced: nothing of what it brings may stay.
    let stale = Checkpoint {
        findings: vec![raise(finding("bb22", "two", 100))],
        state: vec![write("gone", None)],
        cursor: Some(CursorMove {
            consumers: vec!["engine".into()],
            from: Position::START,
            to: Position { txn: 11, seq: 0 },
            ..CursorMove::default()
        }),
        ..Checkpoint::default()
    };
    assert!(matches!(store.commit(&stale).await, Err(StoreError::Overtaken { .. })));
    assert_eq!(store.finding("bb22").await.unwrap(), Lookup::Missing);
    assert!(store.state("p", "gone").await.unwrap().is_some());
    // A handle that has another text already: another failure, in the middle of the transaction.
    let broken = Checkpoint {
        names: names.since(0).into_iter().map(|(handle, _)| (handle, "someone else".into())).collect(),
        cursor: Some(CursorMove {
            consumers: vec!["engine".into()],
            from: to,
            to: Position { txn: 12, seq: 0 },
            ..CursorMove::default()
        }),
        ..Checkpoint::default()
    };
    assert!(store.commit(&broken).await.is_err());
    assert_eq!(position(&store).await, to);

    let next = Checkpoint {
        state: vec![write("gone", None)],
        names: names.since(0),
        cursor: Some(CursorMove {
            consumers: vec!["engine".into()],
            from: to,
            to: Position { txn: 12, seq: 0 },
            ..CursorMove::default()
        }),
        ..Checkpoint::default()
    };
    store.commit(&next).await.unwrap();
    assert!(store.state("p", "gone").await.unwrap().is_none());
    store.close().await;
}

#[tokio::test]
async fn a_detector_that_forgets_is_let_run_again() {
    let (store, _name, _server) = fresh().await;
    let stop = |detector: &str| QuarantineWrite::Stop {
        detector: detector.to_owned(),
        digest: "sha256:abc".to_owned(),
        reason: "its state is of another form".to_owned(),
    };
    let quarantine = vec![stop("after-hours"), stop("mass-dialing")];
    store.commit(&Checkpoint { quarantine, ..Checkpoint::default() }).await.unwrap();
    assert_eq!(store.quarantines().await.unwrap().len(), 2);
    let reset = StateReset { detector: Some("mass-dialing".to_owned()), key: None, rewind: true };
    store.reset_state(&reset).await.unwrap();
    let left: Vec<String> = store.quarantines().await.unwrap().into_iter().map(|q| q.detector).collect();
    assert_eq!(left, ["after-hours"]);
    store.reset_state(&StateReset { detector: None, ..reset }).await.unwrap();
    assert!(store.quarantines().await.unwrap().is_empty());
}

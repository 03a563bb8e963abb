//! What is stored and read back: the log, checkpoints, findings, status.
//!
//! One private server for the whole binary, started by the first test and stopped when no test uses it any more; each test
//! has a database of its own, cloned from a migrated template.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use model::finding::attribute::Value;
use model::{
    Event, EventKind, FieldId, Finding, NameTable, Number, Provenance, RecordId, Severity, Status, Subject,
    SubjectKind,
};
use ringfence::config::{Config, Database};
use ringfence::store::cluster::{Cluster, ClusterOptions};
use ringfence::store::{
    Change, Checkpoint, Committed, CursorMove, FindingFilter, Lookup, Options, Position, Refused,
    RejectedRow, SqlLimits, StateWrite, Store, StoreError, WriteCounts,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

struct Server {
    cluster: Cluster,
    next: AtomicU32,
    _dir: tempfile::TempDir,
}

static SERVER: tokio::sync::Mutex<Weak<Server>> = tokio::sync::Mutex::const_new(Weak::new());

async fn server() -> Arc<Server> {
    let mut known = SERVER.lock().await;
    if let Some(server) = known.upgrade() {
        return server;
    }
    let dir = tempfile::Builder::new().prefix("rf-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let options = ClusterOptions {
        data_dir: dir.path().to_owned(),
        bin_dir: None,
        durable: false,
        command: "test".to_owned(),
    };
    let cluster = Cluster::start(options).await.unwrap();
    let server = Arc::new(Server { cluster, next: AtomicU32::new(0), _dir: dir });
    // Migrates the template.
    open(&server, "ringfence").await.close().await;
    *known = Arc::downgrade(&server);
    server
}

fn url(server: &Server, database: &str) -> String {
    format!("postgres://ringfence@localhost/{database}?host={}", server.cluster.socket_dir().display())
}

async fn open(server: &Server, database: &str) -> Store {
    let config = Config { database: Database::Url(url(server, database)), ..Config::default() };
    let options = Options { durable: false, ..Options::new("test") };
    Store::open(&config, std::path::Path::new("/nonexistent"), &options).await.unwrap()
}

/// A fresh database and the server that holds it.
async fn fresh() -> (Store, String, Arc<Server>) {
    let server = server().await;
    let name = format!("t{}", server.next.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&url(&server, "template1")).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create database {name} template ringfence")))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
    (open(&server, &name).await, name, server)
}

const MARCH: i64 = 1_772_359_200_000; // 2026-03-01T10:00:00Z

fn event(names: &NameTable, id: u128, at: i64) -> Event {
    let mut event = Event::default();
    event.id = RecordId(id);
    event.set_millis(FieldId::report_time, at);
    event.set_millis(FieldId::start_time, at - 60_000);
    event.set_u32(FieldId::duration, 42);
    event.set_bool(FieldId::answered, true);
    event.set_name(FieldId::user, names.intern("user-1").unwrap());
    event.set_phone(FieldId::called_number, Number::from_e164(576_015_551_234).unwrap());
    event
}

fn raw(id: u128) -> Vec<u8> {
    format!(r#"{{"Report ID":"{id}","User":"nul \u0000 ñ"}}"#).into_bytes()
}

/// Writes records by one writer, as a parsing thread does.
async fn write(store: &Store, records: Vec<(u128, i64)>) -> Result<WriteCounts, StoreError> {
    let names = Arc::new(NameTable::default());
    let mut writer = store.log_writer(&names).await?;
    tokio::task::spawn_blocking(move || {
        for (id, at) in records {
            writer.append(&event(&names, id, at), &raw(id))?;
        }
        writer.finish()
    })
    .await
    .unwrap()
}

async fn read_all(store: &Store, step: u32) -> Vec<u128> {
    let mut after = Position::START;
    let mut ids = Vec::new();
    loop {
        let rows = store.read_log(after, step).await.unwrap();
        let Some(last) = rows.last() else { return ids };
        after = last.position;
        ids.extend(rows.iter().map(|r| r.id.0));
    }
}

#[tokio::test]
async fn records_come_back_as_they_were_in_order() {
    let (store, _name, _server) = fresh().await;
    let records: Vec<(u128, i64)> = (1..=12_000).map(|i| (i, MARCH + i as i64 * 1_000)).collect();
    let counts = write(&store, records.clone()).await.unwrap();
    assert_eq!((counts.new, counts.duplicates), (12_000, 0));
    let rows = store.read_log(Position::START, 3).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].raw.as_bytes(), raw(1));
    assert_eq!(
        (rows[0].id, rows[0].kind, rows[0].report_time),
        (RecordId(1), EventKind::Call, MARCH + 1_000)
    );
    let ids = read_all(&store, 999).await;
    assert!(ids.iter().copied().eq(1..=12_000));
    store.close().await;
}

#[tokio::test]
async fn a_record_delivered_again_is_counted_and_not_stored() {
    let (store, _name, _server) = fresh().await;
    write(&store, vec![(1, MARCH), (2, MARCH), (1, MARCH)]).await.unwrap();
    // Another report time in the same month is the same record still.
    let counts = write(&store, vec![(2, MARCH + 5_000), (3, MARCH)]).await.unwrap();
    assert_eq!((counts.new, counts.duplicates), (1, 1));
    assert_eq!(read_all(&store, 100).await, [1, 2, 3]);
    assert!(store.has_record(RecordId(3)).await.unwrap() && !store.has_record(RecordId(4)).await.unwrap());
    store.close().await;
}

#[tokio::test]
async fn several_writers_with_the_same_records_in_other_orders_store_each_once() {
    let (store, _name, _server) = fresh().await;
    let total = 20_000u128;
    let writers: Vec<_> = [1u128, 7, 11, 19_999]
        .into_iter()
        .map(|step| {
            let store = store.clone();
            tokio::spawn(async move {
                // Steps prime to the total: a permutation each. Three months, decided by the identity.
                let ids = (0..total).map(|i| i * step % total);
                let records = ids.map(|id| (id, MARCH + (id as i64 % 90) * 86_400_000));
                write(&store, records.collect()).await.unwrap()
            })
        })
        .collect();
    let mut sum = WriteCounts::default();
    for writer in writers {
        sum.add(&writer.await.unwrap());
    }
    assert_eq!((sum.new, sum.duplicates), (20_000, 60_000));
    let mut ids = read_all(&store, 5_000).await;
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0..total));
    store.close().await;
}

#[tokio::test]
async fn writers_from_both_ends_do_not_deadlock() {
    let (store, _name, _server) = fresh().await;
    let up: Vec<(u128, i64)> = (0..15_000).map(|i| (i, MARCH)).collect();
    let down: Vec<(u128, i64)> = up.iter().rev().copied().collect();
    let (a, b) = tokio::join!(write(&store, up), write(&store, down));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!((a.new + b.new, a.duplicates + b.duplicates), (15_000, 15_000));
    store.close().await;
}

#[tokio::test]
async fn a_reader_never_steps_over_a_record_that_commits_late() {
    let (store, database, server) = fresh().await;
    write(&store, vec![(1, MARCH)]).await.unwrap();
    // A writer that has begun and takes its time.
    let mut slow = PgConnection::connect(&url(&server, &database)).await.unwrap();
    let mut open = slow.begin().await.unwrap();
    sqlx::query(
        "insert into record_log (txn, seq, report_time, start_time, record_id, org_id, duration, answered, event, raw)
         select base + pg_current_xact_id()::text::bigint, 0, '2026-03-01', '2026-03-01',
                '00000000-0000-0000-0000-000000000002', 1, 0, false, 'call', '{}' from txn_base",
    )
    .execute(&mut *open)
    .await
    .unwrap();
    // A quick one overtakes it.
    write(&store, vec![(3, MARCH)]).await.unwrap();
    assert_eq!(read_all(&store, 10).await, [1], "a reader that took 3 now would never see 2");
    let after = store.read_log(Position::START, 10).await.unwrap()[0].position;
    open.commit().await.unwrap();
    let rest: Vec<u128> = store.read_log(after, 10).await.unwrap().iter().map(|r| r.id.0).collect();
    assert_eq!(rest, [2, 3]);
    store.close().await;
}

#[tokio::test]
async fn positions_keep_rising_after_a_restore_into_another_server() {
    let (store, database, server) = fresh().await;
    write(&store, vec![(1, MARCH)]).await.unwrap();
    let before = store.read_log(Position::START, 1).await.unwrap()[0].position;
    store.close().await;
    // As a restored dump looks: written by a server with another identity whose transactions were far ahead.
    let mut admin = PgConnection::connect(&url(&server, &database)).await.unwrap();
    let lift = "update record_log set txn = txn + 1000000; update txn_base set system_identifier = 42";
    sqlx::raw_sql(lift).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let store = open(&server, &database).await;
    write(&store, vec![(2, MARCH)]).await.unwrap();
    let rows = store.read_log(before, 10).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.id.0).collect::<Vec<_>>(), [1, 2]);
    assert!(rows[1].position > rows[0].position);
    store.close().await;
}

#[tokio::test]
async fn every_month_has_a_partition_and_broken_clocks_make_few() {
    let (store, _name, _server) = fresh().await;
    let year = 365 * 86_400_000i64;
    // From 2003 on, one per month for 30 years: more than there may be.
    let records: Vec<(u128, i64)> =
        (0..360).map(|i| (i, 1_041_379_200_000 + i as i64 * year / 12)).chain([(1_000, 0)]).collect();
    let counts = write(&store, records).await.unwrap();
    let refused: u64 = counts.refused.values().sum();
    assert_eq!(counts.refused.get(&Refused::TimeOutOfRange), Some(&1));
    assert!(counts.refused.get(&Refused::TooManyMonths).is_some_and(|n| *n > 100), "{counts:?}");
    assert_eq!(counts.new + refused, 361);
    let status = store.status().await.unwrap();
    assert_eq!(status.partitions.len(), ringfence::store::MAX_MONTHS);
    assert_eq!(status.records, counts.new);
    assert!(status.oldest_record.unwrap().starts_with("2003-01-01"));
    store.close().await;
}

#[tokio::test]
async fn a_dropped_partition_is_made_again() {
    let (store, database, server) = fresh().await;
    write(&store, vec![(1, MARCH)]).await.unwrap();
    let mut admin = PgConnection::connect(&url(&server, &database)).await.unwrap();
    sqlx::query("drop table record_log_2026_03").execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let counts = write(&store, vec![(1, MARCH)]).await.unwrap();
    assert_eq!(counts.new, 1);
    store.close().await;
}

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
            ("numbers".to_owned(), Value::List(vec![Value::Text("+34".to_owned()), Value::Bool(true)])),
        ]),
        provenance: Provenance { generation: 3, digest: "sha256:abc".to_owned() },
    }
}

fn raise(finding: Finding) -> Change {
    Change::Raise(Box::new(finding))
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
        cursor: Some(CursorMove { consumer: "engine".into(), from: Position::START, to }),
        generation: 3,
    };
    store.commit(&first).await.unwrap();
    assert_eq!(store.position("engine").await.unwrap(), to);
    let state = store.state("p", "k\0").await.unwrap().unwrap();
    assert_eq!((state.value.as_slice(), state.schema_version, state.generation), (&b"new"[..], 2, 3));
    let restored = store.names().await.unwrap();
    assert_eq!((restored.find("luis"), restored.len()), (names.find("luis"), 2));

    // An old leader that does not know it was replaced: nothing of what it brings may stay.
    let stale = Checkpoint {
        findings: vec![raise(finding("bb22", "two", 100))],
        state: vec![write("gone", None)],
        cursor: Some(CursorMove {
            consumer: "engine".into(),
            from: Position::START,
            to: Position { txn: 11, seq: 0 },
        }),
        ..Checkpoint::default()
    };
    assert!(matches!(store.commit(&stale).await, Err(StoreError::Overtaken { .. })));
    assert_eq!(store.finding("bb22").await.unwrap(), Lookup::Missing);
    assert!(store.state("p", "gone").await.unwrap().is_some());
    // Names that are there already: another failure, in the middle of the transaction.
    let broken = Checkpoint {
        names: names.since(0),
        cursor: Some(CursorMove { consumer: "engine".into(), from: to, to: Position { txn: 12, seq: 0 } }),
        ..Checkpoint::default()
    };
    assert!(store.commit(&broken).await.is_err());
    assert_eq!(store.position("engine").await.unwrap(), to);

    let next = Checkpoint {
        state: vec![write("gone", None)],
        cursor: Some(CursorMove { consumer: "engine".into(), from: to, to: Position { txn: 12, seq: 0 } }),
        ..Checkpoint::default()
    };
    store.commit(&next).await.unwrap();
    assert!(store.state("p", "gone").await.unwrap().is_none());
    store.close().await;
}

#[tokio::test]
async fn status_counts_what_is_there() {
    let (store, _name, _server) = fresh().await;
    write(&store, vec![(1, MARCH), (2, MARCH), (3, MARCH + 40 * 86_400_000)]).await.unwrap();
    let rows = store.read_log(Position::START, 2).await.unwrap();
    let cursor = CursorMove { consumer: "engine".into(), from: Position::START, to: rows[1].position };
    store.commit(&Checkpoint { cursor: Some(cursor), ..Checkpoint::default() }).await.unwrap();
    let rejected = RejectedRow {
        source: "a.csv".into(),
        line: Some(3),
        field: None,
        value: Some("x\0".repeat(1_000)),
        reason: "no time".into(),
    };
    store.keep_rejected(&[rejected]).await.unwrap();
    let status = store.status().await.unwrap();
    assert_eq!((status.records, status.partitions.len(), status.rejected), (3, 2, 1));
    assert_eq!((status.consumers[0].lag, status.embedded), (1, false));
    assert_eq!(status.newest_record.as_deref(), Some("2026-04-10T10:00:00.000Z"));
    assert!(status.partitions.iter().all(|p| p.size_bytes > 0));
    store.close().await;
}

#[tokio::test]
async fn a_persons_query_reads_only_and_is_bounded() {
    let (store, _name, _server) = fresh().await;
    let limits = SqlLimits { timeout_ms: 300, rows: 2 };
    let answer = store.sql("select 1 as b, 'x' as a, null as a -- note", limits).await.unwrap();
    assert_eq!(answer.columns, ["b", "a", "a"]);
    assert_eq!(serde_json::to_string(&answer.rows).unwrap(), r#"[[1,"x",null]]"#);
    let answer = store.sql("select * from generate_series(1, 5);", limits).await.unwrap();
    assert!(answer.cut && answer.rows.len() == 2);
    for forbidden in [
        "delete from finding",
        "select 1) q; delete from finding; select 2 from (select 1",
        "commit",
        "with d as (delete from finding returning 1) select * from d",
        "select nextval('organisation_org_id_seq')",
        "copy (select 1) to program 'true'",
    ] {
        assert!(store.sql(forbidden, limits).await.is_err(), "{forbidden}");
    }
    let slow = store.sql("select pg_sleep(5)", limits).await.unwrap_err().to_string();
    assert!(slow.contains("longer than allowed"), "{slow}");
    // The connection goes back clean.
    write(&store, vec![(1, MARCH)]).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let (store, database, server) = fresh().await;
    store.close().await;
    let mut admin = PgConnection::connect(&url(&server, &database)).await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, '', true, '', 0)";
    sqlx::query(newer).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let config = Config { database: Database::Url(url(&server, &database)), ..Config::default() };
    let options = Options { durable: false, connect_limit: Duration::from_secs(5), ..Options::new("test") };
    let error = Store::open(&config, std::path::Path::new("/nonexistent"), &options).await.unwrap_err();
    assert!(error.to_string().contains("newer ringfence"), "{error}");
}

//! What is stored and read back: the log, status, queries; checkpoints and findings in a file of their own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod checkpoints;
mod retention;
mod server;

use std::sync::Arc;
use std::time::Duration;

use model::{Event, EventKind, FieldId, NameTable, Number, RecordId};
use ringfence::config::{Config, Database};
use ringfence::store::{
    Checkpoint, CursorMove, Options, Position, Refused, RejectedRow, SqlLimits, Store, StoreError,
    WriteCounts,
};
use server::{fresh, open, url};
use sqlx::{Connection, PgConnection};

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
        let rows = store.read_log(after, None, step).await.unwrap();
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
    let rows = store.read_log(Position::START, None, 3).await.unwrap();
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
    let after = store.read_log(Position::START, None, 10).await.unwrap()[0].position;
    open.commit().await.unwrap();
    let rest: Vec<u128> = store.read_log(after, None, 10).await.unwrap().iter().map(|r| r.id.0).collect();
    assert_eq!(rest, [2, 3]);
    store.close().await;
}

#[tokio::test]
async fn positions_keep_rising_after_a_restore_into_another_server() {
    let (store, database, server) = fresh().await;
    write(&store, vec![(1, MARCH)]).await.unwrap();
    let before = store.read_log(Position::START, None, 1).await.unwrap()[0].position;
    store.close().await;
    // As a restored dump looks: written by a server with another identity whose transactions were far ahead.
    let mut admin = PgConnection::connect(&url(&server, &database)).await.unwrap();
    let lift = "update record_log set txn = txn + 1000000; update txn_base set system_identifier = 42";
    sqlx::raw_sql(lift).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let store = open(&server, &database).await;
    write(&store, vec![(2, MARCH)]).await.unwrap();
    let rows = store.read_log(before, None, 10).await.unwrap();
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

#[tokio::test]
async fn status_counts_what_is_there() {
    let (store, _name, _server) = fresh().await;
    write(&store, vec![(1, MARCH), (2, MARCH), (3, MARCH + 40 * 86_400_000)]).await.unwrap();
    let rows = store.read_log(Position::START, None, 2).await.unwrap();
    let cursor = CursorMove {
        consumers: vec!["engine".into()],
        from: Position::START,
        to: rows[1].position,
        watermark: vec![5, 7],
    };
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

//! Months of the log: made ahead, held, dropped; never one that somebody needs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{Months, NaiveDate};
use ringfence::store::{Fate, Keeper, Maintained, Month, NewHold, Position, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::server::{Server, fresh, open, url};
use crate::{MARCH, read_all, write};

const DAY: i64 = 86_400_000;
/// 2019-01-15, -02-15, -03-15.
const OLD: [i64; 3] = [1_547_546_400_000, 1_550_224_800_000, 1_552_644_000_000];
const SEVEN_YEARS: Option<Months> = Some(Months::new(84));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// In the month of the newest record the tests write; the server's clock is later.
fn today() -> NaiveDate {
    day("2026-03-20")
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn months(texts: &[&str]) -> Vec<Month> {
    texts.iter().map(|t| month(t)).collect()
}

async fn admin(server: &Server, database: &str) -> PgConnection {
    PgConnection::connect(&url(server, database)).await.unwrap()
}

async fn run(admin: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(admin).await.unwrap();
}

/// Sets how far a reader has come.
async fn has_read(admin: &mut PgConnection, consumer: &str, to: Position) {
    sqlx::query(
        "insert into log_cursor (org_id, consumer, txn, seq) select org_id, $1, $2, $3 from organisation where key = 'default'
         on conflict (org_id, consumer) do update set txn = excluded.txn, seq = excluded.seq",
    )
    .bind(consumer)
    .bind(to.txn)
    .bind(to.seq)
    .execute(admin)
    .await
    .unwrap();
}

const EVERYTHING: Position = Position { txn: i64::MAX, seq: 0 };

/// Three old months and a recent one, a record each; all read by "engine".
async fn with_old_months() -> (Store, String, Arc<Server>, PgConnection) {
    let (store, database, server) = fresh().await;
    for (id, at) in OLD.into_iter().chain([MARCH]).enumerate() {
        write(&store, vec![(id as u128, at)]).await.unwrap();
    }
    let mut admin = admin(&server, &database).await;
    has_read(&mut admin, "engine", EVERYTHING).await;
    (store, database, server, admin)
}

async fn maintain(store: &Store) -> Maintained {
    store.maintain(SEVEN_YEARS, today()).await.unwrap()
}

#[tokio::test]
async fn months_wholly_older_than_the_retention_go_and_no_others() {
    let (store, _database, _server, _admin) = with_old_months().await;
    let done = maintain(&store).await;
    // March 2019 is seven years old in part only.
    assert_eq!(done.dropped, months(&["2019-01", "2019-02"]));
    assert_eq!(done.kept, []);
    assert_eq!(read_all(&store, 10).await, [2, 3]);
    assert_eq!(maintain(&store).await, Maintained::default(), "the second round had something to do");
    let without = store.maintain(None, day("2099-01-01")).await.unwrap();
    assert_eq!(without.dropped, []);
    store.close().await;
}

#[tokio::test]
async fn a_review_changes_nothing_and_says_why_each_month_stays() {
    let (store, _database, _server, _admin) = with_old_months().await;
    let february = NewHold { from: month("2019-02"), to: None, reason: "case 7", by: "ana" };
    let hold = store.place_hold(&february).await.unwrap();
    let review = store.review_retention(SEVEN_YEARS, today()).await.unwrap();
    assert_eq!((review.now, review.before), (Some(month("2026-03")), Some(month("2019-03"))));
    let said: Vec<_> =
        review.months.iter().map(|m| (m.month.to_string(), m.fate, m.keepers.clone())).collect();
    assert_eq!(
        said,
        [
            ("2019-01".to_owned(), Fate::Goes, vec![]),
            ("2019-02".to_owned(), Fate::Stays, vec![Keeper::Held { hold: hold.id }]),
            ("2019-03".to_owned(), Fate::Stays, vec![Keeper::Recent]),
            ("2026-03".to_owned(), Fate::Stays, vec![Keeper::Recent]),
        ]
    );
    let for_ever = store.review_retention(None, today()).await.unwrap();
    assert!(for_ever.months.iter().all(|m| m.keepers == [Keeper::ForEver]));
    assert_eq!(read_all(&store, 10).await, [0, 1, 2, 3]);
    store.close().await;
}

#[tokio::test]
async fn a_held_month_stays_until_it_is_released_whoever_holds_it() {
    let (store, _database, _server, mut admin) = with_old_months().await;
    // Another organisation, whose records may be in the same month.
    run(&mut admin, "insert into organisation (key, name) values ('other', 'Other')").await;
    run(
        &mut admin,
        "insert into legal_hold (org_id, from_month, to_month, reason, placed_by)
         select org_id, '2018-12-01', '2019-01-01', 'case 1', 'eve' from organisation where key = 'other'",
    )
    .await;
    let mine = NewHold { from: month("2019-02"), to: Some(month("2019-02")), reason: "case 2", by: "ana" };
    let mine = store.place_hold(&mine).await.unwrap();
    let done = maintain(&store).await;
    assert_eq!(done.dropped, []);
    let held: Vec<_> = done.kept.iter().map(|(m, k)| (*m, k.len())).collect();
    assert_eq!(held, [(month("2019-01"), 1), (month("2019-02"), 1)]);
    assert!(done.kept.iter().all(|(_, k)| matches!(k[0], Keeper::Held { .. })));

    let released = store.release_hold(mine.id, "closed", "bob").await.unwrap().unwrap();
    assert!(!released.active() && !released.covers(month("2019-02")));
    assert_eq!(maintain(&store).await.dropped, months(&["2019-02"]));
    assert_eq!(store.holds().await.unwrap(), [released]);
    store.close().await;
}

#[tokio::test]
async fn holds_are_an_audit_trail() {
    let (store, database, server) = fresh().await;
    let hold = NewHold { from: month("2020-01"), to: None, reason: "case 3", by: "ana" };
    let hold = store.place_hold(&hold).await.unwrap();
    assert!(hold.active() && hold.covers(month("2099-12")) && !hold.covers(month("2019-12")));
    let released = store.release_hold(hold.id, "closed", "bob").await.unwrap().unwrap();
    assert_eq!((released.placed_by.as_str(), released.released_by.as_deref()), ("ana", Some("bob")));
    assert_eq!(store.release_hold(hold.id, "again", "eve").await.unwrap(), None);
    assert_eq!(store.release_hold(hold.id + 1, "no such", "eve").await.unwrap(), None);
    store
        .place_hold(&NewHold { from: month("2020-01"), to: None, reason: "case 4", by: "ana" })
        .await
        .unwrap();
    let mut admin = admin(&server, &database).await;
    for forbidden in [
        "delete from legal_hold",
        "truncate legal_hold",
        "update legal_hold set reason = 'x'",
        "update legal_hold set released_at = null, released_by = null, release_reason = null where released_at is not null",
        "update legal_hold set to_month = '2020-01-01', released_at = now(), released_by = 'x', release_reason = 'x'",
        "insert into legal_hold (org_id, from_month, reason, placed_by) select org_id, '2020-01-02', 'x', 'x' from organisation",
    ] {
        let refused = sqlx::raw_sql(AssertSqlSafe(forbidden)).execute(&mut admin).await;
        assert!(refused.is_err(), "{forbidden}");
    }
    assert_eq!(store.holds().await.unwrap().len(), 2);
    let backwards = NewHold { from: month("2020-02"), to: Some(month("2020-01")), reason: "x", by: "x" };
    assert!(store.place_hold(&backwards).await.is_err());
    store.close().await;
}

#[tokio::test]
async fn a_month_with_records_that_somebody_has_not_read_stays() {
    let (store, database, server) = fresh().await;
    write(&store, vec![(1, OLD[0]), (2, OLD[0]), (3, OLD[1]), (4, MARCH)]).await.unwrap();
    let unread = |consumer: Option<&str>| vec![Keeper::Unread { consumer: consumer.map(str::to_owned) }];
    let done = maintain(&store).await;
    assert_eq!(done.kept, [(month("2019-01"), unread(None)), (month("2019-02"), unread(None))]);

    let mut admin = admin(&server, &database).await;
    let positions: Vec<_> =
        store.read_log(Position::START, None, 10).await.unwrap().iter().map(|r| r.position).collect();
    has_read(&mut admin, "a", EVERYTHING).await;
    has_read(&mut admin, "b", positions[0]).await;
    let done = maintain(&store).await;
    assert_eq!(done.kept, [(month("2019-01"), unread(Some("b"))), (month("2019-02"), unread(Some("b")))]);
    // All of January, nothing of February.
    has_read(&mut admin, "b", positions[1]).await;
    let done = maintain(&store).await;
    assert_eq!(done.dropped, months(&["2019-01"]));
    assert_eq!(done.kept, [(month("2019-02"), unread(Some("b")))]);
    // A late one in a month that was read.
    has_read(&mut admin, "b", positions[2]).await;
    write(&store, vec![(5, OLD[1] + DAY)]).await.unwrap();
    assert_eq!(maintain(&store).await.kept, [(month("2019-02"), unread(Some("b")))]);
    // An organisation whose records nobody reads.
    has_read(&mut admin, "b", EVERYTHING).await;
    run(&mut admin, "insert into organisation (key, name) values ('other', 'Other')").await;
    run(
        &mut admin,
        "update record_log set org_id = (select org_id from organisation where key = 'other')
         where record_id = '00000000-0000-0000-0000-000000000005'",
    )
    .await;
    assert_eq!(maintain(&store).await.kept, [(month("2019-02"), unread(None))]);
    run(&mut admin, "delete from record_log where record_id = '00000000-0000-0000-0000-000000000005'").await;
    assert_eq!(maintain(&store).await.dropped, months(&["2019-02"]));
    store.close().await;
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_years_drops_nothing() {
    let (store, _database, _server, _admin) = with_old_months().await;
    let before = async |today: &str| {
        store.review_retention(Some(Months::new(60)), day(today)).await.unwrap().before.map(|m| m.to_string())
    };
    // Ahead: the records say what time it is.
    assert_eq!(before("2060-01-01").await.as_deref(), Some("2021-03"));
    assert_eq!(before("2500-01-01").await, None);
    // Behind: nothing is old.
    assert_eq!(before("2001-05-01").await, None);
    assert_eq!(before("1970-01-01").await, None);
    assert_eq!(before("2020-05-01").await.as_deref(), Some("2015-05"));
    // Records from a future that is not meant: the clocks say what time it is.
    write(&store, vec![(100, MARCH + 60 * 365 * DAY)]).await.unwrap();
    assert_eq!(before("2026-03-20").await.as_deref(), Some("2021-03"));
    // This machine and a record wrong together: the server's clock is left, which is right here.
    let server_says = before("2099-01-01").await.unwrap();
    assert!(server_says.as_str() < "2075", "{server_says}");
    let done = store.maintain(Some(Months::new(120)), day("2027-01-01")).await.unwrap();
    assert_eq!(done.dropped, []);
    assert_eq!(read_all(&store, 10).await, [0, 1, 2, 3, 100]);
    store.close().await;
}

#[tokio::test]
async fn months_are_there_before_their_records() {
    let (store, database, server) = fresh().await;
    let done = store.maintain(None, day("2026-12-31")).await.unwrap();
    assert_eq!(done.made, months(&["2026-12", "2027-01", "2027-02"]));
    assert_eq!(store.maintain(None, day("2026-12-31")).await.unwrap(), Maintained::default());
    assert_eq!(store.maintain(None, day("2027-01-01")).await.unwrap().made, months(&["2027-03"]));
    assert_eq!(store.maintain(None, day("1999-12-31")).await.unwrap().made, []);
    let mut admin = admin(&server, &database).await;
    let count: i64 =
        sqlx::query_scalar("select count(*) from pg_inherits where inhparent = 'record_log'::regclass")
            .fetch_one(&mut admin)
            .await
            .unwrap();
    assert_eq!(count, 4);
    store.close().await;
}

#[tokio::test]
async fn a_record_of_a_dropped_month_makes_it_anew() {
    let (store, database, server, _admin) = with_old_months().await;
    // Another process, which has seen the month.
    let other = open(&server, &database).await;
    assert_eq!(maintain(&store).await.dropped, months(&["2019-01", "2019-02"]));
    assert_eq!(write(&other, vec![(10, OLD[0]), (11, MARCH)]).await.unwrap().new, 2);
    assert_eq!(write(&store, vec![(12, OLD[1])]).await.unwrap().new, 1);
    assert_eq!(maintain(&store).await.dropped, months(&["2019-01", "2019-02"]));
    other.close().await;
    store.close().await;
}

#[tokio::test]
async fn dropping_waits_for_nobody_and_nobody_waits_long_for_it() {
    let (store, database, server, mut admin) = with_old_months().await;
    // A report that takes its time.
    let mut report = admin.begin().await.unwrap();
    sqlx::query("select count(*) from record_log").execute(&mut *report).await.unwrap();
    let round = tokio::spawn({
        let store = store.clone();
        async move { maintain(&store).await }
    });
    // Writers get on while the round tries and the report goes on.
    for id in 20..30 {
        write(&store, vec![(id, MARCH)]).await.unwrap();
    }
    let done = round.await.unwrap();
    assert_eq!(done.dropped, []);
    assert!(done.kept.iter().all(|(_, keepers)| *keepers == [Keeper::Busy]), "{done:?}");
    report.rollback().await.unwrap();

    // A hold that is being placed: not visible yet, and still it counts.
    let mut other = PgConnection::connect(&url(&server, &database)).await.unwrap();
    let mut placing = other.begin().await.unwrap();
    run(
        &mut placing,
        "insert into legal_hold (org_id, from_month, to_month, reason, placed_by)
         select org_id, '2019-01-01', '2019-01-01', 'case 5', 'ana' from organisation",
    )
    .await;
    let done = maintain(&store).await;
    assert!(done.kept.contains(&(month("2019-01"), vec![Keeper::Busy])), "{done:?}");
    placing.commit().await.unwrap();
    let done = maintain(&store).await;
    assert_eq!(done.dropped, months(&["2019-02"]));
    assert!(
        matches!(&done.kept[..], [(m, k)] if *m == month("2019-01") && matches!(k[..], [Keeper::Held { .. }]))
    );
    store.close().await;
}

#[tokio::test]
async fn the_servers_default_isolation_does_not_matter() {
    let (store, database, server, mut admin) = with_old_months().await;
    store.close().await;
    let set = format!("alter database {database} set default_transaction_isolation = 'serializable'");
    run(&mut admin, &set).await;
    let store = open(&server, &database).await;
    assert_eq!(maintain(&store).await.dropped, months(&["2019-01", "2019-02"]));
    // Called by hand in such a transaction, it refuses instead of trusting an old snapshot.
    let mut hand = PgConnection::connect(&url(&server, &database)).await.unwrap();
    let refused = sqlx::query("select * from drop_record_log_month('2019-03-01')").execute(&mut hand).await;
    assert!(refused.unwrap_err().to_string().contains("read committed"));
    store.close().await;
}

#[tokio::test]
async fn a_reader_never_steps_over_a_month_that_comes_while_it_is_planned() {
    let (store, database, server) = fresh().await;
    write(&store, vec![(1, OLD[0]), (2, MARCH)]).await.unwrap();
    // The reader's statement has seen which months there are and waits for one of them.
    let mut holder = admin(&server, &database).await;
    let mut holding = holder.begin().await.unwrap();
    run(&mut holding, "lock table record_log_2019_01 in access exclusive mode").await;
    let reader = tokio::spawn({
        let store = store.clone();
        async move { store.read_log(Position::START, None, 100).await.unwrap() }
    });
    let mut watch = admin(&server, &database).await;
    let end = Instant::now() + Duration::from_secs(30);
    let waits = "select exists (select from pg_locks where not granted and relation = 'record_log_2019_01'::regclass)";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut watch).await.unwrap() {
        assert!(Instant::now() < end, "the reader does not wait");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    write(&store, vec![(3, OLD[1]), (4, MARCH)]).await.unwrap();
    holding.rollback().await.unwrap();

    let mut rows = reader.await.unwrap();
    let after = rows.last().map_or(Position::START, |row| row.position);
    rows.extend(store.read_log(after, None, 100).await.unwrap());
    let ids: Vec<u128> = rows.iter().map(|row| row.id.0).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    store.close().await;
}

#[tokio::test]
async fn nothing_is_lost_while_months_are_dropped_under_a_writer_and_a_reader() {
    let (store, database, server) = fresh().await;
    let mut admin = admin(&server, &database).await;
    has_read(&mut admin, "reader", Position::START).await;
    let done = Arc::new(AtomicBool::new(false));
    // Old and new records in each transaction, so that writers meet months that come and go.
    let writers: Vec<_> = (0..2u128)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..60u128 {
                    let first = writer * 1_000_000 + round * 100;
                    let at = |i: u128| if i < 10 { OLD[(i % 2) as usize] } else { MARCH };
                    let records = (0..40).map(|i| (first + i, at(i))).collect();
                    assert_eq!(write(&store, records).await.unwrap().new, 40);
                }
            })
        })
        .collect();
    let maintainer = tokio::spawn({
        let (store, done) = (store.clone(), done.clone());
        async move {
            let mut dropped = 0;
            while !done.load(Ordering::Relaxed) {
                dropped += maintain(&store).await.dropped.len();
            }
            dropped
        }
    });
    let mut seen = BTreeSet::new();
    let mut after = Position::START;
    let mut maintainer = Some(maintainer);
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        assert!(Instant::now() < end, "the writers are stuck");
        let written = writers.iter().all(|w| w.is_finished());
        if written && let Some(maintainer) = maintainer.take() {
            // While a round runs, what was written after it began cannot be read yet.
            done.store(true, Ordering::Relaxed);
            assert!(maintainer.await.unwrap() > 0, "nothing was dropped, so nothing was tested");
        }
        let rows = store.read_log(after, None, 64).await.unwrap();
        for row in &rows {
            assert!(seen.insert(row.id.0), "{} was read twice", row.id);
        }
        match rows.last() {
            Some(last) => {
                after = last.position;
                has_read(&mut admin, "reader", after).await;
            }
            None if written => break,
            None => {}
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen.len(), 2 * 60 * 40, "records were dropped before they were read");
    store.close().await;
}

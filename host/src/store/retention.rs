//! Months of the log over time: made ahead, dropped when they are old.
//!
//! Owns which month may go. What is said here is only a review; `drop_record_log_month` (migration 0003) looks again under
//! locks. Does not own holds, nor making the month of a record that is there already (the writer does).
//!
//! A month goes when all of it is older than the retention, no organisation holds it, and every reader has read every record in
//! it. Findings stay. A record of a dropped month that is delivered again makes the month anew, is evaluated as late, and goes
//! with the next round.
//!
//! **Clocks.** A clock that is years ahead must not drop anything. "Now" is therefore the earliest of three: this machine's
//! clock, the database server's, and the newest month that has records. One that is wrong alone changes nothing: a machine
//! ahead is held back by the records, records from a future that is not meant are held back by the machine. A log that gets no
//! records any more keeps what it has.

use std::time::Duration;

use chrono::{Months, NaiveDate};
use serde::Serialize;

use super::{Month, Store, StoreError};

/// Months made ahead, so that no ingest has to make one in the busy first minute of a month, and that a month is there also
/// when nothing maintained the log for some weeks.
const AHEAD: u32 = 2;

/// How often a month whose locks are not to be had is tried again in one round.
const ATTEMPTS: u32 = 5;

/// Pause between attempts: longer than writers wait for one attempt, so that they get on in between.
const PAUSE: Duration = Duration::from_millis(500);

/// What keeps a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Keeper {
    /// No retention is set.
    ForEver,
    /// It is not old enough.
    Recent,
    /// A legal hold.
    Held {
        /// Its number.
        hold: i32,
    },
    /// A reader that has not read all of it; `None` where nothing has read the organisation's records yet.
    Unread {
        /// The reader.
        consumer: Option<String>,
    },
    /// Records that a detector failed on and may be shown again.
    Parked {
        /// How many.
        records: u64,
    },
    /// It was in use for longer than an attempt waits; the next round tries again.
    Busy,
}

/// What becomes of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Stays.
    Stays,
    /// Goes with the next round.
    Goes,
    /// Was dropped.
    Dropped,
}

/// One month of the log under review.
#[derive(Clone, Debug, Serialize)]
pub struct MonthReview {
    /// The month.
    pub month: Month,
    /// Bytes on disk, indexes included.
    pub size_bytes: u64,
    /// What becomes of it.
    pub fate: Fate,
    /// What keeps it.
    pub keepers: Vec<Keeper>,
}

/// What a round of retention does, or did.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    /// The month that counts as now.
    pub now: Option<Month>,
    /// Months before this one are old enough to go; `None` if none ever is.
    pub before: Option<Month>,
    /// The log's months, the oldest first.
    pub months: Vec<MonthReview>,
}

/// What a round of maintenance did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Months made.
    pub made: Vec<Month>,
    /// Months dropped.
    pub dropped: Vec<Month>,
    /// Months that are old enough to go, with what keeps them.
    pub kept: Vec<(Month, Vec<Keeper>)>,
}

impl Store {
    /// Makes the partitions of this month and the next two, and drops months older than `retention`. `today` is this machine's
    /// date in UTC. Safe beside writers, readers and other maintainers; meant to be called about once an hour.
    ///
    /// # Errors
    /// When the database fails; what was done before stays.
    pub async fn maintain(
        &self,
        retention: Option<Months>,
        today: NaiveDate,
    ) -> Result<Maintained, StoreError> {
        let made = self.make_ahead(today).await?;
        let review = match retention {
            Some(_) => self.apply_retention(retention, today).await?.months,
            None => Vec::new(),
        };
        let dropped = review.iter().filter(|m| m.fate == Fate::Dropped).map(|m| m.month).collect();
        let old =
            review.into_iter().filter(|m| m.fate != Fate::Dropped && !m.keepers.contains(&Keeper::Recent));
        Ok(Maintained { made, dropped, kept: old.map(|m| (m.month, m.keepers)).collect() })
    }

    /// What a round of retention would do, and why each other month stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn review_retention(
        &self,
        retention: Option<Months>,
        today: NaiveDate,
    ) -> Result<Review, StoreError> {
        let partitions = self.month_sizes().await?;
        let now = self.now(today, &partitions).await?;
        let before = retention.and_then(|kept| now?.earlier(kept.as_u32()));
        let mut months = Vec::with_capacity(partitions.len());
        for (month, size_bytes) in partitions {
            let keepers = match before {
                _ if retention.is_none() => vec![Keeper::ForEver],
                Some(before) if month < before => self.keepers(month).await?,
                _ => vec![Keeper::Recent],
            };
            let fate = if keepers.is_empty() { Fate::Goes } else { Fate::Stays };
            months.push(MonthReview { month, size_bytes, fate, keepers });
        }
        Ok(Review { now, before, months })
    }

    /// Drops what the review says may go.
    ///
    /// # Errors
    /// When the database fails; months dropped before stay dropped.
    pub async fn apply_retention(
        &self,
        retention: Option<Months>,
        today: NaiveDate,
    ) -> Result<Review, StoreError> {
        let mut review = self.review_retention(retention, today).await?;
        for month in review.months.iter_mut().filter(|m| m.fate == Fate::Goes) {
            month.keepers = self.drop_month(month.month).await?;
            month.fate = if month.keepers.is_empty() { Fate::Dropped } else { Fate::Stays };
        }
        Ok(review)
    }

    async fn make_ahead(&self, today: NaiveDate) -> Result<Vec<Month>, StoreError> {
        let mut made = Vec::new();
        // A clock outside of sensible years makes nothing.
        let Some(this) = Month::of_day(today) else { return Ok(made) };
        for month in (0..=AHEAD).filter_map(|ahead| this.later(ahead)) {
            if !self.months().claim(month) {
                tracing::warn!(%month, "the log has as many months as it may; none is made ahead");
                break;
            }
            let new = sqlx::query_scalar!("select ensure_record_log_partition($1)", month.first_day())
                .fetch_one(self.pool())
                .await
                .map_err(StoreError::while_("making a partition of the log ahead"))?;
            self.months().note(month);
            if new == Some(true) {
                made.push(month);
            }
        }
        Ok(made)
    }

    /// The month that counts as now; see the top of this file.
    async fn now(&self, today: NaiveDate, months: &[(Month, u64)]) -> Result<Option<Month>, StoreError> {
        let failed = StoreError::while_("looking for the newest month of the log");
        let server = sqlx::query_scalar!(r#"select current_date as "today!""#)
            .fetch_one(self.pool())
            .await
            .map_err(&failed)?;
        let Some(clocks) = Month::of_day(today).min(Month::of_day(server)) else { return Ok(None) };
        for &(month, _) in months.iter().rev() {
            let (from, to) = month.range();
            let any = sqlx::query_scalar!(
                r#"select exists (select from record_log where report_time >= $1 and report_time < $2) as "any!""#,
                from,
                to,
            )
            .fetch_one(self.pool())
            .await
            .map_err(&failed)?;
            if any {
                return Ok(Some(month.min(clocks)));
            }
        }
        Ok(Some(clocks))
    }

    /// The log's months with their sizes, the oldest first.
    async fn month_sizes(&self) -> Result<Vec<(Month, u64)>, StoreError> {
        let rows = sqlx::query!(
            r#"select c.relname::text as "name!", pg_total_relation_size(c.oid) as "size!"
               from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'record_log'::regclass"#
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("listing the log's partitions"))?;
        let month = |name: &str, size: i64| Some((Month::from_partition(name)?, size as u64));
        let mut months: Vec<_> = rows.iter().filter_map(|r| month(&r.name, r.size)).collect();
        months.sort_unstable();
        Ok(months)
    }

    async fn keepers(&self, month: Month) -> Result<Vec<Keeper>, StoreError> {
        let rows = sqlx::query!(
            r#"select why as "why!", what from record_log_month_keepers($1)"#,
            month.first_day()
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("asking what keeps a month of the log"))?;
        rows.into_iter().map(|r| keeper(&r.why, r.what)).collect()
    }

    /// Drops a month unless something keeps it; returns what does.
    async fn drop_month(&self, month: Month) -> Result<Vec<Keeper>, StoreError> {
        for attempt in 1..=ATTEMPTS {
            match self.try_drop(month).await {
                Ok(keepers) => {
                    if keepers.is_empty() {
                        self.months().dropped(month);
                        tracing::info!(%month, "dropped a month of the log: it is older than the retention");
                    }
                    return Ok(keepers);
                }
                Err(error) => match error.code() {
                    // Lock not available, or a deadlock with somebody who locks in another order.
                    Some("55P03" | "40P01") if attempt < ATTEMPTS => tokio::time::sleep(PAUSE).await,
                    Some("55P03" | "40P01") => break,
                    // Another maintainer was quicker.
                    Some("42P01") => {
                        self.months().dropped(month);
                        return Ok(Vec::new());
                    }
                    _ => return Err(error),
                },
            }
        }
        Ok(vec![Keeper::Busy])
    }

    async fn try_drop(&self, month: Month) -> Result<Vec<Keeper>, StoreError> {
        let failed = StoreError::while_("dropping a month of the log");
        // Whatever the server's default is: each look after a lock must see what was committed before it was taken.
        let begin = "begin isolation level read committed";
        let mut transaction = self.pool().begin_with(begin).await.map_err(&failed)?;
        let rows =
            sqlx::query!(r#"select why as "why!", what from drop_record_log_month($1)"#, month.first_day())
                .fetch_all(&mut *transaction)
                .await
                .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        rows.into_iter().map(|r| keeper(&r.why, r.what)).collect()
    }
}

fn keeper(why: &str, what: Option<String>) -> Result<Keeper, StoreError> {
    let number: Option<i32> = what.as_deref().and_then(|what| what.parse().ok());
    match (why, number) {
        ("held", Some(hold)) => Ok(Keeper::Held { hold }),
        ("parked", Some(records)) => Ok(Keeper::Parked { records: u64::try_from(records).unwrap_or(0) }),
        ("unread", _) => Ok(Keeper::Unread { consumer: what }),
        _ => Err(StoreError::Unreadable {
            what: "a reason to keep a month".to_owned(),
            why: format!("'{why}' is unknown: a newer version gave it"),
        }),
    }
}

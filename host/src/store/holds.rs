//! Legal hold: months of the log that must be kept.
//!
//! Owns placing, releasing and listing holds. The table is the audit trail: a trigger refuses to change or delete one. Does not
//! own what a hold prevents (`retention`).

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{Month, Store, StoreError};

/// A legal hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Its number.
    pub id: i32,
    /// First month held.
    pub from: Month,
    /// Last month held; `None` holds every later one.
    pub to: Option<Month>,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub placed_by: String,
    /// When, RFC 3339.
    pub placed_at: String,
    /// When it was released, RFC 3339; until then it holds.
    pub released_at: Option<String>,
    /// Who released it.
    pub released_by: Option<String>,
    /// Why it was released.
    pub release_reason: Option<String>,
}

impl Hold {
    /// Whether it still holds.
    pub fn active(&self) -> bool {
        self.released_at.is_none()
    }

    /// Whether it covers a month.
    pub fn covers(&self, month: Month) -> bool {
        self.active() && self.from <= month && self.to.is_none_or(|to| month <= to)
    }
}

/// A hold to place.
#[derive(Clone, Debug)]
pub struct NewHold<'a> {
    /// First month.
    pub from: Month,
    /// Last month; `None` holds every later one.
    pub to: Option<Month>,
    /// Why.
    pub reason: &'a str,
    /// Who places it.
    pub by: &'a str,
}

/// Most holds listed: far above what an organisation has.
const MAX_HOLDS: i64 = 10_000;

impl Store {
    /// Places a hold. From when this returns, no month it covers is dropped.
    ///
    /// # Errors
    /// When the database fails, also because the months end before they begin.
    pub async fn place_hold(&self, hold: &NewHold<'_>) -> Result<Hold, StoreError> {
        sqlx::query_as!(
            Row,
            "insert into legal_hold (org_id, from_month, to_month, reason, placed_by) values ($1, $2, $3, $4, $5)
             returning hold_id, from_month, to_month, reason, placed_by, placed_at, released_at, released_by, release_reason",
            self.org(),
            hold.from.first_day(),
            hold.to.map(Month::first_day),
            hold.reason.replace('\0', ""),
            hold.by.replace('\0', ""),
        )
        .fetch_one(self.pool())
        .await
        .map_err(StoreError::while_("placing a legal hold"))?
        .try_into()
    }

    /// Releases a hold; `None` if there is no active one of that number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_hold(&self, id: i32, reason: &str, by: &str) -> Result<Option<Hold>, StoreError> {
        sqlx::query_as!(
            Row,
            "update legal_hold set released_at = now(), released_by = $4, release_reason = $3
             where org_id = $1 and hold_id = $2 and released_at is null
             returning hold_id, from_month, to_month, reason, placed_by, placed_at, released_at, released_by, release_reason",
            self.org(),
            id,
            reason.replace('\0', ""),
            by.replace('\0', ""),
        )
        .fetch_optional(self.pool())
        .await
        .map_err(StoreError::while_("releasing a legal hold"))?
        .map(Hold::try_from)
        .transpose()
    }

    /// All holds, released ones too, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "select hold_id, from_month, to_month, reason, placed_by, placed_at, released_at, released_by, release_reason
             from legal_hold where org_id = $1 order by hold_id limit $2",
            self.org(),
            MAX_HOLDS,
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("listing legal holds"))?;
        rows.into_iter().map(Hold::try_from).collect()
    }
}

struct Row {
    hold_id: i32,
    from_month: NaiveDate,
    to_month: Option<NaiveDate>,
    reason: String,
    placed_by: String,
    placed_at: DateTime<Utc>,
    released_at: Option<DateTime<Utc>>,
    released_by: Option<String>,
    release_reason: Option<String>,
}

impl TryFrom<Row> for Hold {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Hold, StoreError> {
        let month = |day: NaiveDate| {
            Month::of_day(day).ok_or_else(|| StoreError::Unreadable {
                what: format!("legal hold {}", row.hold_id),
                why: format!("{day} is outside of the years of the log"),
            })
        };
        let time = |at: DateTime<Utc>| model::finding::format_time(at.timestamp_millis());
        Ok(Hold {
            id: row.hold_id,
            from: month(row.from_month)?,
            to: row.to_month.map(month).transpose()?,
            reason: row.reason,
            placed_by: row.placed_by,
            placed_at: time(row.placed_at),
            released_at: row.released_at.map(time),
            released_by: row.released_by,
            release_reason: row.release_reason,
        })
    }
}

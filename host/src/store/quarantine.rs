//! Detectors stopped after repeated failure.
//!
//! Owns their rows and how long each stop lasts. Does not own the decision to stop (`engine::detector`).

use std::time::Duration;

use serde::Serialize;
use sqlx::PgConnection;

use super::findings::sql_text;
use super::{Store, StoreError};

/// First stop; each further one lasts twice as long.
const FIRST_STOP: Duration = Duration::from_secs(30);

/// Longest stop: a detector that was mended by its surroundings (a setting, a name) is back within the hour.
const LONGEST_STOP: Duration = Duration::from_secs(3_600);

/// A detector that ran this long since its last stop starts again with the first.
const FORGIVEN_AFTER: &str = "24 hours";

/// What happens to a detector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuarantineWrite {
    /// It is stopped.
    Stop {
        /// The detector.
        detector: String,
        /// Digest of its plugin: another one is let run at once.
        digest: String,
        /// Its last failure.
        reason: String,
    },
    /// It runs again, on probation.
    Release {
        /// The detector.
        detector: String,
    },
}

/// A detector in quarantine, or on probation after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quarantine {
    /// The detector.
    pub detector: String,
    /// Digest of the plugin that failed.
    pub digest: String,
    /// Its last failure.
    pub reason: String,
    /// How often it was stopped.
    pub strikes: u32,
    /// When it was stopped last, RFC 3339.
    pub since: String,
    /// When it is tried again, RFC 3339; none on probation.
    pub until: Option<String>,
    /// Seconds until then.
    #[serde(skip)]
    pub remaining: Option<Duration>,
}

impl Store {
    /// Detectors in quarantine or on probation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn quarantines(&self) -> Result<Vec<Quarantine>, StoreError> {
        let rows = sqlx::query!(
            r#"select detector, digest, reason, strikes, since, until,
                      extract(epoch from until - now())::double precision as remaining
               from quarantine where org_id = $1 order by detector"#,
            self.org(),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading quarantines"))?;
        let time = |at: chrono::DateTime<chrono::Utc>| model::finding::format_time(at.timestamp_millis());
        let rows = rows.into_iter().map(|r| Quarantine {
            detector: r.detector,
            digest: r.digest,
            reason: r.reason,
            strikes: r.strikes as u32,
            since: time(r.since),
            until: r.until.map(time),
            // A clock that was set back must not stop a detector for longer than a stop can last.
            remaining: r
                .remaining
                .map(|s| Duration::try_from_secs_f64(s.max(0.0)).unwrap_or(LONGEST_STOP).min(LONGEST_STOP)),
        });
        Ok(rows.collect())
    }

    pub(super) async fn write_quarantine(
        &self,
        connection: &mut PgConnection,
        writes: &[QuarantineWrite],
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("noting a quarantine");
        for write in writes {
            match write {
                QuarantineWrite::Stop { detector, digest, reason } => sqlx::query!(
                    "insert into quarantine (org_id, detector, digest, reason, strikes, until)
                     values ($1, $2, $3, $4, 1, now() + make_interval(secs => $5))
                     on conflict (org_id, detector) do update set
                         digest = excluded.digest, reason = excluded.reason, since = now(),
                         strikes = case when quarantine.since < now() - ($7::text)::interval then 1
                                        else quarantine.strikes + 1 end,
                         until = now() + make_interval(secs => least($6, $5 * power(2,
                             case when quarantine.since < now() - ($7::text)::interval then 0
                                  else least(quarantine.strikes, 30) end)))",
                    self.org(),
                    detector,
                    digest,
                    sql_text(reason),
                    FIRST_STOP.as_secs_f64(),
                    LONGEST_STOP.as_secs_f64(),
                    FORGIVEN_AFTER,
                )
                .execute(&mut *connection)
                .await
                .map_err(&failed)?,
                QuarantineWrite::Release { detector } => sqlx::query!(
                    "update quarantine set until = null where org_id = $1 and detector = $2",
                    self.org(),
                    detector,
                )
                .execute(&mut *connection)
                .await
                .map_err(&failed)?,
            };
        }
        Ok(())
    }
}

//! What plugins use: how large their state is, and the ledger as the process that evaluates last wrote it.
//!
//! Owns the rows of `plugin_usage` and the queries about sizes. Does not own counting or judging (`engine::ledger`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checkpoint::CHUNK;
use super::findings::sql_text;
use super::{Store, StoreError};

/// How large stored state is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateSize {
    /// Keys.
    pub keys: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// One plugin's line of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PluginUsage {
    /// The plugin, or `rules`.
    pub plugin: String,
    /// Digest of its component.
    pub digest: String,
    /// Rows it was given since the service started.
    pub rows: u64,
    /// Records of the log that passed it.
    pub records: u64,
    /// Seconds of processor time in its calls, what they asked of the host included.
    pub seconds: f64,
    /// Microseconds per row it was given, lately.
    pub row_us: f64,
    /// Microseconds per record of the log, lately.
    pub record_us: f64,
    /// Its part of the time of all plugins and rules, 0 to 1.
    pub time_share: f64,
    /// Bytes of memory of its instances.
    pub memory_bytes: u64,
    /// The most that they ever had.
    pub memory_peak_bytes: u64,
    /// Keys of its stored state.
    pub state_keys: u64,
    /// Bytes of its stored state, keys and values.
    pub state_bytes: u64,
    /// Findings raised, changed or withdrawn in the last hour of the log.
    pub findings_hour: u64,
    /// And since the service started.
    pub findings: u64,
    /// Log lines of the last hour.
    pub log_lines_hour: u64,
    /// And since the service started.
    pub log_lines: u64,
    /// Log lines that were not written.
    pub log_lines_lost: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Records set aside because it fails on them.
    pub parked: u64,
    /// How often it was stopped since the service started.
    pub quarantines: u64,
    /// How much of each budget it uses, 1 is all, by the budget's key.
    pub budget: BTreeMap<String, f64>,
    /// Where it reads the log: `main group`, `lane` (for being slow), `catches up` (in a lane, for a while), or `waits`.
    pub place: String,
    /// Records that it is behind the end of the log, at most [`MAX_LAG`]; 0 in the main group.
    pub lag: u64,
}

/// Most records counted of a lag: it is counted every few seconds.
pub const MAX_LAG: u64 = 100_000;

impl PluginUsage {
    /// The budget of which most is used, and how much.
    pub fn fullest(&self) -> Option<(&str, f64)> {
        let fuller = |a: &(&str, f64), b: &(&str, f64)| a.1.total_cmp(&b.1);
        self.budget.iter().map(|(key, part)| (key.as_str(), *part)).max_by(fuller)
    }
}

impl Store {
    /// How large the state of each plugin is. Reads all of it: for the start of an evaluation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state_sizes(&self) -> Result<BTreeMap<String, StateSize>, StoreError> {
        let rows = sqlx::query!(
            r#"select plugin, count(*) as "keys!",
                      coalesce(sum(octet_length(key) + octet_length(value)), 0)::bigint as "bytes!"
               from detector_state where org_id = $1 group by plugin"#,
            self.org(),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("measuring detector state"))?;
        let size = |keys: i64, bytes: i64| StateSize { keys: keys as u64, bytes: bytes as u64 };
        Ok(rows.into_iter().map(|r| (r.plugin, size(r.keys, r.bytes))).collect())
    }

    /// How large the state under these keys is, each named once with its plugin.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state_sizes_of(
        &self,
        keys: &[(&str, &str)],
    ) -> Result<BTreeMap<String, StateSize>, StoreError> {
        let mut sizes: BTreeMap<String, StateSize> = BTreeMap::new();
        for chunk in keys.chunks(CHUNK) {
            let plugins: Vec<String> = chunk.iter().map(|(plugin, _)| (*plugin).to_owned()).collect();
            let keys: Vec<Vec<u8>> = chunk.iter().map(|(_, key)| key.as_bytes().to_vec()).collect();
            let rows = sqlx::query!(
                r#"select s.plugin, count(*) as "keys!",
                          coalesce(sum(octet_length(s.key) + octet_length(s.value)), 0)::bigint as "bytes!"
                   from unnest($2::text[], $3::bytea[]) as t (plugin, key)
                   join detector_state s on s.org_id = $1 and s.plugin = t.plugin and s.key = t.key
                   group by s.plugin"#,
                self.org(),
                &plugins,
                &keys,
            )
            .fetch_all(self.pool())
            .await
            .map_err(StoreError::while_("measuring detector state"))?;
            for row in rows {
                let size = sizes.entry(row.plugin).or_default();
                size.keys += row.keys as u64;
                size.bytes += row.bytes as u64;
            }
        }
        Ok(sizes)
    }

    /// How many records these readers of the log are behind its end, each at most [`MAX_LAG`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lags(&self, readers: &[String]) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows = sqlx::query!(
            r#"select w.reader as "reader!",
                      (select count(*) from (select from record_log r
                                             where r.org_id = $1
                                               and (r.txn, r.seq) > (coalesce(c.txn, 0), coalesce(c.seq, 0))
                                             limit $3) unread) as "lag!"
               from unnest($2::text[]) as w (reader)
               left join log_cursor c on c.org_id = $1 and c.consumer = w.reader"#,
            self.org(),
            readers,
            MAX_LAG as i64,
        )
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::while_("counting unread records"))?;
        Ok(rows.into_iter().map(|r| (r.reader, r.lag as u64)).collect())
    }

    /// Writes the ledger, for those who look; nothing if the lease is not held under `epoch` any more. Plugins that are not in
    /// it are not in force: their lines go.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write_usage(&self, usage: &[PluginUsage], epoch: i64) -> Result<(), StoreError> {
        let failed = StoreError::while_("writing what plugins use");
        let plugins: Vec<String> = usage.iter().map(|u| u.plugin.clone()).collect();
        let figures: Vec<String> =
            usage.iter().map(|u| sql_text(&serde_json::to_string(u).unwrap_or_default())).collect();
        sqlx::query!(
            "with led as (select from engine_lease l where l.org_id = $1 and l.epoch = $4),
                  gone as (delete from plugin_usage where org_id = $1 and plugin <> all($2) and exists (select from led))
             insert into plugin_usage (org_id, plugin, figures)
             select $1, t.plugin, t.figures::json from unnest($2::text[], $3::text[]) as t (plugin, figures)
             where exists (select from led)
             on conflict (org_id, plugin) do update set at = now(), figures = excluded.figures",
            self.org(),
            &plugins,
            &figures,
            epoch,
        )
        .execute(self.pool())
        .await
        .map(|_| ())
        .map_err(failed)
    }

    /// The ledger as it was written last, with the age of each line in seconds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn usage(&self) -> Result<Vec<(PluginUsage, f64)>, StoreError> {
        let rows = sqlx::query!(
            r#"select plugin, figures::text as "figures!", extract(epoch from now() - at)::double precision as "age!"
               from plugin_usage where org_id = $1 order by plugin"#,
            self.org(),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading what plugins use"))?;
        let line = |figures: &str, plugin: String| {
            // Of another version of this program: what it does not say is zero.
            let usage: PluginUsage = serde_json::from_str(figures).unwrap_or_default();
            PluginUsage { plugin, ..usage }
        };
        Ok(rows.into_iter().map(|r| (line(&r.figures, r.plugin), r.age.max(0.0))).collect())
    }
}

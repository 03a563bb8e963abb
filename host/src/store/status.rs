//! What the database holds, for `db status`.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Store, StoreError};

/// The database at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Version of the server.
    pub server_version: String,
    /// Whether it is the private one.
    pub embedded: bool,
    /// `own` if this command started the private server, `joined` if another one runs it.
    pub private_server: Option<&'static str>,
    /// Folder of the private server's socket, for `psql -h`.
    pub socket: Option<String>,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Records in the log.
    pub records: u64,
    /// Report time of the oldest record, RFC 3339.
    pub oldest_record: Option<String>,
    /// Report time of the newest record, RFC 3339.
    pub newest_record: Option<String>,
    /// The log by month.
    pub partitions: Vec<PartitionStatus>,
    /// Who reads the log and how far they are.
    pub consumers: Vec<ConsumerStatus>,
    /// Findings that stand.
    pub findings_open: u64,
    /// Findings that were withdrawn.
    pub findings_withdrawn: u64,
    /// Rejected records kept.
    pub rejected: u64,
    /// Records that detectors failed on.
    pub parked: u64,
    /// Records that came too late, each counted once for every detector.
    pub late: u64,
    /// Who evaluates; none if the lease is free.
    pub leader: Option<String>,
    /// Names with a handle.
    pub names: u64,
    /// Keys of detector state.
    pub state_keys: u64,
}

/// One month of the log.
#[derive(Clone, Debug, Serialize)]
pub struct PartitionStatus {
    /// The partition's table.
    pub name: String,
    /// Records of this organisation.
    pub records: u64,
    /// Bytes on disk, indexes included.
    pub size_bytes: u64,
}

/// Most records counted of a lag: counting more takes seconds, and says nothing more.
pub const MAX_LAG_COUNTED: u64 = 1_000_000;

/// One reader of the log.
#[derive(Clone, Debug, Serialize)]
pub struct ConsumerStatus {
    /// Its name.
    pub name: String,
    /// Records it has not read; counted up to [`MAX_LAG_COUNTED`].
    pub lag: u64,
    /// When it last moved, RFC 3339.
    pub moved_at: String,
}

impl Store {
    /// The database at a glance. Counts exactly, so it reads an index of every partition.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn status(&self) -> Result<Status, StoreError> {
        let failed = StoreError::while_("reading the status");
        let main = sqlx::query!(
            r#"select current_setting('server_version') as "server_version!",
                      pg_database_size(current_database()) as "size!",
                      (select min(report_time) from record_log where org_id = $1) as oldest,
                      (select max(report_time) from record_log where org_id = $1) as newest,
                      (select count(*) from finding where org_id = $1 and status = 'open') as "open!",
                      (select count(*) from finding where org_id = $1 and status <> 'open') as "withdrawn!",
                      (select count(*) from rejected_record where org_id = $1) as "rejected!",
                      (select count(*) from parked_record where org_id = $1) as "parked!",
                      (select count(*) from late_record where org_id = $1) as "late!",
                      (select nullif(holder, '') from engine_lease where org_id = $1) as leader,
                      (select count(*) from name where org_id = $1) as "names!",
                      (select count(*) from detector_state where org_id = $1) as "state_keys!""#,
            self.org(),
        )
        .fetch_one(self.pool())
        .await
        .map_err(&failed)?;
        let partitions = self.partition_status().await?;
        let consumers = self.consumer_status().await?;
        Ok(Status {
            server_version: main.server_version,
            embedded: self.cluster().is_some(),
            private_server: self.cluster().map(|c| if c.owns() { "own" } else { "joined" }),
            socket: self.cluster().map(|c| c.socket_dir().display().to_string()),
            size_bytes: main.size as u64,
            records: partitions.iter().map(|p| p.records).sum(),
            oldest_record: main.oldest.map(format),
            newest_record: main.newest.map(format),
            partitions,
            consumers,
            findings_open: main.open as u64,
            findings_withdrawn: main.withdrawn as u64,
            rejected: main.rejected as u64,
            parked: main.parked as u64,
            late: main.late as u64,
            leader: main.leader,
            names: main.names as u64,
            state_keys: main.state_keys as u64,
        })
    }

    async fn partition_status(&self) -> Result<Vec<PartitionStatus>, StoreError> {
        let rows = sqlx::query!(
            r#"select c.relname::text as "name!", pg_total_relation_size(c.oid) as "size!", coalesce(n.records, 0) as "records!"
               from pg_inherits i join pg_class c on c.oid = i.inhrelid
               left join (select tableoid, count(*) as records from record_log where org_id = $1 group by tableoid) n
                      on n.tableoid = c.oid
               where i.inhparent = 'record_log'::regclass order by 1"#,
            self.org(),
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading the partitions"))?;
        let partition = |name, records: i64, size: i64| PartitionStatus {
            name,
            records: records as u64,
            size_bytes: size as u64,
        };
        Ok(rows.into_iter().map(|r| partition(r.name, r.records, r.size)).collect())
    }

    async fn consumer_status(&self) -> Result<Vec<ConsumerStatus>, StoreError> {
        let rows = sqlx::query!(
            r#"select consumer, moved_at,
                      (select count(*) from (select from record_log r
                                             where r.org_id = c.org_id and (r.txn, r.seq) > (c.txn, c.seq)
                                             limit $2) unread) as "lag!"
               from log_cursor c where org_id = $1 order by consumer"#,
            self.org(),
            MAX_LAG_COUNTED as i64,
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading the cursors"))?;
        let consumer =
            |name, moved_at, lag: i64| ConsumerStatus { name, lag: lag as u64, moved_at: format(moved_at) };
        Ok(rows.into_iter().map(|r| consumer(r.consumer, r.moved_at, r.lag)).collect())
    }
}

fn format(at: DateTime<Utc>) -> String {
    model::finding::format_time(at.timestamp_millis())
}

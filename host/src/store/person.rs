//! Display names of users, the latest by report time.
//!
//! Owns that an older record never overwrites a newer name. Does not own where names are shown (`findings`).

use model::{Millis, RecordId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::findings::sql_text;
use super::{Store, StoreError};

/// A user's display name as a record had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user.
    pub user: String,
    /// The name.
    pub name: String,
    /// Report time of the record.
    pub report_time: Millis,
    /// The record.
    pub record: RecordId,
}

impl Store {
    pub(super) async fn write_people(
        &self,
        connection: &mut PgConnection,
        people: &[Person],
    ) -> Result<(), StoreError> {
        // In one order, so that two transactions never wait for each other, and each user once.
        let mut people: Vec<&Person> = people.iter().collect();
        people.sort_by(|a, b| (&a.user, b.report_time, b.record).cmp(&(&b.user, a.report_time, a.record)));
        people.dedup_by(|later, first| later.user == first.user);
        for chunk in people.chunks(super::checkpoint::CHUNK) {
            let users: Vec<String> = chunk.iter().map(|p| sql_text(&p.user)).collect();
            let names: Vec<String> = chunk.iter().map(|p| sql_text(&p.name)).collect();
            let times: Vec<i64> = chunk.iter().map(|p| p.report_time).collect();
            let records: Vec<Uuid> = chunk.iter().map(|p| Uuid::from_u128(p.record.0)).collect();
            sqlx::query!(
                "insert into person (org_id, user_id, name, report_time, record_id)
                 select $1, * from unnest($2::text[], $3::text[], $4::bigint[], $5::uuid[])
                 on conflict (org_id, user_id) do update set
                     name = excluded.name, report_time = excluded.report_time, record_id = excluded.record_id
                 where (excluded.report_time, excluded.record_id) > (person.report_time, person.record_id)",
                self.org(),
                &users,
                &names,
                &times,
                &records,
            )
            .execute(&mut *connection)
            .await
            .map_err(StoreError::while_("writing display names"))?;
        }
        Ok(())
    }
}

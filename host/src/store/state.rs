//! What detectors and the name table keep between runs.

use model::NameTable;
use model::fields::well_known::FIRST_DYNAMIC;

use super::{Store, StoreError};

/// One key of a detector's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredState {
    /// The detector's own bytes.
    pub value: Vec<u8>,
    /// Version of their form, from the plugin's manifest.
    pub schema_version: u32,
    /// Policy generation that wrote them.
    pub generation: u64,
}

impl Store {
    /// The state of a detector under a key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&self, plugin: &str, key: &str) -> Result<Option<StoredState>, StoreError> {
        let row = sqlx::query!(
            "select value, schema_version, generation from detector_state
             where org_id = $1 and plugin = $2 and key = $3",
            self.org(),
            plugin,
            key.as_bytes(),
        )
        .fetch_optional(self.pool())
        .await
        .map_err(StoreError::while_("reading detector state"))?;
        Ok(row.map(|r| StoredState {
            value: r.value,
            schema_version: r.schema_version as u32,
            generation: r.generation as u64,
        }))
    }

    /// The table of names as the last checkpoint left it.
    ///
    /// # Errors
    /// When the database fails or the stored names have gaps.
    pub async fn names(&self) -> Result<NameTable, StoreError> {
        let rows =
            sqlx::query!("select handle, text from name where org_id = $1 order by handle", self.org())
                .fetch_all(self.pool())
                .await
                .map_err(StoreError::while_("reading names"))?;
        for (expected, row) in (FIRST_DYNAMIC as i32..).zip(&rows) {
            if row.handle != expected {
                return Err(StoreError::Unreadable {
                    what: "a table of names".to_owned(),
                    why: format!("handle {expected} is missing; restore the database from a whole backup"),
                });
            }
        }
        Ok(NameTable::restore(rows.into_iter().map(|r| r.text)))
    }
}

//! A query by a person: read only, bounded in time and rows.
//!
//! Owns the fences around it. The query is one parenthesised table expression of one statement, so it can only read, and it
//! cannot end the transaction it runs in.

use serde::de::{Deserializer, MapAccess, Visitor};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, Statement};

use super::{Store, StoreError};

/// What a query may use.
#[derive(Clone, Copy, Debug)]
pub struct SqlLimits {
    /// Longest time in milliseconds.
    pub timeout_ms: u32,
    /// Most rows answered.
    pub rows: u32,
}

impl Default for SqlLimits {
    fn default() -> Self {
        // Half a minute is long for a person; more rows than this belong into a file by psql's \copy.
        SqlLimits { timeout_ms: 30_000, rows: 10_000 }
    }
}

/// Answer to a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SqlAnswer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values by row, in the order of the columns.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether there were more rows than allowed.
    pub cut: bool,
}

impl Store {
    /// Runs a query that reads.
    ///
    /// # Errors
    /// When it is no query, takes too long, or the database fails.
    pub async fn sql(&self, query: &str, limits: SqlLimits) -> Result<SqlAnswer, StoreError> {
        let failed = StoreError::while_("running the query");
        let query = query.trim().trim_end_matches(';');
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        let fence = format!(
            "select set_config('transaction_read_only', 'on', true), set_config('statement_timeout', '{}', true)",
            limits.timeout_ms
        );
        sqlx::query(AssertSqlSafe(fence)).execute(&mut *transaction).await.map_err(&failed)?;
        // The line break ends a comment at the end of the query.
        let wrapped =
            format!("select row_to_json(q)::text from (\n{query}\n) q limit {}", u64::from(limits.rows) + 1);
        let bare = AssertSqlSafe(query.to_owned()).into_sql_str();
        let described = (&mut *transaction).prepare(bare).await.map_err(&failed)?;
        let columns: Vec<String> =
            described.columns().iter().map(|c| sqlx::Column::name(c).to_owned()).collect();
        let texts: Vec<String> = sqlx::query_scalar(AssertSqlSafe(wrapped))
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.rollback().await.map_err(&failed)?;
        let cut = texts.len() > limits.rows as usize;
        let rows =
            texts.iter().take(limits.rows as usize).map(|text| values(text)).collect::<Result<_, _>>()?;
        Ok(SqlAnswer { columns, rows, cut })
    }
}

/// Values of a JSON object in the order they stand in it, equal names included.
fn values(text: &str) -> Result<Vec<serde_json::Value>, StoreError> {
    struct Values;
    impl<'de> Visitor<'de> for Values {
        type Value = Vec<serde_json::Value>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a row")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut values = Vec::new();
            while let Some((_, value)) = map.next_entry::<serde::de::IgnoredAny, _>()? {
                values.push(value);
            }
            Ok(values)
        }
    }
    serde_json::Deserializer::from_str(text)
        .deserialize_map(Values)
        .map_err(|e| StoreError::Unreadable { what: "a row of the answer".to_owned(), why: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_order() {
        let row = values(r#"{"b":1,"a":null,"b":"x"}"#).unwrap();
        assert_eq!(serde_json::Value::from(row).to_string(), r#"[1,null,"x"]"#);
    }
}

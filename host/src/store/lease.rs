//! The lease on evaluation: of several processes on one database one evaluates, and one that was replaced cannot write.
//!
//! Owns the lease's row and its epoch, the fencing token. Does not own when to take it (`engine::service`). No clock is
//! compared with another: who waits watches the beat with a clock of its own.

use sqlx::PgConnection;

use super::{Store, StoreError};

/// The lease as somebody saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// Rises whenever the lease changes hands, and whenever somebody changes what the holder has in memory.
    pub epoch: i64,
    /// Who evaluates; empty when released.
    pub holder: String,
    /// Rises while the holder lives.
    pub beat: i64,
}

impl Store {
    /// The lease now; none before anybody took it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease(&self) -> Result<Option<Lease>, StoreError> {
        sqlx::query_as!(Lease, "select epoch, holder, beat from engine_lease where org_id = $1", self.org())
            .fetch_optional(self.pool())
            .await
            .map_err(StoreError::while_("reading the lease"))
    }

    /// Takes the lease if it still is as it was seen; the new epoch, or none if somebody was faster or the holder lives.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_lease(&self, seen: Option<&Lease>, holder: &str) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::while_("taking the lease");
        let Some(seen) = seen else {
            let made = sqlx::query_scalar!(
                "insert into engine_lease (org_id, epoch, holder, beat) values ($1, 1, $2, 0)
                 on conflict do nothing returning epoch",
                self.org(),
                holder,
            );
            return made.fetch_optional(self.pool()).await.map_err(failed);
        };
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        // Waits for a checkpoint under way; one that the holder will never finish is ended by its session's time-out.
        self.lock_lease(&mut transaction).await?;
        let taken = sqlx::query_scalar!(
            "update engine_lease set epoch = epoch + 1, holder = $2, beat = beat + 1
             where org_id = $1 and epoch = $3 and beat = $4 returning epoch",
            self.org(),
            holder,
            seen.epoch,
            seen.beat,
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(taken)
    }

    /// Shows that the holder lives; false if it is not the holder any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn beat_lease(&self, epoch: i64) -> Result<bool, StoreError> {
        let beaten = sqlx::query!(
            "update engine_lease set beat = beat + 1 where org_id = $1 and epoch = $2",
            self.org(),
            epoch
        );
        let beaten = beaten.execute(self.pool()).await.map_err(StoreError::while_("renewing the lease"))?;
        Ok(beaten.rows_affected() == 1)
    }

    /// Gives the lease back, so that another process need not wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_lease(&self, epoch: i64) -> Result<(), StoreError> {
        let released = sqlx::query!(
            "update engine_lease set holder = '' where org_id = $1 and epoch = $2",
            self.org(),
            epoch
        );
        released.execute(self.pool()).await.map(|_| ()).map_err(StoreError::while_("releasing the lease"))
    }

    /// Makes whoever evaluates forget what it has in memory: its next checkpoint is refused, and it starts again from what
    /// is stored. For changes by people to what the engine owns; part of their transaction.
    pub(super) async fn fence_out(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        self.lock_lease(connection).await?;
        let fenced = sqlx::query!("update engine_lease set epoch = epoch + 1 where org_id = $1", self.org());
        fenced.execute(connection).await.map(|_| ()).map_err(StoreError::while_("telling the engine"))
    }

    async fn lock_lease(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let locked = sqlx::query!("select epoch from engine_lease where org_id = $1 for update", self.org());
        locked.fetch_optional(connection).await.map(|_| ()).map_err(StoreError::while_("locking the lease"))
    }

    /// Refuses a checkpoint of a process that does not hold the lease any more, and keeps the lease until it ends.
    pub(super) async fn check_fence(
        &self,
        connection: &mut PgConnection,
        epoch: i64,
    ) -> Result<(), StoreError> {
        let held = sqlx::query!(
            "select epoch from engine_lease where org_id = $1 and epoch = $2 for key share",
            self.org(),
            epoch
        );
        match held.fetch_optional(connection).await.map_err(StoreError::while_("checking the lease"))? {
            Some(_) => Ok(()),
            None => Err(StoreError::Fenced),
        }
    }
}

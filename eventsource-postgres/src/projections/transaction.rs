//! The transaction in which a projection writes, its checkpoint advances, and events are parked.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use eventsource_core::{
    Position,
    store::{GenerationFault, GenerationId, Lease, StoreError},
};
use eventsource_sql::statement;
use sqlx::{PgConnection, Row};

use crate::{
    connections::{ConnectionGuard, Connections},
    error::{is_connection_lost, is_read_only, store_error},
    projections::ProjectionFault,
    row,
};

/// A transaction of a projection. It is a connection: run statements with `.execute(&mut **transaction)`.
///
/// ```no_run
/// # use eventsource_postgres::{PgTransaction, sqlx};
/// # async fn example(transaction: &mut PgTransaction) -> Result<(), sqlx::Error> {
/// sqlx::query("insert into deposits (account, amount) values ($1, $2)")
///     .bind("alice")
///     .bind(100_i64)
///     .execute(&mut **transaction)
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// While a generation is built, the search path begins with a schema of its own: name tables without a schema. A
/// transaction that is begun within this one is a savepoint. Behind a transaction pooler, make statements
/// `.persistent(false)`.
///
/// The transaction is rolled back when it is dropped, and its connection closed.
pub struct PgTransaction {
    guard: ConnectionGuard,
    connections: Connections,
    generation: Option<GenerationId>,
    building: bool,
    /// Whether the last statement was one of this crate's own, and succeeded. A commit of a transaction in which a
    /// statement has failed is a rollback, which the server does not report as an error.
    is_intact: bool,
    /// Whether a statement of this crate was cut by the call timeout: the connection cannot be used any more.
    is_cut: bool,
}

impl PgTransaction {
    pub(crate) async fn begin(connections: &Connections, action: &'static str) -> Result<Self, StoreError> {
        let guard = connections.begin(action).await?;
        Ok(Self {
            guard,
            connections: connections.clone(),
            generation: None,
            building: false,
            is_intact: true,
            is_cut: false,
        })
    }

    pub(super) fn of(mut self, generation: GenerationId, building: bool) -> Self {
        self.generation = Some(generation);
        self.building = building;
        self
    }

    /// The connection for statements of this crate, whose errors are returned to the caller.
    pub(crate) fn own(&mut self) -> &mut PgConnection {
        self.guard.connection()
    }

    /// Passes the result of a call within the transaction on. After a call that was cut by the call timeout, the
    /// transaction cannot continue.
    pub(crate) fn checked<T>(&mut self, called: Result<T, StoreError>) -> Result<T, StoreError> {
        self.is_cut |= matches!(called, Err(StoreError::TimedOut { .. }));
        called
    }

    /// The connections of the store that began the transaction.
    pub(crate) fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// The generation whose own schema comes first in the search path.
    pub(crate) fn building(&self) -> Option<GenerationId> {
        self.generation.filter(|_| self.building)
    }

    /// The generation that it writes to.
    pub(crate) fn generation(&self) -> Option<GenerationId> {
        self.generation
    }

    pub(crate) async fn commit_now(mut self, connections: &Connections) -> Result<(), StoreError> {
        const ACTION: &str = "committing";
        let failed = |error| store_error(ACTION, error);
        if self.is_cut {
            return Err(StoreError::Unavailable {
                action: ACTION,
                source: "an earlier statement timed out".into(),
            });
        }
        if !self.is_intact {
            let query = connections.query(statement!("../sql/session.sql", "check_not_aborted"));
            query.execute(self.guard.connection()).await.map_err(failed)?;
        }
        self.guard.commit().await.map_err(failed)
    }

    pub(crate) async fn roll_back_now(self) -> Result<(), StoreError> {
        if self.is_cut {
            // The connection is closed when it is dropped, which rolls back.
            return Ok(());
        }
        self.guard.roll_back().await.map_err(|error| store_error("rolling back", error))
    }

    /// Ends a transaction after an error. A connection to a read-only server, which after a failover may be the former
    /// primary, is closed.
    pub(crate) async fn fail(self, error: &sqlx::Error) {
        if !is_read_only(error) && !is_connection_lost(error) {
            let _ = self.guard.roll_back().await;
        }
    }
}

impl Deref for PgTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.guard.as_connection()
    }
}

impl DerefMut for PgTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.is_intact = false;
        self.guard.connection()
    }
}

impl fmt::Debug for PgTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgTransaction").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// Opens a transaction on the tables of a lease's generation.
pub(super) async fn begin(
    connections: &Connections,
    lease: &Lease,
) -> Result<Option<(PgTransaction, Position)>, StoreError> {
    const ACTION: &str = "beginning a batch";
    let transaction = PgTransaction::begin(connections, ACTION).await?;
    enter(connections, transaction, lease, ACTION).await
}

/// Locks the checkpoint of a lease and switches to the tables of its generation. Ends the transaction if the lease is
/// lost.
pub(super) async fn enter(
    connections: &Connections,
    mut transaction: PgTransaction,
    lease: &Lease,
    action: &'static str,
) -> Result<Option<(PgTransaction, Position)>, StoreError> {
    let query = connections
        .query(statement!("../sql/checkpoints.sql", "enter"))
        .bind(row::signed(lease.generation.get()))
        .bind(row::partition(lease.partition))
        .bind(row::signed(lease.epoch));
    let entered = query.fetch_one(transaction.own()).await.and_then(|found| {
        let position: Option<i64> = found.try_get(0)?;
        Ok((position, found.try_get::<Option<bool>, _>(1)?))
    });
    match entered {
        Ok((Some(position), building)) => {
            let position = Position::new(u64::try_from(position).unwrap_or_default());
            Ok(Some((transaction.of(lease.generation, building.unwrap_or_default()), position)))
        }
        Ok((None, _)) => transaction.roll_back_now().await.map(|()| None),
        Err(error) => {
            transaction.fail(&error).await;
            Err(store_error(action, error))
        }
    }
}

/// Advances the checkpoint. A building generation may only write to its own tables: a table that its `setup` did not create
/// would be found in the schema of the live generation.
pub(super) async fn advance(
    connections: &Connections,
    transaction: &mut PgTransaction,
    lease: &Lease,
    position: Position,
    events: u64,
) -> Result<(), StoreError> {
    const ACTION: &str = "advancing a checkpoint";
    let sql = match transaction.building() {
        None => statement!("../sql/checkpoints.sql", "advance"),
        Some(_) => statement!("../sql/checkpoints.sql", "advance_building"),
    };
    let query = connections
        .query(sql)
        .bind(row::signed(lease.generation.get()))
        .bind(row::partition(lease.partition))
        .bind(row::signed(lease.epoch))
        .bind(row::signed(position.get()))
        .bind(row::signed(events));
    let moved = query.fetch_one(transaction.own()).await.map_err(|error| store_error(ACTION, error))?;
    let read = |error| store_error(ACTION, error);
    let foreign: Option<String> = moved.try_get(1).map_err(read)?;
    if let Some(tables) = foreign {
        let source = ProjectionFault::WritesElsewhere { generation: lease.generation, tables };
        return Err(StoreError::Backend { action: ACTION, source: Box::new(source) });
    }
    if moved.try_get::<i64, _>(0).map_err(read)? == 0 {
        let source = ProjectionFault::from(GenerationFault::LeaseLost {
            generation: lease.generation,
            partition: lease.partition,
        });
        return Err(StoreError::Contended { action: ACTION, source: Box::new(source) });
    }
    transaction.is_intact = true;
    Ok(())
}

//! The transaction in which a projection writes, advances its checkpoint, and parks events.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use eventsource_core::{
    Position,
    store::{GenerationFault, GenerationId, Lease, StoreError},
};
use eventsource_sql::statement;
use sqlx::{Row, SqliteConnection};
use tokio::{sync::OwnedMutexGuard, time::timeout};

use super::{
    ProjectionFault, ProjectionsState,
    building::Moved,
    names::{self, prefixed_name},
    setup::Setup,
};
use crate::{
    connections::{Connections, Flush, Loan, Writing},
    error::store_error,
    row,
};

/// A transaction of a projection. It is a connection: run statements with `.execute(&mut **transaction)`.
///
/// ```no_run
/// # use eventsource_sqlite::{SqliteTransaction, sqlx};
/// # async fn example(transaction: &mut SqliteTransaction) -> Result<(), sqlx::Error> {
/// sqlx::query("insert into deposits (account, amount) values (?1, ?2)")
///     .bind("alice")
///     .bind(100_i64)
///     .execute(&mut **transaction)
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// It is the only transaction that writes to the file: while it is open, every append and every other write waits, in
/// other processes too. So a projection writes through it and does nothing else. To execute commands, use an
/// [`EventHandler`](eventsource_core::EventHandler): within a projection, a command would wait for the projection to end,
/// and fails.
///
/// While a generation is built next to the live one, its tables have their own names within the transaction, and the
/// live tables are renamed. Name tables without a schema. A transaction begun within it is a savepoint. Foreign keys are
/// declarations only.
///
/// It is rolled back when it is dropped.
pub struct SqliteTransaction {
    // In drop order: the next holder of the connection may lend it too.
    loan: Loan,
    writing: Writing,
    _lock: Option<OwnedMutexGuard<()>>,
    shared: Arc<ProjectionsState>,
    generation: Option<GenerationId>,
    tables: Tables,
    /// Whether application code has used the connection.
    touched: bool,
}

/// The current names of the tables of the transaction's generation.
pub(super) enum Tables {
    /// Their own names: the generation is live, or the transaction has no generation.
    Live,
    /// Names with a prefix, next to the live tables.
    Building {
        live: Option<GenerationId>,
        /// The renames to their own names, until the transaction ends.
        moved: Option<Moved>,
    },
    /// They are being created.
    New(Setup),
}

impl SqliteTransaction {
    pub(crate) async fn begin(
        connections: &Connections,
        shared: &Arc<ProjectionsState>,
        action: &'static str,
    ) -> Result<Self, StoreError> {
        let writing = connections.begin(action).await?;
        Ok(Self::of(connections, shared, writing, None))
    }

    pub(crate) fn of(
        connections: &Connections,
        shared: &Arc<ProjectionsState>,
        writing: Writing,
        lock: Option<OwnedMutexGuard<()>>,
    ) -> Self {
        Self {
            loan: connections.lend(),
            writing,
            _lock: lock,
            shared: Arc::clone(shared),
            generation: None,
            tables: Tables::Live,
            touched: false,
        }
    }

    pub(super) fn at(mut self, generation: GenerationId, tables: Tables) -> Self {
        self.generation = Some(generation);
        self.tables = tables;
        self
    }

    /// The connection for statements of this crate, whose errors the caller receives.
    pub(crate) fn own(&mut self) -> &mut SqliteConnection {
        self.writing.connection()
    }

    /// The building generation whose tables this transaction uses.
    pub(crate) fn building(&self) -> Option<GenerationId> {
        match &self.tables {
            Tables::Live => None,
            Tables::Building { .. } => self.generation,
            Tables::New(setup) => self.generation.filter(|_| setup.building),
        }
    }

    /// The generation whose tables this transaction creates.
    pub(crate) fn made(&self) -> Option<GenerationId> {
        self.generation.filter(|_| matches!(self.tables, Tables::New(_)))
    }

    /// The current name of a table of this transaction's generation.
    pub(crate) fn table(&self, name: &str) -> String {
        let has_own_name = matches!(&self.tables, Tables::Building { moved: Some(_), .. });
        match self.building() {
            Some(generation) if !has_own_name => prefixed_name(generation, name),
            _ => name.to_owned(),
        }
    }

    /// The current name of the live table with this name.
    pub(crate) fn live_table(&self, name: &str) -> String {
        let (live, moved_away) = match &self.tables {
            Tables::New(setup) => (setup.live, &setup.moved_away),
            Tables::Building { live, moved: Some(moved) } => (*live, &moved.moved_away),
            _ => return name.to_owned(),
        };
        match live {
            Some(live) if moved_away.iter().any(|object| object.name.eq_ignore_ascii_case(name)) => {
                prefixed_name(live, name)
            }
            _ => name.to_owned(),
        }
    }

    /// Records that its generation is live now.
    pub(super) fn set_live(&mut self) {
        self.tables = Tables::Live;
    }

    /// Reverts the renames of a building generation's tables.
    pub(super) async fn put_back(&mut self) -> Result<(), sqlx::Error> {
        if let (Some(generation), Tables::Building { live, moved }) = (self.generation, &mut self.tables)
            && let Some(moved) = moved.take()
        {
            moved.put_back(self.writing.connection(), generation, *live).await?;
        }
        Ok(())
    }

    pub(crate) async fn commit_now(mut self) -> Result<(), StoreError> {
        const ACTION: &str = "committing";
        let failed = |error| store_error(ACTION, error);
        let touched = self.touched;
        if touched {
            self.check_open(ACTION).await?;
        }
        self.put_back().await.map_err(failed)?;
        if let (Some(generation), Tables::New(setup)) = (self.generation, &self.tables) {
            setup.finish(self.writing.connection(), generation, touched).await.map_err(failed)?;
        }
        drop(self.loan);
        self.writing.commit().await.map_err(failed)
    }

    pub(crate) async fn roll_back_now(mut self) -> Result<(), StoreError> {
        const ACTION: &str = "rolling back";
        self.note_by_name();
        if let Tables::Building { moved: Some(_), .. } = &self.tables {
            let cleared = Moved::remove_hook(self.writing.connection()).await;
            cleared.map_err(|error| store_error(ACTION, error))?;
        }
        drop(self.loan);
        match self.writing.roll_back().await {
            // It had ended before, and the errors of its statements have reported that.
            Err(sqlx::Error::Database(_)) if self.touched => Ok(()),
            ended => ended.map_err(|error| store_error(ACTION, error)),
        }
    }

    /// Ends a transaction after an error.
    pub(crate) async fn fail(self) {
        let _ = self.roll_back_now().await;
    }

    /// SQLite ends a transaction itself if the disk is full, and a projection may end it by a statement. From then on
    /// each statement commits alone, so this crate must not write anything more.
    async fn is_open(&mut self) -> bool {
        // `begin` fails within a transaction. If it succeeds, the new transaction is empty, and the caller rolls it back.
        names::run(self.own(), "begin".to_owned()).await.is_err()
    }

    pub(super) async fn check_open(&mut self, action: &'static str) -> Result<(), StoreError> {
        match self.is_open().await {
            true => Ok(()),
            false => Err(StoreError::Backend { action, source: Box::new(ProjectionFault::Ended) }),
        }
    }

    /// Records that the projection uses SQL statements of its own while its tables do not have the names it uses.
    fn note_by_name(&self) {
        if let (Some(generation), Tables::Building { moved: None, .. }, true) =
            (self.generation, &self.tables, self.touched)
        {
            self.shared.mark_by_name(generation);
        }
    }
}

impl Deref for SqliteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.writing.as_connection()
    }
}

impl DerefMut for SqliteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.touched = true;
        self.writing.connection()
    }
}

impl fmt::Debug for SqliteTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTransaction").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// Opens a transaction on the tables of a lease's generation. Only one projection at a time is queued for it, so that an
/// append waits for one of them and not for all.
pub(super) async fn begin(
    connections: &Connections,
    shared: &Arc<ProjectionsState>,
    lease: &Lease,
    action: &'static str,
    flush: Flush,
) -> Result<Option<(SqliteTransaction, Position)>, StoreError> {
    connections.check_self_wait(action)?;
    let waited = connections.acquire_timeout();
    let Ok(lock) = timeout(waited, Arc::clone(&shared.lock).lock_owned()).await else {
        return Err(StoreError::Exhausted { action, waited });
    };
    let writing = connections.begin_to_commit(action, flush).await?;
    let mut transaction = SqliteTransaction::of(connections, shared, writing, Some(lock));
    match enter(&mut transaction, shared, lease).await {
        Ok(Some((tables, position))) => Ok(Some((transaction.at(lease.generation, tables), position))),
        Ok(None) => transaction.roll_back_now().await.map(|()| None),
        Err(error) => {
            transaction.fail().await;
            Err(store_error(action, error))
        }
    }
}

async fn enter(
    transaction: &mut SqliteTransaction,
    shared: &ProjectionsState,
    lease: &Lease,
) -> Result<Option<(Tables, Position)>, sqlx::Error> {
    let query = sqlx::query(statement!("../sql/checkpoints.sql", "enter"))
        .bind(row::signed(lease.generation.get()))
        .bind(i64::from(lease.partition))
        .bind(row::signed(lease.epoch));
    let Some(found) = query.fetch_optional(transaction.own()).await? else { return Ok(None) };
    let position = Position::new(row::unsigned(&found, 0)?);
    shared.note_reach(lease.generation, found.try_get(4)?);
    if !found.try_get::<bool, _>(1)? {
        return Ok(Some((Tables::Live, position)));
    }
    let by_name = found.try_get(2)? || shared.is_by_name(lease.generation);
    let live = found.try_get::<Option<i64>, _>(3)?.and_then(|live| u64::try_from(live).ok());
    let live = live.map(GenerationId::new);
    let moved = match by_name {
        true => Some(Moved::of(transaction.own(), lease.generation, live).await?),
        false => None,
    };
    Ok(Some((Tables::Building { live, moved }, position)))
}

/// Advances the checkpoint. A building generation may only write to its own tables.
pub(super) async fn advance(
    transaction: &mut SqliteTransaction,
    lease: &Lease,
    position: Position,
    events: u64,
) -> Result<(), StoreError> {
    const ACTION: &str = "advancing a checkpoint";
    let failed = |error| store_error(ACTION, error);
    let refused = |source| Err(StoreError::Backend { action: ACTION, source: Box::new(source) });
    if transaction.touched {
        transaction.check_open(ACTION).await?;
        let generation = lease.generation;
        match &transaction.tables {
            Tables::Building { moved: None, .. } => {
                transaction.note_by_name();
                let source = Box::new(ProjectionFault::ByName { generation });
                return Err(StoreError::Contended { action: ACTION, source });
            }
            Tables::Building { moved: Some(moved), .. } => {
                let foreign = moved.foreign();
                let foreign =
                    Moved::describe(transaction.writing.connection(), foreign).await.map_err(failed)?;
                if let Some(tables) = foreign {
                    return refused(ProjectionFault::WritesElsewhere { generation, tables });
                }
            }
            Tables::Live | Tables::New(_) => {}
        }
    }
    let query = sqlx::query(statement!("../sql/checkpoints.sql", "advance"))
        .bind(row::signed(lease.generation.get()))
        .bind(i64::from(lease.partition))
        .bind(row::signed(lease.epoch))
        .bind(row::signed(position.get()))
        .bind(row::signed(events))
        .bind(super::now());
    if query.execute(transaction.own()).await.map_err(failed)?.rows_affected() == 0 {
        let source = ProjectionFault::from(GenerationFault::LeaseLost {
            generation: lease.generation,
            partition: lease.partition,
        });
        return Err(StoreError::Contended { action: ACTION, source: Box::new(source) });
    }
    let beat = sqlx::query(statement!("../sql/workers.sql", "beat"));
    let beat = beat.bind(lease.worker.as_uuid()).bind(super::now());
    beat.execute(transaction.own()).await.map(drop).map_err(failed)
}

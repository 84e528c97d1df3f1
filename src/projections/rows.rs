//! Reading the rows of a read model.

use eventsource_core::engine::{Keys, without_values};
use serde_json::value::RawValue;

use super::{engine::ProjectionEngine, error::RowsError};
use crate::{ReadModel, store::ReadModelStore};

impl<S: ReadModelStore> ProjectionEngine<S> {
    /// See [`EventSource::find`](crate::EventSource::find).
    pub(crate) async fn find<R: ReadModel>(&self, key: &R::Key) -> Result<Option<R>, RowsError> {
        let keys = Keys::of(R::table());
        let key = keys.of_row(key)?;
        self.check_version(R::TABLE, R::VERSION).await?;
        let found = self.store.find_row(&keys.table, &key).await;
        let row = found.map_err(RowsError::from).and_then(|row| row.map(|row| read_row(&row)).transpose());
        self.explained::<R, _>(row).await
    }

    /// See [`EventSource::all`](crate::EventSource::all).
    pub(crate) async fn all<R: ReadModel>(&self) -> Result<Vec<R>, RowsError> {
        self.check_version(R::TABLE, R::VERSION).await?;
        let found = self.store.all_rows(&R::table()).await.map_err(RowsError::from);
        let rows = found.and_then(|rows| rows.iter().map(|row| read_row(row)).collect());
        self.explained::<R, _>(rows).await
    }

    /// Rows of another version can lack a column, or have one of another type: then the version is the reason.
    pub(super) async fn explained<R: ReadModel, T>(
        &self,
        read: Result<T, RowsError>,
    ) -> Result<T, RowsError> {
        let may_be_another_version = match &read {
            Err(RowsError::Row { .. }) => true,
            Err(RowsError::Store(error)) => !error.is_retryable(),
            _ => false,
        };
        match may_be_another_version {
            true => match self.other_version_than(R::TABLE, R::VERSION).await {
                Some(other) => Err(other.into()),
                None => read,
            },
            false => read,
        }
    }
}

pub(super) fn read_row<R: ReadModel>(row: &RawValue) -> Result<R, RowsError> {
    serde_json::from_str(row.get())
        .map_err(|source| RowsError::Row { table: R::TABLE, source: without_values(source) })
}

//! Lists the transactions that hold the horizon back.

use std::time::Duration;

use eventsource_core::store::{HorizonHolder, StoreError};
use eventsource_sql::statement;
use sqlx::Row;

use crate::{connections::Connections, row};

pub(super) async fn list(connections: &Connections) -> Result<Vec<HorizonHolder>, StoreError> {
    connections
        .read("listing the transactions that hold the horizon back", |connection| {
            let query = connections.query(statement!("../sql/log.sql", "horizon_holders"));
            Box::pin(async move {
                let holders = query.fetch_all(connection).await?.into_iter().map(|found| {
                    let pid: Option<i32> = found.try_get(0)?;
                    let age: Option<i64> = found.try_get(4)?;
                    Ok(HorizonHolder {
                        pid: pid.and_then(|pid| u32::try_from(pid).ok()),
                        application: found.try_get(1)?,
                        state: found.try_get(2)?,
                        since: row::DECODER.optional_timestamp(&found, 3)?,
                        age: Duration::from_micros(
                            age.and_then(|age| age.try_into().ok()).unwrap_or_default(),
                        ),
                    })
                });
                holders.collect()
            })
        })
        .await
}

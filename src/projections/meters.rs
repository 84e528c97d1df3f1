//! Metrics of the workers. Without the feature `metrics`, nothing is recorded.

use std::time::Duration;

use super::context::WorkerContext;
use crate::store::Generation;

/// A batch was committed.
pub(super) fn applied(projection: &str, events: usize, took: Duration) {
    #[cfg(feature = "metrics")]
    {
        let name = projection.to_owned();
        metrics::counter!("eventsource_projection_events_total", "projection" => name.clone())
            .increment(events as u64);
        metrics::histogram!("eventsource_projection_batch_seconds", "projection" => name)
            .record(took.as_secs_f64());
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (projection, events, took);
}

/// A projection failed once.
pub(super) fn failed(projection: &str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("eventsource_projection_errors_total", "projection" => projection.to_owned())
        .increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = projection;
}

/// The horizon has not advanced for this time.
pub(super) fn held_back(time: Duration) {
    #[cfg(feature = "metrics")]
    metrics::gauge!("eventsource_horizon_held_back_seconds").set(time.as_secs_f64());
    #[cfg(not(feature = "metrics"))]
    let _ = time;
}

/// Records the checkpoints of all partitions.
pub(super) fn checkpoints<S>(context: &WorkerContext<S>, generations: &[Generation]) {
    #[cfg(feature = "metrics")]
    {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a round figure")]
        let figure = |number: u64| number as f64;
        let horizon = context.engine.progress.horizon();
        metrics::gauge!("eventsource_horizon").set(figure(horizon.get()));
        for generation in generations {
            for (partition, checkpoint) in generation.checkpoints.iter().enumerate() {
                let labels = [
                    ("projection", generation.name.clone()),
                    ("version", generation.version.to_string()),
                    ("state", format!("{:?}", generation.state).to_lowercase()),
                    ("partition", partition.to_string()),
                ];
                let behind = horizon.get().saturating_sub(checkpoint.position.get());
                let lag = if generation.inline { 0 } else { behind };
                metrics::gauge!("eventsource_projection_position", &labels)
                    .set(figure(checkpoint.position.get()));
                metrics::gauge!("eventsource_projection_lag", &labels).set(figure(lag));
                metrics::gauge!("eventsource_projection_parked", &labels).set(figure(checkpoint.parked));
                metrics::gauge!("eventsource_projection_stopped", &labels)
                    .set(figure(u64::from(checkpoint.stopped.is_some())));
            }
        }
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (context, generations);
}

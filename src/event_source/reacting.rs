//! Scheduling commands, and operating the instances of processes.

use crate::{
    EventSource, Timestamp,
    reacting::{Schedule, ScheduledCommand, ScheduledCommands, ScheduledId, scheduled::manage},
    store::{ProjectionStore, StoreError},
};

impl<S: ProjectionStore> EventSource<S> {
    /// Schedules a command: it is executed once, when it is due, by a [started](Self::start) program that has
    /// [registered](crate::EventSourceBuilder::scheduled) it.
    ///
    /// If it is rejected then, or cannot be decoded any more, it is not executed again: [`scheduled`](Self::scheduled) shows
    /// why, until it is rescheduled or cancelled.
    pub fn schedule<C: ScheduledCommand>(&self, command: C) -> Schedule<'_, S, C> {
        Schedule::new(&self.projections, command)
    }

    /// The scheduled commands of all types, those that this program does not register among them.
    pub fn scheduled(&self) -> ScheduledCommands<'_, S> {
        ScheduledCommands::new(&self.projections)
    }

    /// Moves a scheduled command to another time, also one that has failed. Returns whether there was one: it may have been
    /// executed meanwhile.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub async fn reschedule(&self, id: &ScheduledId, due_at: Timestamp) -> Result<bool, StoreError> {
        manage::change(&self.projections, id, Some(due_at)).await
    }

    /// Cancels a scheduled command. Returns whether there was one: it may have been executed meanwhile.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub async fn cancel_scheduled(&self, id: &ScheduledId) -> Result<bool, StoreError> {
        manage::change(&self.projections, id, None).await
    }
}

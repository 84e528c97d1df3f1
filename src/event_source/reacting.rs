//! Scheduling commands, and operating the instances of processes.

use crate::{
    EventSource, Timestamp,
    reacting::{
        InstanceError, InstanceTimer, Instances, Schedule, ScheduledCommand, ScheduledCommands, ScheduledId,
        process::operate, scheduled::manage,
    },
    store::{InstanceRequest, ProjectionStore, StoreError},
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

    /// The instances of a process, the oldest first.
    ///
    /// The state of one is that of its aggregate, and its history are the events: [`load`](Self::load) and
    /// [`history`](Self::history) of the process's type. The event that caused an event of the instance is its causation id.
    /// An instance that failed is [parked](Self::parked).
    pub fn instances<'a>(&'a self, process: &'a str) -> Instances<'a, S> {
        Instances::new(&self.projections, process)
    }

    /// The timers of an instance, the first one first, at most 100.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the store cannot be read.
    pub async fn timers_of(&self, process: &str, key: &str) -> Result<Vec<InstanceTimer>, InstanceError> {
        operate::timers(&self.projections, process, key).await
    }

    /// Suspends a running instance: when this returns, it makes no step any more. Its events are parked, and its timers
    /// wait, until it is [resumed](Self::resume_instance).
    ///
    /// # Errors
    ///
    /// If it is not running, or the store cannot be written.
    pub async fn suspend_instance(
        &self,
        process: &str,
        key: &str,
        reason: &str,
    ) -> Result<(), InstanceError> {
        let request = InstanceRequest::Suspend { reason: reason.to_owned() };
        operate::request(&self.projections, process, key, request).await
    }

    /// Lets a suspended instance go on, with the events and timers that it has missed.
    ///
    /// # Errors
    ///
    /// If it is not suspended, or the store cannot be written.
    pub async fn resume_instance(&self, process: &str, key: &str) -> Result<(), InstanceError> {
        operate::request(&self.projections, process, key, InstanceRequest::Resume).await
    }

    /// Ends an instance: its timers are removed, and later events are ignored and counted. What it has done stays.
    ///
    /// # Errors
    ///
    /// If it is neither running nor suspended, or the store cannot be written.
    pub async fn abort_instance(&self, process: &str, key: &str, reason: &str) -> Result<(), InstanceError> {
        let request = InstanceRequest::Abort { reason: reason.to_owned() };
        operate::request(&self.projections, process, key, request).await
    }
}

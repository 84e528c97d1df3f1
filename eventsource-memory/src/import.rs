//! The plan of an import.

use super::log::{Log, Planned};
use eventsource_core::store::{ImportError, ImportEvent, Imported, rules::Plan};

impl Log {
    /// The events that the import would record: those that are not stored already.
    pub(super) fn plan_import(&self, events: &[ImportEvent]) -> Result<(Planned, Imported), ImportError> {
        let streams = events.iter().map(|event| &event.stream);
        let ids = events.iter().map(|event| event.event.id);
        let mut plan = Plan::on(self.state(streams, ids));
        let imported = plan.import(events)?;
        Ok((self.planned(&plan, Vec::new()), imported))
    }
}

//! The aggregates of a test.

use std::{any::Any, sync::Arc};

use super::left::Left;
use crate::{
    Metadata, Version,
    commands::{decide_reactions::ReactionError, several::Undecided},
    reacting::{
        Process,
        process::{
            effects::ProcessCommand,
            step::{self, StepError, World},
        },
    },
    store::BoxError,
    testing::{given::check_snapshot, recorded::Recorder},
};

/// An instance of a process.
#[derive(Default)]
pub(super) struct Instance<P> {
    pub(super) state: P,
    pub(super) version: Version,
}

/// A command of this type is rejected once.
pub(super) struct Rejection {
    pub(super) name: &'static str,
    pub(super) is_type_of: fn(&dyn Any) -> bool,
    pub(super) error: BoxError,
}

/// The instance of a step. Commands are accepted, or rejected as the test says.
pub(super) struct InTest<'t, P: Process> {
    pub(super) key: &'t str,
    pub(super) instance: &'t mut Instance<P>,
    pub(super) recorder: &'t mut Recorder,
    pub(super) rejections: &'t mut Vec<Rejection>,
    pub(super) left: &'t mut Left<P>,
}

impl<P: Process> World<P> for InTest<'_, P> {
    fn exists(&mut self) -> bool {
        self.instance.version > Version::EMPTY
    }

    fn state(&mut self) -> Result<&P, StepError> {
        Ok(&self.instance.state)
    }

    fn record(&mut self, events: Vec<P::Event>, metadata: &Metadata) -> Result<(), StepError> {
        let Instance { state, version } = &mut *self.instance;
        for event in events {
            let stored = self.recorder.record_with(self.key, &event, metadata.clone());
            let stored = stored.map_err(|error| step::failed(P::NAME, Undecided::Encode(error)))?;
            let decoded = stored.decode::<P::Event>();
            let decoded = decoded.map_err(|error| step::failed(P::NAME, Undecided::Unreadable(error)))?;
            decoded.for_each(|recorded| state.apply(recorded.event));
            *version = version.next();
            check_snapshot(state, *version)
                .map_err(|fault| ReactionError::Command { command: P::NAME, source: fault.into() })?;
            self.left.events.push_back(event);
        }
        Ok(())
    }

    fn execute(
        &mut self,
        command: &Arc<dyn ProcessCommand<P>>,
        _: &Metadata,
    ) -> Result<Option<BoxError>, StepError> {
        step::stream_of_command(command.command())?;
        self.left.commands.push_back(Arc::clone(command));
        let rejection = self.rejections.iter().position(|it| (it.is_type_of)(command.typed()));
        Ok(rejection.map(|index| self.rejections.remove(index).error))
    }
}

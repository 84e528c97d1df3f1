//! What a store does when a generation is requested.

use eventsource_core::{
    Position,
    store::{Definition, GenerationId, GenerationRequest, StartAt},
};

/// What has to be done for a request for a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing: there is a live or building generation of this version, or of a later one.
    Nothing,
    /// The building generation gets these swap options.
    SwapOptions {
        /// The building generation.
        building: GenerationId,
        /// Whether it is swapped automatically.
        swap_when_ready: bool,
        /// Whether the former live generation is kept.
        keep_old: bool,
    },
    /// A generation is created.
    Create {
        /// The building generation, which is abandoned first.
        abandon: Option<GenerationId>,
        /// Whether it is swapped automatically, if it is not live at once.
        swap_when_ready: bool,
        /// Whether the former live generation is kept.
        keep_old: bool,
    },
}

impl Due {
    /// What is due, given the version of the live generation, and the version and the id of the building one.
    pub fn of(
        definition: &Definition,
        request: GenerationRequest,
        live: Option<u64>,
        building: Option<(u64, GenerationId)>,
    ) -> Self {
        let version = u64::from(definition.version);
        let abandon = building.map(|(_, generation)| generation);
        match (request, building) {
            (GenerationRequest::Start, _) => {
                let mut current = live.into_iter().chain(building.map(|(version, _)| version));
                match current.any(|current| current >= version) {
                    true => Self::Nothing,
                    false => Self::Create { abandon, swap_when_ready: true, keep_old: false },
                }
            }
            (GenerationRequest::Rebuild { swap_when_ready, keep_old }, Some((_, building))) => {
                Self::SwapOptions { building, swap_when_ready, keep_old }
            }
            (GenerationRequest::Rebuild { swap_when_ready, keep_old }, None) => {
                Self::Create { abandon, swap_when_ready, keep_old }
            }
        }
    }
}

/// The position after which a new generation starts; `None` for the end of the log. One that is built beside a live one
/// processes all events, if it keeps rows: what handlers and policies did must not be repeated.
pub fn start_of(definition: &Definition, has_live: bool) -> Option<Position> {
    match definition.start {
        _ if has_live && definition.kind.keeps_rows() => Some(Position::START),
        StartAt::Beginning => Some(Position::START),
        StartAt::After(position) => Some(position),
        StartAt::Now => None,
    }
}

#[cfg(test)]
mod tests {
    use eventsource_core::store::ProjectionKind;

    use super::*;

    fn definition(kind: ProjectionKind, start: StartAt) -> Definition {
        let (name, event_types) = ("p".to_owned(), Default::default());
        Definition { name, version: 2, partitions: 1, kind, start, event_types }
    }

    #[test]
    fn a_start_creates_a_generation_unless_there_is_one_of_its_version() {
        let definition = definition(ProjectionKind::Following, StartAt::Beginning);
        let id = GenerationId::new(7);
        let due = |live, building| Due::of(&definition, GenerationRequest::Start, live, building);
        let create = |abandon| Due::Create { abandon, swap_when_ready: true, keep_old: false };
        assert_eq!(due(None, None), create(None));
        assert_eq!(due(Some(1), None), create(None));
        assert_eq!(due(Some(1), Some((1, id))), create(Some(id)));
        for (live, building) in
            [(Some(2), None), (Some(3), None), (Some(1), Some((2, id))), (Some(2), Some((1, id)))]
        {
            assert_eq!(due(live, building), Due::Nothing, "{live:?} {building:?}");
        }
    }

    #[test]
    fn a_rebuild_creates_a_generation_unless_one_is_building() {
        let definition = definition(ProjectionKind::Following, StartAt::Beginning);
        let building = GenerationId::new(7);
        for (swap_when_ready, keep_old) in [(true, false), (false, true)] {
            let request = GenerationRequest::Rebuild { swap_when_ready, keep_old };
            assert_eq!(
                Due::of(&definition, request, Some(2), None),
                Due::Create { abandon: None, swap_when_ready, keep_old }
            );
            assert_eq!(
                Due::of(&definition, request, Some(2), Some((1, building))),
                Due::SwapOptions { building, swap_when_ready, keep_old }
            );
        }
    }

    #[test]
    fn only_a_handler_that_is_built_again_starts_as_its_definition_says() {
        use ProjectionKind::{Following, Handler, Inline};
        let after = Position::new(5);
        for (kind, start, has_live, expected) in [
            (Following, StartAt::Now, false, None),
            (Following, StartAt::Now, true, Some(Position::START)),
            (Inline, StartAt::After(after), true, Some(Position::START)),
            (Following, StartAt::After(after), false, Some(after)),
            (Handler, StartAt::Now, true, None),
            (Handler, StartAt::After(after), true, Some(after)),
            (Handler, StartAt::Beginning, false, Some(Position::START)),
        ] {
            let found = start_of(&definition(kind, start), has_live);
            assert_eq!(found, expected, "{kind:?} {start:?} {has_live}");
        }
    }
}

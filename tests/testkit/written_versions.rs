//! Commands of a release that still writes an older version of an event.

use eventsource::{prelude::*, testing::given};

use crate::failure::failure;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "locker")]
enum LockerEvent {
    #[event(version = 2, from(OpenedV1), write = 1, downcast = opened_v1)]
    Opened { by: String, note: String },
}

#[derive(Serialize, Deserialize, Schema)]
struct OpenedV1 {
    by: String,
}

impl From<OpenedV1> for LockerEvent {
    fn from(old: OpenedV1) -> Self {
        Self::Opened { by: old.by, note: "none".to_owned() }
    }
}

fn opened_v1(by: &str, note: &str) -> Result<OpenedV1, &'static str> {
    if note.len() > 9 { Err("a long note") } else { Ok(OpenedV1 { by: by.to_owned() }) }
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = LockerEvent, id = str)]
struct Locker {
    note: String,
}

impl Apply<LockerEvent> for Locker {
    fn apply(&mut self, LockerEvent::Opened { note, .. }: LockerEvent) {
        self.note = note;
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Locker)]
struct Open(#[command(id)] &'static str, &'static str);

impl Handle<Open> for Locker {
    type Error = std::convert::Infallible;

    fn handle(&self, open: &Open) -> Result<Vec<LockerEvent>, Self::Error> {
        Ok(vec![opened(open.1)])
    }
}

fn opened(note: &str) -> LockerEvent {
    LockerEvent::Opened { by: "ann".to_owned(), note: note.to_owned() }
}

#[test]
fn the_state_is_that_of_the_events_as_they_are_read_back() {
    assert_eq!(given::<Locker>([opened("lost")]).state().note, "none");
    let after = given::<Locker>([]).when(Open("a", "lost")).then([opened("lost")]);
    assert_eq!(after.state().note, "none");
}

#[test]
fn an_event_that_the_older_version_cannot_express_fails_the_test_as_it_fails_the_command() {
    let (text, file, _) = failure(|| {
        given::<Locker>([]).when(Open("a", "a long note")).then([opened("a long note")]);
    });
    assert!(text.starts_with("an event of type `locker.opened` cannot be stored: "), "{text}");
    assert!(text.contains("version 1, which this program writes, cannot express it"), "{text}");
    assert!(text.ends_with(": a long note"), "{text}");
    assert_eq!(file, file!());
}

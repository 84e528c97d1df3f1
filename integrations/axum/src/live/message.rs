//! The messages to a client.

use eventsource::{
    ReadModel,
    projections::{WatchToken, Watched},
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::json;

/// A message: its event, its data as JSON, and the token from which a client resumes that has received it.
pub(super) struct Message {
    pub(super) event: &'static str,
    pub(super) data: String,
    pub(super) id: Id,
}

pub(super) enum Id {
    /// The client keeps the last one: a row alone is nothing to resume after.
    Keep,
    /// A text that is no token, so that the client begins with all rows: it has none. An empty one would not be sent, and
    /// the token in the query of its request would count again.
    None,
    Token(WatchToken),
}

impl Message {
    pub(super) fn of<R: ReadModel>(watched: &Watched<R>) -> Result<Self, serde_json::Error> {
        let message = |event, data, id| Self { event, data, id };
        Ok(match watched {
            Watched::Reset => message("reset", "{}".to_owned(), Id::None),
            Watched::Row(row) => message("row", serde_json::to_string(&**row)?, Id::Keep),
            Watched::Gone(key) => message("gone", serde_json::to_string(key)?, Id::Keep),
            Watched::CaughtUp(token) => {
                let data = json!({ "position": token.position().get() }).to_string();
                message("caught-up", data, Id::Token(*token))
            }
        })
    }
}

/// As a message of a WebSocket.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("event", self.event)?;
        let data: &serde_json::value::RawValue =
            serde_json::from_str(&self.data).map_err(serde::ser::Error::custom)?;
        object.serialize_entry("data", data)?;
        if let Id::Token(token) = &self.id {
            object.serialize_entry("id", &token.to_string())?;
        }
        object.end()
    }
}

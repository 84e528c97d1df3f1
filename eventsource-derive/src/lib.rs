//! The derive macros of eventsource; see the facade for what they do.

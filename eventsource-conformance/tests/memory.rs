//! The reference store passes the suite.

use eventsource_core::MemoryStore;

eventsource_conformance::suite!(MemoryStore::new());

//! The reference store passes both suites.

use eventsource_core::MemoryStore;

eventsource_conformance::suite!(MemoryStore::new());
eventsource_conformance::projection_suite!(MemoryStore::new());

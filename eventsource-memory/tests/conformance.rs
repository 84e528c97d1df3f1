//! The reference store passes both suites.

use eventsource::MemoryStore;

eventsource_conformance::suite!(MemoryStore::new());
eventsource_conformance::projection_suite!(MemoryStore::new());

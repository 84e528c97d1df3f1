//! Payloads are decoded as serde reads them.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| eventsource_fuzz::decode(text));

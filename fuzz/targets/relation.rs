//! Any two shapes can be compared.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| eventsource_fuzz::relation(text));

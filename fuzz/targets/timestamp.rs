//! A time is read back as written.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| eventsource_fuzz::timestamp(text));

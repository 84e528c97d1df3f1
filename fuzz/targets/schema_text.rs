//! Text of schemas is refused, or written again in the same way.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| eventsource_fuzz::schema_text(text));

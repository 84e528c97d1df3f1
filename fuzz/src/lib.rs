//! What must hold for any input. Each function takes an input, and panics if it finds a fault.

#![forbid(unsafe_code)]

mod payloads;

use eventsource::{
    Timestamp,
    schema::{Shape, Verdict, accepts, accepts_stored, parse, render},
};

pub use payloads::decode;

/// Parses the text of schemas. What it writes of them is read back as the same schemas.
///
/// # Panics
///
/// If the schemas change.
pub fn schema_text(text: &str) {
    if let Ok(schemas) = parse(text) {
        let written = render(&schemas);
        let read = parse(&written);
        let read = read.unwrap_or_else(|error| panic!("{error}, in what was written:\n{written}"));
        assert_eq!(render(&read), written, "what was written is written differently once it was read");
    }
}

/// Compares all shapes in the text of schemas. What may be stored is at least what is written.
///
/// # Panics
///
/// If a verdict is better for what may be stored, or if two comparisons of the same shapes differ.
pub fn relation(text: &str) {
    let shapes: Vec<Shape> = parse(text)
        .unwrap_or_default()
        .into_iter()
        .flat_map(|schema| schema.versions.into_values())
        .collect();
    // Pairs grow with the square of the shapes.
    for reader in shapes.iter().take(4) {
        for writer in shapes.iter().take(4) {
            let (written, stored) = (accepts(reader, writer), accepts_stored(reader, writer));
            assert_eq!(written, accepts(reader, writer));
            assert!(
                severity(&written) <= severity(&stored),
                "of what is written: {written}, stored: {stored}"
            );
        }
    }
}

fn severity(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Compatible => 0,
        Verdict::Silent(_) => 1,
        Verdict::Breaking(_) => 2,
    }
}

/// Parses a time. It is read back as written, alone and in JSON.
///
/// # Panics
///
/// If it is another time.
pub fn timestamp(text: &str) {
    if let Ok(time) = text.parse::<Timestamp>() {
        assert!((Timestamp::MIN..=Timestamp::MAX).contains(&time), "{time}");
        assert_eq!(time.to_string().parse().ok(), Some(time));
        assert_eq!(format!("{time:.6}").parse().ok(), Some(time));
        assert_eq!(Timestamp::from_microsecond(time.as_microsecond()).ok(), Some(time));
        let json = serde_json::to_string(&time).expect("a time can be written");
        assert_eq!(serde_json::from_str(&json).ok(), Some(time));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_function_accepts_ordinary_input() {
        super::decode(r#"{"id":1,"parts":[{"kind":"round","radius":0.5}],"loose":"a","rate":-0.0}"#);
        super::schema_text("a\n  was b\n  version 1: fields\n    x: [u8?] [default]\n");
        super::relation("a\n  version 1: fields\n    x: u8\n  version 2: fields\n    x: u16\n    y: bool\n");
        super::timestamp("2011-09-30T22:38:44.546+02:00");
    }
}

//! A verdict does not improve if there are more values to read.

use eventsource::schema::{Form, LeftOut, Object, Shape, Verdict, accepts, accepts_stored};

use super::{by_hand, corpus, oracle::Case};

fn cases() -> Vec<Case> {
    corpus::cases().into_iter().chain(by_hand::cases()).collect()
}

fn severity(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Compatible => 0,
        Verdict::Silent(_) => 1,
        Verdict::Breaking(_) => 2,
    }
}

/// Asserts that no reader gets a better verdict on the second shape, which is written with more values. Returns how
/// many get a worse one.
#[track_caller]
fn worse(readers: &[Case], name: &str, fewer: &Shape, more: &Shape) -> usize {
    let mut worse = 0;
    for reader in readers {
        let (few, many) = (accepts(&reader.shape, fewer), accepts(&reader.shape, more));
        let (one, other) = (severity(&few), severity(&many));
        assert!(one <= other, "{} reads {name}: {few}\nbut with more values: {many}\n{more}", reader.name);
        worse += usize::from(one < other);
    }
    worse
}

/// The shape with each change that is made at a place of one of its types.
fn changed(shape: &Shape, change: impl Fn(&mut Form, usize) -> bool) -> Vec<Shape> {
    let mut all = Vec::new();
    for name in shape.types.keys() {
        for place in 0.. {
            let mut other = shape.clone();
            let form = other.types.get_mut(name).expect("the name is from there");
            if !change(form, place) {
                break;
            }
            all.push(other);
        }
    }
    all
}

#[test]
fn what_may_be_stored_is_at_least_what_is_written() {
    let cases = cases();
    let mut worse = 0;
    for (reader, writer) in cases.iter().flat_map(|reader| cases.iter().map(move |writer| (reader, writer))) {
        let written = accepts(&reader.shape, &writer.shape);
        let stored = accepts_stored(&reader.shape, &writer.shape);
        let (one, other) = (severity(&written), severity(&stored));
        assert!(one <= other, "{} reads {}: {written}\nbut if stored: {stored}", reader.name, writer.name);
        worse += usize::from(one < other);
    }
    assert!(worse > 50, "{worse} pairs differ");
}

#[test]
fn a_variant_that_is_written_too_improves_no_verdict() {
    let cases = cases();
    let mut count = 0;
    for writer in &cases {
        let without = changed(&writer.shape, |form, place| {
            let Form::Enum(of) = form else { return false };
            let variant = of.variants.get_mut(place);
            variant.map(|variant| variant.written = false).is_some()
        });
        for fewer in without {
            count += worse(&cases, writer.name, &fewer, &writer.shape);
        }
    }
    assert!(count > 50, "{count} verdicts differ");
}

#[test]
fn a_field_that_is_left_out_at_times_improves_no_verdict() {
    let cases = cases();
    let mut count = 0;
    for writer in &cases {
        let with = changed(&writer.shape, |form, place| {
            let Form::Object(Object { fields, .. }) = form else { return false };
            fields.get_mut(place).map(|field| field.left_out = LeftOut::AtTimes).is_some()
        });
        for more in with {
            count += worse(&cases, writer.name, &writer.shape, &more);
        }
    }
    assert!(count > 50, "{count} verdicts differ");
}

#[test]
fn a_type_that_reads_what_it_writes_reads_what_is_stored_of_it() {
    let mut count = 0;
    for case in cases() {
        // The variants of an untagged enum may have fields in common, one of which then is read as another.
        let is_untagged = case.shape.to_string().contains("[untagged");
        if !is_untagged && accepts(&case.shape, &case.shape) == Verdict::Compatible {
            let stored = accepts_stored(&case.shape, &case.shape);
            assert_eq!(stored, Verdict::Compatible, "{}: {}", case.name, case.shape);
            count += 1;
        }
    }
    assert!(count > 50, "only {count} types read what they write");
}

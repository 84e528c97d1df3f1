//! The compatibility relation of schemas agrees with serde: its verdict on two types is what happens when one reads
//! the values of the other.

mod schema_relation {
    mod belongs;
    pub(crate) mod by_hand;
    // Formatted as by the generator, so that the texts can be compared.
    #[allow(dead_code, reason = "some fields are only written or only read")]
    #[rustfmt::skip]
    pub(crate) mod corpus;
    pub(crate) mod edges;
    pub(crate) mod generate;
    mod monotone;
    pub(crate) mod oracle;
    pub(crate) mod samples;

    pub(crate) mod prelude {
        //! Types to which the types of the corpus refer.

        pub(crate) use std::{
            collections::{BTreeMap, BTreeSet},
            net::{IpAddr, Ipv4Addr},
            num::NonZeroU8,
        };

        pub(crate) use eventsource::prelude::{Deserialize, Schema, Serialize};
        pub(crate) use serde_json::Value;
        pub(crate) use uuid::Uuid;

        pub(crate) use super::{
            oracle::Case,
            samples::{Samples, rows, samples},
        };

        /// May be the key of a map.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
        pub(crate) enum Colour {
            Red,
            #[serde(rename = "x")]
            X,
            #[serde(rename = "true")]
            True,
        }
    }
}

use std::{collections::BTreeMap, env, fs};

use eventsource::schema::{EventSchema, TypeState, Verdict, accepts, accepts_stored, parse, render};
use schema_relation::{
    by_hand, corpus, edges, generate,
    oracle::{Case, Seen},
};

#[test]
fn the_corpus_equals_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema_relation/corpus.rs");
    let made = generate::corpus();
    if env::var_os("EVENTSOURCE_BLESS").is_some() {
        fs::write(path, &made).expect("the corpus can be written");
    }
    let kept = fs::read_to_string(path).expect("the corpus exists");
    assert!(made == kept, "run this test with EVENTSOURCE_BLESS=1 and review the diff");
}

/// Pairs in which only the name of a variant is lost, because it is read as the variant for other names. The
/// verdict reports that, but the test compares values: in `{"a": null}` it cannot distinguish that name from the
/// name of a field, and it does not treat the tag of a struct as a value.
const NOT_SEEN: &[(&str, &str)] =
    &[("F20x1", "F11x2"), ("F20x2", "F11x2"), ("F13x2", "F17x1"), ("F37x2", "F17x1"), ("F37x3", "F17x1")];

#[test]
fn the_verdict_agrees_with_serde_json() {
    let cases: Vec<Case> = corpus::cases().into_iter().chain(by_hand::cases()).collect();
    let mut wrong = Vec::new();
    let mut counts = [0_usize; 3];
    for reader in &cases {
        for writer in &cases {
            let seen = reader.reads(writer);
            let verdict = accepts(&reader.shape, &writer.shape);
            let right = match (&seen, &verdict) {
                (Seen::Compatible, Verdict::Compatible) => 0,
                (Seen::Silent(_), Verdict::Silent(_)) => 1,
                (Seen::Breaking(_), Verdict::Breaking(_)) => 2,
                _ if NOT_SEEN.contains(&(reader.name, writer.name)) => continue,
                _ => {
                    wrong.push(format!(
                        "{} reads {}: the verdict is {verdict}\nbut serde says: {seen:?}\n",
                        reader.name, writer.name
                    ));
                    continue;
                }
            };
            counts[right] += 1;
        }
    }
    let shown: Vec<&String> = wrong.iter().take(40).collect();
    assert!(wrong.is_empty(), "{} of {counts:?} pairs differ: {shown:#?}", wrong.len());
    // There must be pairs of all three kinds, or the test proves less than it claims.
    assert!(counts.iter().all(|count| *count > 200), "compatible, silent, breaking: {counts:?}");
}

/// Pairs for which the verdict is stricter than serde: the keys `true` and `false` are not searched for names of
/// variants, and a field that is refused or absent does not count as one that is always refused.
const TOO_CAREFUL: &[(&str, &str)] = &[("Truth", "bool"), ("NullOrMaybe", "RowSkipped")];

/// The pairs on which verdict and serde disagree, and how many pairs are compatible, silent and breaking.
fn compared(cases: &[Case]) -> (Vec<String>, [usize; 3]) {
    let (mut wrong, mut counts) = (Vec::new(), [0; 3]);
    for (reader, writer) in cases.iter().flat_map(|reader| cases.iter().map(move |writer| (reader, writer))) {
        let (seen, verdict) = (reader.reads(writer), accepts(&reader.shape, &writer.shape));
        match (&seen, &verdict) {
            (Seen::Compatible, Verdict::Compatible) => counts[0] += 1,
            (Seen::Silent(_), Verdict::Silent(_)) => counts[1] += 1,
            (Seen::Breaking(_), Verdict::Breaking(_)) => counts[2] += 1,
            (Seen::Compatible, _) if TOO_CAREFUL.contains(&(reader.name, writer.name)) => {}
            _ => wrong.push(format!(
                "`{}` reads `{}`: the verdict is {verdict}\nbut serde says: {seen:?}\n",
                reader.name, writer.name
            )),
        }
    }
    (wrong, counts)
}

#[track_caller]
fn assert_as_serde(cases: &[Case], at_least: [usize; 3]) {
    let (wrong, counts) = compared(cases);
    assert!(wrong.is_empty(), "{} pairs differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(40)]);
    let enough = counts.iter().zip(at_least).all(|(count, least)| *count >= least);
    assert!(enough, "compatible, silent, breaking: {counts:?}");
}

#[test]
fn keys_of_maps_are_read_as_serde_json_reads_them() {
    assert_as_serde(&edges::keys(), [100, 0, 200]);
}

#[test]
fn flattened_fields_are_read_as_serde_json_reads_them() {
    assert_as_serde(&edges::flattened(), [50, 20, 100]);
}

#[test]
fn a_value_that_one_variant_reads_in_part_is_left_to_the_next_as_in_serde_json() {
    assert_as_serde(&edges::partly_refused(), [50, 50, 100]);
}

#[test]
fn flattened_fields_are_read_under_each_name_that_is_stored() {
    let shapes = edges::flattened();
    for name in ["TwoFields", "ThreeFields", "FlatOne", "FlatTwo", "FlatTwice", "Renamed", "FlatRenamed"] {
        let shape = &shapes.iter().find(|case| case.name == name).expect("it is in the list").shape;
        assert_eq!(accepts_stored(shape, shape), Verdict::Compatible, "{name}");
    }
}

#[test]
fn every_schema_is_read_back_from_its_text() {
    for case in corpus::cases().into_iter().chain(by_hand::cases()) {
        let shape = case.shape.with_names();
        let schema = EventSchema {
            aliases: vec!["an older name".to_owned()],
            versions: BTreeMap::from([(1, shape.clone()), (3, shape.clone())]),
            formerly: BTreeMap::from([(2, vec![shape])]),
            ..EventSchema::new(case.name, TypeState::Read)
        };
        let text = render(std::slice::from_ref(&schema));
        assert_eq!(parse(&text).as_deref(), Ok(&[schema][..]), "{text}");
    }
}

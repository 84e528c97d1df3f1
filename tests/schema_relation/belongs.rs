//! Whether a value belongs to a shape agrees with serde: it does if the type writes it.

use eventsource::schema::{Verdict, accepts, may_be_stored, writes};
use serde_json::Value;

use super::{
    by_hand, corpus, edges,
    oracle::{Case, has_a_field_twice},
};

fn lists() -> Vec<Vec<Case>> {
    let all = corpus::cases().into_iter().chain(by_hand::cases()).collect();
    vec![all, edges::keys(), edges::flattened(), edges::partly_refused()]
}

/// Readers of a list with some values that others of the list wrote: a third of all pairs, because there are many.
fn pairs<'c>(
    list: &'c [Case],
    is_reader: impl Fn(&Case) -> bool + 'c,
) -> impl Iterator<Item = (&'c Case, &'c str)> {
    let readers = list.iter().enumerate().filter(move |(_, case)| is_reader(case));
    readers.flat_map(move |(row, reader)| {
        let writers = list.iter().enumerate().filter(move |(column, _)| (row + column) % 3 == 0);
        // `serde_json` 1.0.154 panics if it reads the key of a map as a `bool`, and the key begins with `ü`.
        let values = |writer: &'c Case| writer.written().filter(|json| json.is_ascii()).take(15);
        writers.flat_map(move |(_, writer)| values(writer)).map(move |json| (reader, json))
    })
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

/// Whether the difference of a value is not seen here: the order of the tag and the content, and whether a number beyond
/// 64 bits was written with an exponent.
fn is_seen_differently(reader: &str, json: &str) -> bool {
    reader == "Contents" && json.starts_with("{\"of\"") || reader.contains("128") && json.contains("e+")
}

#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}

#[test]
fn every_value_that_serde_writes_belongs_to_its_shape() {
    let (mut count, mut wrong) = (0, Vec::new());
    for case in lists().iter().flatten() {
        for json in case.written() {
            let (value, shape) = (value(json), &case.shape);
            for (belongs, how) in
                [(writes(shape, &value), "written"), (may_be_stored(shape, &value), "stored")]
            {
                wrong.extend(belongs.err().map(|finding| format!("{} {how} {json}: {finding}", case.name)));
            }
            count += 1;
        }
    }
    assert_none(&wrong);
    assert!(count > 2_000, "{count} values");
}

#[test]
fn a_value_that_serde_reads_and_writes_belongs_to_the_shape() {
    let (mut count, mut wrong) = (0, Vec::new());
    for list in lists() {
        for (reader, json) in pairs(&list, |_| true) {
            let again = reader.again(json).filter(|json| !has_a_field_twice(json));
            let Some(again) = again else { continue };
            let belongs = writes(&reader.shape, &value(&again));
            wrong.extend(belongs.err().map(|finding| format!("{} {again}: {finding}", reader.name)));
            count += 1;
        }
    }
    assert_none(&wrong);
    assert!(count > 5_000, "{count} values");
}

#[test]
fn a_value_that_serde_refuses_does_not_belong_to_the_shape() {
    let (mut count, mut wrong) = (0, Vec::new());
    for list in lists() {
        // Of a type that does not read all that it writes, serde is no judge.
        let reads_itself = |case: &Case| accepts(&case.shape, &case.shape) == Verdict::Compatible;
        for (reader, json) in pairs(&list, reads_itself) {
            if reader.again(json).is_none() && !is_seen_differently(reader.name, json) {
                wrong.extend(
                    writes(&reader.shape, &value(json)).ok().map(|()| format!("{} {json}", reader.name)),
                );
                count += 1;
            }
        }
    }
    assert_none(&wrong);
    assert!(count > 20_000, "{count} values");
}

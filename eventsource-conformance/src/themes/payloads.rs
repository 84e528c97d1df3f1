//! A payload is stored byte for byte: it is opaque to the store.

use eventsource::store::{Append, ExpectedVersion, LogFilter};

use crate::support::{Store, assert_same_text, event, stream};

/// Appends the payloads, reads them with every method of the store, and compares them byte for byte.
async fn assert_payloads_are_kept(store: &Store, payloads: &[&str]) {
    let account = stream("account");
    let given = payloads.iter().map(|payload| event(payload)).collect();
    store.write(&account, ExpectedVersion::Any, given).await;
    let forward = store.events_of(&account).await;
    let mut backward = store.backward(&account, u64::MAX, usize::MAX).await;
    backward.reverse();
    for read in [forward, backward, store.log().await] {
        assert_eq!(read.len(), payloads.len());
        for (kept, given) in read.iter().zip(payloads) {
            assert_same_text(kept.payload(), given);
        }
    }
}

pub(crate) async fn escaped_characters_stay_as_they_were_written(store: Store) {
    let payloads = [
        r#"{"text":"a\u0000b"}"#,
        r#"{"\u0000":1}"#,
        r#""\ud800""#,
        r#""\udead\ud800""#,
        r#""\u00e9""#,
        r#""é""#,
        r#""\/""#,
        r#""/""#,
        r#""\"\\\b\f\n\r\t""#,
        r#""\u000a""#,
        r#""\uD83E\uDD80""#,
        r#""🦀""#,
        r#"{"\u0061":1,"a":2}"#,
        "\"\u{7f}\u{80}\u{feff}\u{2028}\u{10ffff}\"",
    ];
    assert_payloads_are_kept(&store, &payloads).await;
}

pub(crate) async fn numbers_stay_as_they_were_written(store: Store) {
    let payloads = [
        "9007199254740993",
        "-9223372036854775809",
        "18446744073709551616",
        "123456789012345678901234567890123456789012345678901234567890",
        "1e400",
        "-1E+400",
        "1e-400",
        "1E5",
        "1e3",
        "1000",
        "1000.0",
        "0.1000",
        "-0",
        "-0.0",
        "0",
        "0.1e1",
        "1.7976931348623157e309",
        "3.14159265358979323846264338327950288",
        r#"{"amount":10.00,"rate":1.10e+02}"#,
    ];
    assert_payloads_are_kept(&store, &payloads).await;
}

pub(crate) async fn keys_stay_in_their_order_and_duplicates_stay(store: Store) {
    let payloads = [
        r#"{"z":1,"a":2,"m":3}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"":0,"":1}"#,
        r#"{"aa":1,"b":2}"#,
        r#"{"ä":1,"z":2}"#,
        r#"{"a":{"z":1,"y":2,"z":3}}"#,
    ];
    assert_payloads_are_kept(&store, &payloads).await;
}

pub(crate) async fn whitespace_stays_as_it_was_written(store: Store) {
    let payloads = [
        "{ }",
        "{}",
        "[ ]",
        "[1,2]",
        "[1, 2]",
        "{\"a\":1}",
        "{\"a\" : 1}",
        "{\n\t\"a\":\r\n 1 }",
        "[ 1 ,\n\n\n 2 ]",
        "\"  two  spaces  \"",
    ];
    assert_payloads_are_kept(&store, &payloads).await;
}

pub(crate) async fn a_payload_may_be_any_json_value(store: Store) {
    let payloads =
        ["null", "true", "false", "0", "\"\"", "\"text\"", "[]", "{}", "[null]", "[[],{}]", "\"null\""];
    assert_payloads_are_kept(&store, &payloads).await;
}

pub(crate) async fn payloads_that_look_like_a_databases_own_syntax_stay(store: Store) {
    let payloads = [
        r#""'""#,
        r#""''""#,
        r#""$1""#,
        r#""%s""#,
        r#""?""#,
        r#""{1,2}""#,
        r#""\\x00""#,
        r#""\\N""#,
        r#""NULL""#,
        r#""'; drop table events; --""#,
        r#"["{\"a\"}", "(1,2)"]"#,
        r#"{"$type":"x","@id":1}"#,
    ];
    assert_payloads_are_kept(&store, &payloads).await;
}

pub(crate) async fn a_payload_nested_as_deep_as_allowed_is_kept(store: Store) {
    let depth = Append::MAX_JSON_DEPTH;
    let arrays = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let brackets = format!("[\"{}\",{}1]", "[".repeat(1_000), "[],".repeat(1_000));
    let payloads = [&*arrays, &objects, &brackets];
    assert_payloads_are_kept(&store, &payloads).await;
    for payload in payloads {
        serde_json::from_str::<serde_json::Value>(payload).expect("a stored payload can be read");
    }
}

pub(crate) async fn a_payload_of_ten_megabytes_is_kept(store: Store) {
    // Made of different words, so that it cannot be compressed much.
    let words: String =
        (0..1_400_000_u32).map(|n| format!("{:07x}", n.wrapping_mul(2_654_435_761) >> 4)).collect();
    let text = format!("{{\"text\":\"{words}é🦀\",\"end\":true}}");
    assert!(text.len() > 9_500_000, "{} bytes", text.len());
    assert_payloads_are_kept(&store, &[&text]).await;
}

pub(crate) async fn many_large_payloads_fit_in_one_append(store: Store) {
    let account = stream("account");
    let texts: Vec<_> = (0..20).map(|n| format!("\"{}\"", n.to_string().repeat(200_000))).collect();
    let given: Vec<_> = texts.iter().map(|text| event(text)).collect();
    store.write_all(Append::to(account, ExpectedVersion::NoStream, given)).await;
    let page = store.page(eventsource::Position::START, &LogFilter::all(), 100).await;
    assert_eq!(page.events.len(), texts.len());
    for (kept, given) in page.events.iter().zip(&texts) {
        assert_same_text(kept.payload(), given);
    }
}

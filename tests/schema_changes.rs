//! Kinds of change that people make to events, each as two releases of a program: the verdict on it agrees with what
//! serde reads, and a fix that is proposed for it compiles, passes the check, and decodes stored events to what they
//! meant.

mod schema_changes {
    // The releases with the proposed fixes, formatted as by the generator.
    #[allow(
        dead_code,
        private_interfaces,
        unused_imports,
        unused_qualifications,
        unused_variables,
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "fields of older versions are not all used, a fix has full paths, and users narrow numbers"
    )]
    #[rustfmt::skip]
    pub(crate) mod fixed;
    pub(crate) mod guide;
    pub(crate) mod judge;
    pub(crate) mod kind;
    pub(crate) mod kinds;
    pub(crate) mod paste;

    pub(crate) mod prelude {
        //! What the releases use.

        pub(crate) use std::collections::{BTreeMap, BTreeSet};

        pub(crate) use eventsource as library;
        pub(crate) use eventsource::prelude::*;
        pub(crate) use serde_json::Value;
        pub(crate) use uuid::Uuid;

        pub(crate) fn s(text: &str) -> String {
            text.to_owned()
        }

        /// The function of a default.
        pub(crate) fn forty_two() -> u32 {
            42
        }

        /// For `with`: a number as text.
        pub(crate) mod as_text {
            use serde::{Deserialize, Deserializer, Serializer};

            pub(crate) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(number)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    }
}

#[path = "macros/recorded.rs"]
#[allow(dead_code, reason = "payloads are written by another function")]
mod recorded;
#[path = "evolution/releases.rs"]
#[allow(dead_code, reason = "not every function is needed")]
mod releases;

use std::{env, fs};

use schema_changes::{fixed, guide, judge, kinds, paste};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guide/schema_changes.md");
const FIXED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema_changes/fixed.rs");

#[test]
fn the_verdict_on_each_kind_of_change_agrees_with_serde() {
    let wrong: Vec<String> = kinds::all().iter().filter_map(judge::disagreement).collect();
    assert!(wrong.is_empty(), "{} kinds differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(kinds::all().len() > 60);
}

#[test]
fn the_fixed_releases_have_the_proposed_fixes() {
    let made = paste::fixed_releases(&kinds::all());
    if env::var_os("EVENTSOURCE_BLESS").is_some() {
        fs::write(FIXED, &made).expect("the releases can be written");
    }
    let kept = fs::read_to_string(FIXED).expect("the releases exist");
    assert!(made == kept, "run this test with EVENTSOURCE_BLESS=1 and review the diff");
}

#[test]
fn each_fixed_release_passes_the_check_and_reads_what_was_stored() {
    let fixed = fixed::all();
    let mut wrong = Vec::new();
    for kind in kinds::all().iter().filter(|kind| kind.needs_a_fix()) {
        match fixed.iter().find(|fixed| fixed.name == kind.name) {
            Some(fixed) => wrong.extend(judge::faults(kind, fixed)),
            None => wrong.push(format!("{}: there is no fixed release", kind.name)),
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_guide_has_each_kind_of_change() {
    let kept = fs::read_to_string(GUIDE).expect("the chapter exists");
    let made = guide::with_tables(&kept, &kinds::sections());
    if env::var_os("EVENTSOURCE_BLESS").is_some() {
        fs::write(GUIDE, &made).expect("the chapter can be written");
        return;
    }
    assert!(made == kept, "run this test with EVENTSOURCE_BLESS=1 and review the diff");
}

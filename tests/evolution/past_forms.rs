//! Forms that were accepted and are no longer those that are written: what may be stored is more than the present shape
//! says.

use eventsource::prelude::*;

use super::releases::Package;

mod forms {
    //! Forms that are read as the next one, and the next one as the last.

    use super::*;

    #[derive(Debug, Serialize, Deserialize, Schema)]
    #[serde(untagged)]
    pub(super) enum NumberOrText {
        Number(u64),
        Text(String),
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(from = "NumberOrText", into = "String")]
    pub(super) struct Amount(String);

    impl From<NumberOrText> for Amount {
        fn from(read: NumberOrText) -> Self {
            match read {
                NumberOrText::Number(number) => Self(number.to_string()),
                NumberOrText::Text(text) => Self(text),
            }
        }
    }

    impl From<Amount> for String {
        fn from(amount: Amount) -> Self {
            amount.0
        }
    }

    /// As the type of `rust_decimal`.
    #[derive(Debug, Serialize, Deserialize, Schema)]
    #[schema(as = "string(decimal)")]
    pub(super) struct Decimal(String);

    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct Place {
        street: String,
        number: u32,
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct Turned {
        number: u32,
        street: String,
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    #[serde(tag = "kind")]
    pub(super) struct Tagged {
        x: u64,
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    #[serde(tag = "kind")]
    pub(super) enum Kinds {
        Tagged { x: u64 },
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct Plain {
        x: u64,
    }
}

/// Three releases with one field each.
macro_rules! three {
    ($test:ident: $first:ty, $second:ty, $third:ty) => {
        #[test]
        fn $test() {
            mod one {
                #[allow(unused_imports, reason = "not every release needs them")]
                use super::{forms::*, *};
                #[derive(Debug, Serialize, Deserialize, Event)]
                #[event(category = "account")]
                pub(super) enum AccountEvent {
                    Moved { x: $first },
                }
            }
            mod two {
                #[allow(unused_imports, reason = "not every release needs them")]
                use super::{forms::*, *};
                #[derive(Debug, Serialize, Deserialize, Event)]
                #[event(category = "account")]
                pub(super) enum AccountEvent {
                    Moved { x: $second },
                }
            }
            mod three {
                #[allow(unused_imports, reason = "not every release needs them")]
                use super::{forms::*, *};
                #[derive(Debug, Serialize, Deserialize, Event)]
                #[event(category = "account")]
                pub(super) enum AccountEvent {
                    Moved { x: $third },
                }
            }
            let package = Package::default();
            package.accept::<one::AccountEvent>();
            package.accept_as::<two::AccountEvent>(&package.test()).expect("it is compatible");
            let said = package.check::<three::AccountEvent>().expect("a failure");
            assert!(said.contains("version 1 of `account.moved` has changed"), "{said}");
            assert!(said.contains("in a form that was accepted before the last one"), "{said}");
        }
    };
}

three!(a_form_that_is_only_read_is_still_stored: u64, Amount, String);
three!(a_number_that_is_read_as_a_decimal_is_still_stored: u64, Decimal, String);
three!(a_list_that_is_read_as_a_struct_is_still_stored: (String, u32), Place, Turned);
three!(a_struct_without_the_tag_is_still_stored: Plain, Tagged, Kinds);

/// A form that does not read all that it writes, and later ones.
mod faulty {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Opened {
            #[serde(skip_serializing_if = "String::is_empty")]
            name: String,
            owner: String,
        },
    }
}

mod faulty_and_silent {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Opened {
            #[serde(skip_serializing_if = "String::is_empty")]
            name: String,
        },
    }
}

mod right {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Opened { name: String, owner: String },
    }
}

#[test]
fn a_known_fault_does_not_hide_a_loss() {
    let package = Package::default();
    package.accept::<faulty::AccountEvent>();
    let said = package.check::<faulty_and_silent::AccountEvent>().expect("a failure");
    assert!(said.contains("`owner`: is no longer read"), "{said}");
}

#[test]
fn a_form_that_no_longer_reads_what_it_writes_is_a_failure() {
    let package = Package::default();
    package.accept::<right::AccountEvent>();
    let said = package.check::<faulty::AccountEvent>().expect("a failure");
    assert!(said.contains("`account.opened` version 1 cannot read all that it writes"), "{said}");
}

/// Two types become one.
mod merged {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        #[event(version = 2, from(V1), was("account.given"))]
        Taken { y: u64 },
    }

    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct V1 {
        x: u64,
    }

    impl From<V1> for AccountEvent {
        fn from(old: V1) -> Self {
            Self::Taken { y: old.x }
        }
    }
}

mod before_merging {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Given { x: u32 },
        Taken { x: u64 },
    }
}

mod merged_narrower {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        #[event(version = 2, from(V1), was("account.given"))]
        Taken { y: u64 },
    }

    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct V1 {
        x: u32,
    }

    impl From<V1> for AccountEvent {
        fn from(old: V1) -> Self {
            Self::Taken { y: old.x.into() }
        }
    }
}

#[test]
fn of_types_that_become_one_every_form_is_still_stored() {
    let package = Package::default();
    package.accept::<before_merging::AccountEvent>();
    let kept = package.accept_as::<merged::AccountEvent>(&package.test()).expect("it is compatible");
    assert!(kept.contains("x: u64"), "{kept}");
    let said = package.check::<merged_narrower::AccountEvent>().expect("a failure");
    assert!(said.contains("version 1 of `account.taken` has changed"), "{said}");
}

/// A field of a nested type that was removed returns with another type.
mod nested {
    use super::*;

    macro_rules! release {
        ($name:ident: $($field:tt)*) => {
            pub(crate) mod $name {
                use super::*;

                #[derive(Debug, Serialize, Deserialize, Event)]
                #[event(category = "account")]
                pub(crate) enum AccountEvent { Paid { amount: Amount } }

                #[derive(Debug, Serialize, Deserialize, Schema)]
                pub(crate) struct Amount { cents: u32, $($field)* }
            }
        };
    }

    release! { first: note: String }
    release! { without: }
    release! { again: #[serde(default)] note: u32 }
}

#[test]
fn the_proposed_type_reads_all_forms_that_were_accepted() {
    let package = Package::default();
    package.accept::<nested::first::AccountEvent>();
    package.accept::<nested::without::AccountEvent>();
    let said = package.check::<nested::again::AccountEvent>().expect("a failure");
    assert!(said.contains("`amount.note`: a text was written, a number (`u32`) is read"), "{said}");
    assert!(said.contains("    struct AmountV1 {\n        cents: u32,\n    }\n"), "{said}");
}

//! `write` and `downcast`: functions of the fields of every kind of variant, with parameters, raw names, and from a macro.

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "document")]
enum DocumentEvent<T>
where
    T: Clone,
{
    #[event(version = 3, from(SavedV1<T>, SavedV2<T>), upcast(1 = nothing), write = 2, downcast = saved_v2::<T>)]
    Saved { content: T, r#type: Option<Box<str>>, more: Vec<T> },
    #[event(version = 2, from(Empty), write = 1, downcast = Empty::new)]
    Erased,
    #[event(write = 1, version = 2, from(Old), downcast = old::renamed)]
    Renamed(String),
    #[event(version = 2, from(()), write = 1, downcast = unit)]
    Empty {},
}

#[derive(Deserialize, Schema)]
struct SavedV1<T> {
    text: T,
}

#[derive(Serialize, Deserialize, Schema)]
struct SavedV2<T> {
    text: T,
}

/// A version below the written one may be read through a function.
fn nothing<T: Clone>(_: SavedV1<T>, _: &EventContext) -> Option<DocumentEvent<T>> {
    None
}

impl<T: Clone> From<SavedV2<T>> for DocumentEvent<T> {
    fn from(old: SavedV2<T>) -> Self {
        Self::Saved { content: old.text, r#type: None, more: Vec::new() }
    }
}

fn saved_v2<T: Clone>(content: &T, kind: &Option<Box<str>>, more: &[T]) -> Result<SavedV2<T>, String> {
    match kind {
        Some(kind) => Err(format!("a {kind} with {} more", more.len())),
        None => Ok(SavedV2 { text: content.clone() }),
    }
}

#[derive(Serialize, Deserialize, Schema)]
struct Empty {}

impl Empty {
    fn new() -> Self {
        Self {}
    }
}

impl<T: Clone> From<Empty> for DocumentEvent<T> {
    fn from(_: Empty) -> Self {
        Self::Erased
    }
}

#[derive(Serialize, Deserialize, Schema)]
struct Old(u32);

impl<T: Clone> From<Old> for DocumentEvent<T> {
    fn from(old: Old) -> Self {
        Self::Renamed(old.0.to_string())
    }
}

mod old {
    use std::num::ParseIntError;

    pub(super) fn renamed(name: &str) -> Result<super::Old, ParseIntError> {
        name.parse().map(super::Old)
    }
}

fn unit() {}

impl<T: Clone> From<()> for DocumentEvent<T> {
    fn from((): ()) -> Self {
        Self::Empty {}
    }
}

macro_rules! made {
    ($module:ident, $number:ident, $path:ident) => {
        mod $module {
            use eventsource::prelude::*;

            macro_rules! events {
                ($name:ident, $old:ident, $version:$number, $write:$number, $function:$path) => {
                    #[derive(Serialize, Deserialize, Event)]
                    #[event(category = "made")]
                    pub(super) enum $name {
                        #[event(version = $version, from($old), write = $write, downcast = $function)]
                        First { value: u8 },
                    }
                };
            }

            #[derive(Serialize, Deserialize, Schema)]
            pub(super) struct Old {}

            fn first(_: &u8) -> Old {
                Old {}
            }

            impl From<Old> for Made {
                fn from(_: Old) -> Self {
                    Self::First { value: 0 }
                }
            }

            events!(Made, Old, 2, 1, self::first);
        }
    };
}

made!(literals, literal, path);
made!(expressions, expr, expr);

#[test]
fn functions_of_every_kind_make_the_older_payload() {
    let kind =
        |kind: Option<&str>| DocumentEvent::Saved { content: 1, r#type: kind.map(Into::into), more: vec![2] };
    assert_eq!(kind(None).encode().unwrap().get(), r#"{"text":1}"#);
    assert!(kind(Some("form")).encode().is_err());
    let text = |event: DocumentEvent<u8>| event.encode().map(|payload| payload.get().to_owned()).ok();
    assert_eq!(text(DocumentEvent::Erased).as_deref(), Some("{}"));
    assert_eq!(text(DocumentEvent::Renamed("7".to_owned())).as_deref(), Some("7"));
    assert_eq!(text(DocumentEvent::Renamed("a".to_owned())), None);
    assert_eq!(text(DocumentEvent::Empty {}).as_deref(), Some("null"));
    assert_eq!(literals::Made::First { value: 1 }.encode().unwrap().get(), "{}");
    assert_eq!(expressions::Made::First { value: 1 }.encode().unwrap().get(), "{}");
}

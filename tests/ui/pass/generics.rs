//! Parameters: types on events, aggregates and commands, lifetimes and constants on commands.

use std::{fmt, marker::PhantomData};

use eventsource::{EventContext, prelude::*};

#[derive(Serialize, Deserialize, Event)]
#[event(category = "document")]
enum DocumentEvent<T, const N: usize = 2>
where
    T: Clone,
{
    #[event(version = 3, from(SavedV1<T>, SavedV2<T>), upcast(2 = saved_twice::<T, N>))]
    Saved {
        content: T,
        more: Vec<T>,
    },
    Erased(Option<T>),
}

#[derive(Deserialize, Schema)]
struct SavedV1<T> {
    text: T,
}

#[derive(Deserialize, Schema)]
struct SavedV2<T> {
    text: T,
}

impl<T> From<SavedV1<T>> for SavedV2<T> {
    fn from(old: SavedV1<T>) -> Self {
        Self { text: old.text }
    }
}

fn saved_twice<T: Clone, const N: usize>(old: SavedV2<T>, _: &EventContext) -> Vec<DocumentEvent<T, N>> {
    vec![DocumentEvent::Saved { content: old.text.clone(), more: vec![old.text] }]
}

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = DocumentEvent<T>, id = Id<T>, snapshot(version = 1, every = 50))]
struct Document<T>
where
    T: Clone + Default + Serialize + serde::de::DeserializeOwned + Schema + Send + Sync + 'static,
{
    #[serde(bound = "")]
    content: T,
}

impl<T> Apply<DocumentEvent<T>> for Document<T>
where
    T: Clone + Default + Serialize + serde::de::DeserializeOwned + Schema + Send + Sync + 'static,
{
    fn apply(&mut self, event: DocumentEvent<T>) {
        match event {
            DocumentEvent::Saved { content, .. } => self.content = content,
            DocumentEvent::Erased(_) => self.content = T::default(),
        }
    }
}

#[derive(Default, Aggregate)]
#[aggregate(event = DocumentEvent<String>, id = u32)]
struct Counter<T, const N: usize> {
    seen: usize,
    of: PhantomData<T>,
}

impl<T, const N: usize> Apply<DocumentEvent<String>> for Counter<T, N> {
    fn apply(&mut self, _: DocumentEvent<String>) {
        self.seen += N;
    }
}

struct Id<T>(u32, PhantomData<T>);

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Command)]
#[command(aggregate = Document<T>)]
struct Save<'a, T, const N: usize>
where
    T: Clone + Default + PartialEq + Serialize + serde::de::DeserializeOwned + Schema + Send + Sync + 'static,
{
    #[command(id)]
    document: &'a Id<T>,
    content: [T; N],
    note: &'a str,
}

#[test]
fn parameters_stand_where_they_make_sense() {
    assert_eq!(<DocumentEvent<String>>::TYPES[0].version, 3);
    assert!(Document::<String>::snapshots().is_some());
    assert!(Counter::<u8, 2>::snapshots().is_none());
    let id = Id(7, PhantomData);
    let save = Save { document: &id, content: ["a".to_owned()], note: "b" };
    assert_eq!(save.aggregate_id().to_string(), "7");
    assert_eq!((save.content.len(), save.note), (1, "b"));
}

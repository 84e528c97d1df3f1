//! New versions of a read model whose columns change, from the start of the new program to its swap, and back.

mod other_version;

use std::{collections::BTreeMap, fmt::Debug};

use eventsource::{
    Change, Fold, Position, ReadModel, Recorded, Workers,
    projections::ProjectionState,
    store::{GenerationState, ReadModelStore},
};
use serde::{Deserialize, Serialize};

pub(crate) use other_version::*;

use crate::support::{Program, ReadModels, TallyEvent, added, ended, eventually, included, is, started};

/// The table, and so the projection, of every version below.
const NAME: &str = "balances";

/// Declares one version of the read model: its row, and how an amount that is added changes it.
macro_rules! version {
    ($row:ident, $version:literal, key $key:ident = $of:expr, { $($field:ident: $type:ty),+ $(,)? }, $fold:expr) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
        #[read_model(table = "balances", version = $version)]
        struct $row {
            #[read_model(key)]
            $key: String,
            $($field: $type,)+
        }

        impl Fold<TallyEvent> for $row {
            fn key(event: &Recorded<TallyEvent>) -> Option<String> {
                let of: fn(&str) -> &str = $of;
                Some(of(event.aggregate_id()).to_owned())
            }

            fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
                let TallyEvent::Added { amount } = event.event else { return Change::Keep };
                let fold: fn(Option<Self>, String, u64) -> Self = $fold;
                Change::Put(fold(row, Self::key(event).unwrap_or_default(), amount))
            }
        }
    };
}

version!(Base, 1, key tally = |id| id, { total: u64 }, |row, tally, amount| {
    Base { tally, total: row.map_or(0, |row| row.total) + amount }
});

// A column is added,
version!(Wider, 2, key tally = |id| id, { total: u64, count: u64 }, |row, tally, amount| {
    let (total, count) = row.map_or((0, 0), |row| (row.total, row.count));
    Wider { tally, total: total + amount, count: count + 1 }
});

// one is removed,
version!(Narrower, 3, key tally = |id| id, { count: u64 }, |row, tally, _| {
    Narrower { tally, count: row.map_or(0, |row| row.count) + 1 }
});

// one has another type,
version!(Retyped, 4, key tally = |id| id, { count: String }, |row, tally, _| {
    Retyped { tally, count: row.map_or_else(String::new, |row| row.count) + "I" }
});

// and the key is another column.
version!(Rekeyed, 5, key letter = |id| id.get(..1).unwrap_or(""), { count: String }, |row, letter, _| {
    Rekeyed { letter, count: row.map_or_else(String::new, |row| row.count) + "I" }
});

/// The amounts that were added to each tally, from which every version's rows can be told.
#[derive(Default)]
struct Amounts(BTreeMap<String, Vec<u64>>);

impl Amounts {
    async fn add<S: ReadModelStore>(&mut self, program: &Program<S>, tally: &str, amount: u64) -> Position {
        let position = added(program, tally, amount).await;
        self.0.entry(tally.to_owned()).or_default().push(amount);
        position
    }

    fn base(&self) -> Vec<Base> {
        let row = |(tally, amounts): (&String, &Vec<u64>)| Base {
            tally: tally.clone(),
            total: amounts.iter().sum(),
        };
        self.0.iter().map(row).collect()
    }

    fn wider(&self) -> Vec<Wider> {
        let row = |(tally, amounts): (&String, &Vec<u64>)| {
            let (total, count) = (amounts.iter().sum(), amounts.len() as u64);
            Wider { tally: tally.clone(), total, count }
        };
        self.0.iter().map(row).collect()
    }

    fn narrower(&self) -> Vec<Narrower> {
        let row = |(tally, amounts): (&String, &Vec<u64>)| Narrower {
            tally: tally.clone(),
            count: amounts.len() as u64,
        };
        self.0.iter().map(row).collect()
    }

    fn retyped(&self) -> Vec<Retyped> {
        let row = |(tally, amounts): (&String, &Vec<u64>)| Retyped {
            tally: tally.clone(),
            count: "I".repeat(amounts.len()),
        };
        self.0.iter().map(row).collect()
    }

    fn rekeyed(&self) -> Vec<Rekeyed> {
        let mut counts = BTreeMap::<String, usize>::new();
        for (tally, amounts) in &self.0 {
            *counts.entry(tally[..1].to_owned()).or_default() += amounts.len();
        }
        counts.into_iter().map(|(letter, count)| Rekeyed { letter, count: "I".repeat(count) }).collect()
    }
}

fn program<S: ReadModelStore, R: Fold<TallyEvent>>(store: &ReadModels<S>, inline: bool) -> Program<S> {
    match inline {
        true => store.program().inline(R::projection()).build(),
        false => store.program().projection(R::projection()).build(),
    }
}

/// The versions of the generations, with their states.
async fn generations<S: ReadModelStore>(store: &ReadModels<S>) -> Vec<(u32, GenerationState)> {
    store.list().await.iter().map(|it| (it.version, it.state)).collect()
}

async fn live<S: ReadModelStore>(store: &ReadModels<S>, due: &[(u32, GenerationState)]) {
    eventually("the generations are as expected", || async {
        let found = generations(store).await;
        if found == due { Ok(()) } else { Err(found) }
    })
    .await;
}

async fn assert_rows<S: ReadModelStore, R: ReadModel + PartialEq + Debug>(program: &Program<S>, due: Vec<R>) {
    assert_eq!(program.all::<R>().await.expect("the rows can be read"), due);
}

/// How a new version is deployed.
#[derive(Clone, Copy)]
struct Deploy {
    inline: bool,
    /// Whether the old program runs on while the new one starts.
    beside: bool,
}

struct Deployed<S> {
    program: Program<S>,
    workers: Workers,
}

impl Deploy {
    /// Starts a program of the version of `R` and waits until it is live.
    async fn next<S: ReadModelStore, R: Fold<TallyEvent> + PartialEq + Debug>(
        self,
        store: &ReadModels<S>,
        old: Deployed<S>,
        amounts: &mut Amounts,
        due: fn(&Amounts) -> Vec<R>,
    ) -> Deployed<S> {
        let program = program::<S, R>(store, self.inline);
        let mut running = Some(old);
        if !self.beside {
            ended(running.take().expect("it runs").workers).await;
        }
        let workers = started(&program).await;
        if let Some(old) = running {
            // Both programs append while the new version is built.
            amounts.add(&old.program, "a", 3).await;
            amounts.add(&program, "b", 4).await;
            if self.inline {
                assert!(
                    !store.list().await.iter().any(|it| it.inline),
                    "the old program cannot keep the new one"
                );
                ended(old.workers).await;
            } else {
                live(store, &[(R::VERSION, GenerationState::Live)]).await;
                ended(old.workers).await;
            }
        }
        live(store, &[(R::VERSION, GenerationState::Live)]).await;
        if self.inline {
            is(&program, NAME, ProjectionState::Inline).await;
        }
        let last = amounts.add(&program, "ab", 5).await;
        included(&program, NAME, last).await;
        assert_rows(&program, due(amounts)).await;
        Deployed { program, workers }
    }

    /// Deploys every version, one after the other.
    async fn all<S: ReadModelStore>(self, store: ReadModels<S>) {
        let mut amounts = Amounts::default();
        let base = program::<S, Base>(&store, self.inline);
        let workers = started(&base).await;
        if self.inline {
            is(&base, NAME, ProjectionState::Inline).await;
        }
        for (tally, amount) in [("a", 1), ("b", 2), ("a", 1)] {
            let last = amounts.add(&base, tally, amount).await;
            included(&base, NAME, last).await;
        }
        assert_rows(&base, amounts.base()).await;
        let deployed = Deployed { program: base, workers };
        let deployed = self.next(&store, deployed, &mut amounts, Amounts::wider).await;
        let deployed = self.next(&store, deployed, &mut amounts, Amounts::narrower).await;
        let deployed = self.next(&store, deployed, &mut amounts, Amounts::retyped).await;
        let deployed = self.next(&store, deployed, &mut amounts, Amounts::rekeyed).await;
        ended(deployed.workers).await;
    }
}

pub(crate) async fn columns_change_beside_the_old_program<S: ReadModelStore>(store: ReadModels<S>) {
    Deploy { inline: false, beside: true }.all(store).await;
}

pub(crate) async fn columns_change_after_the_old_program<S: ReadModelStore>(store: ReadModels<S>) {
    Deploy { inline: false, beside: false }.all(store).await;
}

pub(crate) async fn columns_of_an_inline_projection_change_beside_the_old_program<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    Deploy { inline: true, beside: true }.all(store).await;
}

pub(crate) async fn columns_of_an_inline_projection_change_after_the_old_program<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    Deploy { inline: true, beside: false }.all(store).await;
}

/// A program of the first version with some rows, and one of a later version whose generation is built and not swapped.
async fn built<S: ReadModelStore, R: Fold<TallyEvent>>(
    store: &ReadModels<S>,
    amounts: &mut Amounts,
) -> (Deployed<S>, Deployed<S>) {
    let old = program::<S, Base>(store, false);
    let workers = started(&old).await;
    for (tally, amount) in [("a", 1), ("b", 2), ("a", 1)] {
        let last = amounts.add(&old, tally, amount).await;
        included(&old, NAME, last).await;
    }
    let old = Deployed { program: old, workers };
    let new = program::<S, R>(store, false);
    let rebuild = tokio::spawn({
        let new = new.clone();
        async move { new.rebuild(NAME).keep_old().without_swap().await }
    });
    let building = [(Base::VERSION, GenerationState::Live), (R::VERSION, GenerationState::Building)];
    live(store, &building).await;
    let workers = started(&new).await;
    rebuild.await.expect("no panic").expect("it is built");
    live(store, &building).await;
    (old, Deployed { program: new, workers })
}

/// Back and forth between the first version and the version of `R`.
async fn assert_way_back<S: ReadModelStore, R: Fold<TallyEvent> + PartialEq + Debug>(
    store: ReadModels<S>,
    due: fn(&Amounts) -> Vec<R>,
) {
    let mut amounts = Amounts::default();
    let (old, new) = built::<S, R>(&store, &mut amounts).await;
    let compared = new.program.compare(NAME).await.expect("there are two");
    assert_eq!(compared.tables.len(), 1, "{compared:?}");
    new.program.swap(NAME).await.expect("they are swapped");
    let kept = [(Base::VERSION, GenerationState::Retired), (R::VERSION, GenerationState::Live)];
    assert_eq!(generations(&store).await, kept);
    let last = amounts.add(&new.program, "c", 1).await;
    included(&new.program, NAME, last).await;
    assert_rows(&new.program, due(&amounts)).await;

    // A program that is rolled back starts although the live table is of a later version.
    ended(old.workers).await;
    let workers = started(&old.program).await;
    assert_eq!(generations(&store).await, kept);
    old.program.restore(NAME).await.expect("it was kept");
    live(&store, &[(Base::VERSION, GenerationState::Live)]).await;
    ended(new.workers).await;
    let last = amounts.add(&old.program, "c", 1).await;
    included(&old.program, NAME, last).await;
    assert_rows(&old.program, amounts.base()).await;
    ended(workers).await;
}

pub(crate) async fn the_way_back_from_an_added_column<S: ReadModelStore>(store: ReadModels<S>) {
    assert_way_back(store, Amounts::wider).await;
}

pub(crate) async fn the_way_back_from_a_removed_column<S: ReadModelStore>(store: ReadModels<S>) {
    assert_way_back(store, Amounts::narrower).await;
}

pub(crate) async fn the_way_back_from_another_key<S: ReadModelStore>(store: ReadModels<S>) {
    assert_way_back(store, Amounts::rekeyed).await;
}

pub(crate) async fn the_way_back_to_an_inline_projection_with_other_columns<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let mut amounts = Amounts::default();
    let (old, new) = built::<S, Retyped>(&store, &mut amounts).await;
    new.program.swap(NAME).await.expect("they are swapped");
    ended(old.workers).await;
    ended(new.workers).await;
    let inline = program::<S, Retyped>(&store, true);
    let workers = started(&inline).await;
    is(&inline, NAME, ProjectionState::Inline).await;
    amounts.add(&inline, "c", 1).await;
    assert_rows(&inline, amounts.retyped()).await;
    ended(workers).await;

    let back = program::<S, Base>(&store, true);
    let workers = started(&back).await;
    back.restore(NAME).await.expect("it was kept");
    is(&back, NAME, ProjectionState::Inline).await;
    amounts.add(&back, "c", 1).await;
    assert_rows(&back, amounts.base()).await;
    ended(workers).await;
}

pub(crate) async fn a_rebuild_with_other_columns_can_be_abandoned<S: ReadModelStore>(store: ReadModels<S>) {
    let mut amounts = Amounts::default();
    let (old, new) = built::<S, Rekeyed>(&store, &mut amounts).await;
    assert_eq!(new.program.abandon(NAME).await.expect("the store can be written"), 1);
    assert_eq!(generations(&store).await, [(Base::VERSION, GenerationState::Live)]);
    let last = amounts.add(&old.program, "c", 1).await;
    included(&old.program, NAME, last).await;
    assert_rows(&old.program, amounts.base()).await;
    ended(new.workers).await;
    let workers = started(&new.program).await;
    live(&store, &[(Rekeyed::VERSION, GenerationState::Live)]).await;
    included(&new.program, NAME, last).await;
    assert_rows(&new.program, amounts.rekeyed()).await;
    ended(workers).await;
    ended(old.workers).await;
}

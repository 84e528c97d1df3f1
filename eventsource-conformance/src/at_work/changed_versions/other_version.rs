//! Programs whose version of a read model is not the live one: rolled back, still running after a swap, or new.

use std::time::Duration;

use eventsource::{
    ExecuteError, Fold, Position, ReadModel,
    projections::{RowsError, WaitError},
    store::{AppendError, GenerationState, OtherVersion, ReadModelStore},
};

use super::{Amounts, Base, Deployed, NAME, Narrower, Retyped, Wider, built, live, program};
use crate::support::{Program, ReadModels, TallyEvent, add, ended, eventually, included, is, started};

/// What an error reports: the version of the program, the live one, and whether the version of the program was kept.
type Reported = (u32, u32, bool);

fn reported(other: &OtherVersion) -> Reported {
    assert_eq!(other.name, NAME);
    let text = other.to_string();
    assert!(text.contains(&format!("version {} of the read model", other.live)), "{text}");
    assert_eq!(text.contains("restore"), other.is_kept, "{text}");
    (other.version, other.live, other.is_kept)
}

async fn query<S: ReadModelStore, R: ReadModel<Key = String>>(
    program: &Program<S>,
) -> Result<usize, Reported> {
    let refused = |error| match error {
        RowsError::OtherVersion(other) => reported(&other),
        other => panic!("expected the live version, not {other:?}"),
    };
    let found = program.find::<R>(&"a".to_owned()).await.map_err(refused);
    let all = program.all::<R>().await.map_err(refused);
    assert_eq!(found.err(), all.as_ref().err().copied());
    all.map(|rows| rows.len())
}

async fn assert_reported<S: ReadModelStore, R: Fold<TallyEvent> + ReadModel<Key = String>>(
    program: &Program<S>,
    position: Position,
    due: Reported,
) {
    assert_eq!(query::<S, R>(program).await, Err(due));
    // It is reported when the time is over, because a program with the live version may be on its way.
    match program.wait_for(NAME, position).timeout(Duration::from_millis(200)).await {
        Err(WaitError::OtherVersion(other)) => assert_eq!(reported(&other), due),
        other => panic!("expected the live version, not {other:?}"),
    }
}

/// A program of the first version after a program of version `R` was deployed, with the old generation kept or not.
async fn assert_rolled_back<S: ReadModelStore, R: Fold<TallyEvent>>(store: ReadModels<S>, keep_old: bool) {
    let mut amounts = Amounts::default();
    let (old, new) = built::<S, R>(&store, &mut amounts).await;
    new.program.swap(NAME).await.expect("they are swapped");
    if !keep_old {
        new.program.abandon(NAME).await.expect("the store can be written");
    }
    let due = (Base::VERSION, R::VERSION, keep_old);
    // The old program still runs, and learns of the swap with its next heartbeat.
    eventually("the old program learns of the swap", || async {
        match old.program.all::<Base>().await {
            Err(RowsError::OtherVersion(_)) => Ok(()),
            other => Err(other.map(|rows| rows.len()).map_err(|error| error.to_string())),
        }
    })
    .await;
    assert_eq!(query::<S, Base>(&old.program).await, Err(due));
    // The position itself is reached: the new program processes the live version.
    let position = amounts.add(&old.program, "a", 1).await;
    included(&old.program, NAME, position).await;
    ended(old.workers).await;
    ended(new.workers).await;

    let back = program::<S, Base>(&store, false);
    let workers = started(&back).await;
    let position = amounts.add(&back, "a", 1).await;
    assert_reported::<S, Base>(&back, position, due).await;
    // A program that only queries knows the version of its rows.
    let reader = store.program().build();
    assert_eq!(query::<S, Base>(&reader).await, Err(due));
    if keep_old {
        back.restore(NAME).await.expect("it was kept");
        live(&store, &[(Base::VERSION, GenerationState::Live)]).await;
        assert_eq!(query::<S, Base>(&back).await, Ok(2));
        assert_eq!(query::<S, Base>(&reader).await, Ok(2));
    }
    ended(workers).await;
}

pub(crate) async fn a_rolled_back_program_gets_an_error_that_names_the_live_version<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    assert_rolled_back::<S, Wider>(store, false).await;
}

pub(crate) async fn a_program_whose_columns_are_missing_gets_an_error_that_names_the_live_version<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    assert_rolled_back::<S, Narrower>(store, false).await;
}

pub(crate) async fn a_rolled_back_program_gets_an_error_that_says_that_its_version_was_kept<
    S: ReadModelStore,
>(
    store: ReadModels<S>,
) {
    assert_rolled_back::<S, Wider>(store, true).await;
}

pub(crate) async fn a_new_program_gets_an_error_that_names_the_earlier_live_version<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let mut amounts = Amounts::default();
    let (old, new) = built::<S, Narrower>(&store, &mut amounts).await;
    assert_eq!(query::<S, Narrower>(&new.program).await, Err((Narrower::VERSION, Base::VERSION, false)));
    assert_eq!(query::<S, Base>(&old.program).await, Ok(2), "the old program reads its own version");
    new.program.swap(NAME).await.expect("they are swapped");
    assert_eq!(query::<S, Narrower>(&new.program).await, Ok(2));
    ended(old.workers).await;
    ended(new.workers).await;
}

pub(crate) async fn a_command_of_a_program_with_a_superseded_inline_version_fails<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let new = program::<S, Retyped>(&store, true);
    let new = Deployed { workers: started(&new).await, program: new };
    is(&new.program, NAME, eventsource::projections::ProjectionState::Inline).await;
    let back = program::<S, Base>(&store, true);
    match back.execute(add("a", 1)).await {
        Err(ExecuteError::Inline(AppendError::Superseded(other))) => {
            assert_eq!(reported(&other), (Base::VERSION, Retyped::VERSION, false));
        }
        other => panic!("expected the live version, not {other:?}"),
    }
    ended(new.workers).await;
}

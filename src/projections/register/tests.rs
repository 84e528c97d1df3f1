use super::*;
use crate::{
    OnFailure,
    projections::sample::{Pages, generation},
    sqlite::{
        SqliteStore,
        sqlx::{self, ConnectOptions, Connection, Executor, sqlite::SqliteConnectOptions},
    },
    store::StoreError,
};

/// The error of a program that finds the file locked by another one.
async fn busy(path: &std::path::Path) -> ProjectionError {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut holder = options.connect().await.expect("a connection");
    holder.execute("begin exclusive").await.expect("the lock");
    let options = options.busy_timeout(std::time::Duration::ZERO);
    let locked = async { options.connect().await?.execute("begin exclusive").await };
    let error = locked.await.expect_err("it is locked");
    holder.close().await.expect("closed");
    error.into()
}

#[tokio::test]
async fn only_what_says_something_about_the_tables_is_a_refusal() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(directory.path().join("store.db")).await.expect("opened");
    let of = |error: ProjectionError| {
        error_of(&store, Fault::Failed(error), |source| StartError::Setup {
            projection: "pages".to_owned(),
            source,
        })
    };
    let contended = of(busy(&directory.path().join("other.db")).await);
    assert!(matches!(contended, StartError::Store(StoreError::Contended { .. })), "{contended:?}");
    let lost = of(sqlx::Error::PoolClosed.into());
    assert!(matches!(lost, StartError::Store(StoreError::Unavailable { .. })), "{lost:?}");
    let (action, source) = ("appending", "the file is away".into());
    let away = of(StoreError::Unavailable { action, source }.into());
    assert!(
        matches!(away, StartError::Store(StoreError::Unavailable { action: "appending", .. })),
        "{away:?}"
    );
    let (action, source) = ("appending", "a fault".into());
    let refused = of(StoreError::Backend { action, source }.into());
    assert!(matches!(refused, StartError::Setup { .. }), "{refused:?}");
    let refused = of(ProjectionError::new("the table has another column"));
    assert!(matches!(refused, StartError::Setup { .. }), "{refused:?}");
}

#[test]
fn another_number_of_partitions_is_noticed_where_it_has_no_effect() {
    let noticed = |kind, partitions, kept: &[u64]| {
        let consumers = Pages::new(OnFailure::Stop).consumers(kind);
        let definition = Definition { partitions, ..consumers[0].definition().clone() };
        other_partitions(&definition, &generation(1, kept))
    };
    for kind in [ProjectionKind::Following, ProjectionKind::Policy, ProjectionKind::Process] {
        assert_eq!(noticed(kind, 2, &[0]), Some(1), "{kind:?}");
        assert_eq!(noticed(kind, 1, &[0, 0, 0]), Some(3), "{kind:?}");
        assert_eq!(noticed(kind, 2, &[0, 0]), None, "{kind:?}");
    }
    // One that followed the log in several partitions before.
    assert_eq!(noticed(ProjectionKind::Inline, 1, &[0, 0]), None);
}

//! Deploying new versions: what the chapter `docs/guide/deploying.md` says of old and new programs, each a process of its
//! own, on SQLite and Postgres.

mod deploying {
    mod child;
    mod consumers;
    mod events;
    mod inline;
    mod program;
    mod read_models;
    mod releases;
    mod support;
}

//! Two releases of one program: the accepted schema of the first, and the report on the second.

use std::{
    any::Any,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use eventsource::{
    EventSet,
    testing::{SchemaTest, check_schema},
};

/// The report when `New` replaces `Old`, whose schema was accepted; `None` if the test still passes.
pub(crate) fn said<Old: EventSet, New: EventSet>() -> Option<String> {
    let package = Package::default();
    package.accept::<Old>();
    package.check::<New>()
}

/// A package of a user: the folder with the accepted schemas. Insta is told to write no file; [`accept`](Self::accept)
/// and [`accept_once`](Self::accept_once) stand for `cargo insta accept`.
pub(crate) struct Package(tempfile::TempDir);

impl Default for Package {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }
}

impl Package {
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn schemas(&self) -> PathBuf {
        self.path().join("event-schemas")
    }

    /// A test in this package, in an environment without settings for insta.
    pub(crate) fn test(&self) -> SchemaTest<'_> {
        SchemaTest {
            manifest: self.path().to_str().expect("UTF-8"),
            package: env!("CARGO_PKG_NAME"),
            written: "AccountEvent",
            streams: Vec::new(),
            may_write: true,
            accepts_all: false,
            bump: None,
        }
    }

    /// Accepts the schema of a set, whatever it was before. Returns the text.
    pub(crate) fn accept<E: EventSet>(&self) -> String {
        self.accept_as::<E>(&SchemaTest { accepts_all: true, ..self.test() }).expect("everything is accepted")
    }

    /// Accepts the schema if the check leaves it to insta. Returns the text.
    pub(crate) fn accept_as<E: EventSet>(&self, test: &SchemaTest<'_>) -> Result<String, String> {
        let mut kept = None;
        let panic = panic_of(|| {
            check_schema::<E>(test, |name, text| kept = Some((name.to_owned(), text.to_owned())))
        });
        let Some((name, text)) = kept else { return Err(panic.expect("without insta there is a failure")) };
        self.write(&format!("{name}.snap"), &format!("---\nsource: tests/schema.rs\n---\n{text}"));
        Ok(text)
    }

    /// Writes a file among the accepted schemas.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.schemas()).expect("a directory");
        fs::write(self.schemas().join(name), text).expect("a file");
    }

    /// The report of the test.
    pub(crate) fn check<E: EventSet>(&self) -> Option<String> {
        self.check_as::<E>(&self.test())
    }

    pub(crate) fn check_as<E: EventSet>(&self, test: &SchemaTest<'_>) -> Option<String> {
        let panic = panic_of(|| {
            check_schema::<E>(test, |name, text| {
                let accepted =
                    fs::read_to_string(self.schemas().join(format!("{name}.snap"))).unwrap_or_default();
                let accepted = accepted.replace("\r\n", "\n");
                let content = accepted.split_once("\n---\n").map_or("", |(_, content)| content);
                assert!(content == text, "the snapshot differs");
            });
        });
        let root = self.path().to_str().expect("UTF-8");
        panic.map(|panic| panic.replace(root, "…").replace('\\', "/"))
    }
}

/// The text of a panic, if there was one.
pub(crate) fn panic_of(test: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(test)).err()?;
    Some(text_of(&*payload))
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned())).expect("a panic with a text")
}

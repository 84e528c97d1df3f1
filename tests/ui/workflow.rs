//! A breaking change is a failure whatever insta is told: a package of its own, driven by `cargo insta`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The package of a user. Its test asserts the schema of the release that `RELEASE` names, so that one build does for
/// all of them.
struct Package {
    folder: PathBuf,
    target: PathBuf,
}

/// The outcome of a command.
struct Ran {
    is_success: bool,
    /// Standard output and standard error.
    text: String,
}

const MANIFEST: &str = r#"
[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[dependencies]
eventsource = { package = "eventsource-cqrs", path = "ROOT", default-features = false, features = ["testing"] }
insta = { version = "1", default-features = false }
serde = "1"

[features]
item = []

[[example]]
name = "item"
required-features = ["item"]

[profile.dev]
debug = false

[workspace]
"#;

const LIB: &str = r#"
macro_rules! release {
    ($name:ident: $($variants:tt)*) => {
        pub mod $name {
            use eventsource::prelude::*;

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event(category = "order")]
            pub enum OrderEvent { $($variants)* }
        }
    };
}

release! { first: Placed { amount: u64 }, Shipped }
release! { compatible: Placed { amount: u64, #[serde(default)] note: String }, Shipped }
release! { breaking: Placed { total: u64 }, Shipped }
release! { silent: Placed {}, Shipped }

#[cfg(test)]
mod tests {
    #[test]
    fn schema() {
        match std::env::var("RELEASE").expect("it is set").as_str() {
            "first" => eventsource::assert_event_schema!(crate::first::OrderEvent),
            "compatible" => eventsource::assert_event_schema!(crate::compatible::OrderEvent),
            "breaking" => eventsource::assert_event_schema!(crate::breaking::OrderEvent),
            "silent" => eventsource::assert_event_schema!(crate::silent::OrderEvent),
            other => panic!("{other} is not a release"),
        }
    }
}
"#;

/// The assertion in a thread of a program, outside of a test.
const PROGRAM: &str = r#"
fn main() {
    let thread = std::thread::spawn(|| eventsource::assert_event_schema!(shop::first::OrderEvent));
    assert!(thread.join().is_ok());
}
"#;

/// The assertion outside of a function.
const ITEM: &str = "
eventsource::assert_event_schema!(shop::first::OrderEvent);
fn main() {}
";

impl Package {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace");
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        // The same folder each time: the dependencies are built once.
        let target = target.join("tests/insta");
        let folder = target.join("shop");
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(folder.join("src")).expect("a folder");
        let manifest = MANIFEST.replace("ROOT", root.to_str().expect("UTF-8"));
        fs::write(folder.join("Cargo.toml"), manifest).expect("a file");
        fs::write(folder.join("src/lib.rs"), LIB).expect("a file");
        fs::create_dir_all(folder.join("examples")).expect("a folder");
        fs::write(folder.join("examples/program.rs"), PROGRAM).expect("a file");
        fs::write(folder.join("examples/item.rs"), ITEM).expect("a file");
        // The versions of the workspace.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a file");
        // `cargo insta` reads the manifests of other platforms too, which no build of the workspace has downloaded.
        let fetched = Command::new("cargo").args(["fetch", "--quiet"]).current_dir(&folder).output();
        let Output { status, stderr, .. } = fetched.expect("cargo runs");
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        Self { folder, target }
    }

    fn accepted(&self) -> PathBuf {
        self.folder.join("event-schemas/order.snap")
    }

    fn pending(&self) -> PathBuf {
        self.folder.join("event-schemas/order.snap.new")
    }

    fn schema(&self) -> String {
        fs::read_to_string(self.accepted()).expect("an accepted schema")
    }

    fn cargo(&self, release: &str, arguments: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new("cargo");
        command.args(arguments.split(' ')).current_dir(&self.folder);
        for name in [
            "EVENTSOURCE_BUMP",
            "TF_BUILD",
            "INSTA_FORCE_UPDATE",
            "INSTA_UPDATE",
            "INSTA_FORCE_PASS",
            "INSTA_WORKSPACE_ROOT",
            "CI",
            "TRYBUILD",
            "NEXTEST",
        ] {
            command.env_remove(name);
        }
        command
            .env("RELEASE", release)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", &self.target);
        // The variables that cargo has set for this test would be those of the package.
        for (name, _) in env::vars_os() {
            if name
                .to_str()
                .is_some_and(|it| it.starts_with("CARGO_PKG_") || it.starts_with("CARGO_MANIFEST_"))
            {
                command.env_remove(name);
            }
        }
        let Output { status, stdout, stderr } =
            command.envs(variables.iter().copied()).output().expect("cargo runs");
        let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(
            !text.contains("no such command: `insta`"),
            "cargo-insta is missing: `cargo xtask test` installs it, or run `cargo install cargo-insta`"
        );
        Ran { is_success: status.success(), text }
    }

    /// A run that must fail with a verdict, and leave the accepted schema as it is.
    fn is_refused(&self, release: &str, arguments: &str, variables: &[(&str, &str)]) {
        let before = self.schema();
        let Ran { is_success, text } = self.cargo(release, arguments, variables);
        assert!(!is_success, "cargo {arguments} passes with {variables:?}: {text}");
        assert!(text.contains("version 1 of `order.placed` has changed"), "cargo {arguments}: {text}");
        assert!(text.contains("#[event(version = 2, from(PlacedV1))]"), "cargo {arguments}: {text}");
        self.cargo(release, "insta accept", &[]);
        assert_eq!(self.schema(), before, "cargo {arguments} with {variables:?}");
    }
}

#[track_caller]
fn passes(Ran { is_success, text }: Ran) -> String {
    assert!(is_success, "{text}");
    text
}

#[test]
fn a_change_that_is_not_compatible_fails_whatever_insta_is_told() {
    let package = Package::new();

    // In CI, a schema that was never accepted is a failure.
    let Ran { is_success, text } = package.cargo("first", "insta test", &[("CI", "true")]);
    assert!(!is_success && text.contains("event-schemas/order.snap is missing"), "{text}");
    // Elsewhere it is accepted as any first snapshot.
    passes(package.cargo("first", "insta test --accept", &[]));
    assert!(package.schema().contains("category order\n"), "{}", package.schema());
    passes(package.cargo("first", "insta test --check", &[("CI", "true")]));

    // Outside of a test, it is the same assertion; outside of a function, the compiler says where it belongs.
    passes(package.cargo("first", "run --quiet --example program", &[]));
    let Ran { is_success, text } = package.cargo("first", "check --example item --features item", &[]);
    assert!(!is_success && text.contains("write `assert_event_schema!(…)` in a function"), "{text}");

    for release in ["breaking", "silent"] {
        package.is_refused(release, "test", &[]);
        package.is_refused(release, "insta test", &[]);
        package.is_refused(release, "insta test --accept", &[]);
        package.is_refused(release, "insta test --force-update-snapshots", &[]);
        package.is_refused(release, "test", &[("INSTA_FORCE_PASS", "1"), ("INSTA_UPDATE", "unseen")]);
    }
    let text = package.schema();
    fs::write(package.accepted(), text.replace('\n', "\r\n")).expect("a file");
    package.is_refused("breaking", "insta test", &[]);
    fs::write(package.accepted(), text).expect("a file");

    // A compatible change is reviewed with its verdict.
    package.cargo("compatible", "insta test", &[]);
    let pending = fs::read_to_string(package.pending()).expect("a pending snapshot");
    assert!(pending.contains("stored events survive it"), "{pending}");
    passes(package.cargo("compatible", "insta reject", &[]));

    // A change with a reason, too.
    let Ran { text, .. } = package.cargo("breaking", "insta test", &[]);
    let line = text.lines().find(|line| line.ends_with(": <the reason>")).expect("a proposed line").trim();
    let reasons = line.replace("<the reason>", "no order was ever stored");
    fs::write(package.folder.join("event-schemas/accepted_breaking.txt"), reasons).expect("a file");
    package.cargo("breaking", "insta test", &[]);
    let pending = fs::read_to_string(package.pending()).expect("a pending snapshot");
    assert!(pending.contains("NOT COMPATIBLE") && pending.contains("no order was ever stored"), "{pending}");
    passes(package.cargo("breaking", "insta accept", &[]));
    passes(package.cargo("breaking", "test", &[]));

    // The deliberate way. What was accepted before still counts.
    passes(package.cargo("first", "test", &[("INSTA_UPDATE", "always")]));
    passes(package.cargo("first", "test", &[]));
    assert!(
        package.schema().contains("formerly version 1: fields\n    total: u64\n"),
        "{}",
        package.schema()
    );
}

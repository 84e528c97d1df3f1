//! The output of the test kit when events change: each test is a program in two releases.

mod evolution {
    mod bump;
    mod files;
    pub(crate) mod messages;
    mod namesakes;
    mod past;
    mod past_forms;
    pub(crate) mod payloads;
    pub(crate) mod releases;
    mod scheduled;
    pub(crate) mod shapes;
    pub(crate) mod text;
    mod verdicts;
    pub(crate) mod written_versions;
}

//! The output of the test kit when events change: each test is a program in two releases.

mod evolution {
    pub(crate) mod messages;
    mod namesakes;
    pub(crate) mod payloads;
    pub(crate) mod releases;
    pub(crate) mod shapes;
    pub(crate) mod text;
}

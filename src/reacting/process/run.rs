//! Runs a process as a consumer of the log.

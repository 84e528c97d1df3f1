//! Executing commands.

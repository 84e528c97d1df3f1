//! Crashes at points of chance, always the same ones: of a process, of a connection, of the server, of a lease.
//! Writers go on all the while, and in the end each event counts once.

mod leases;
mod network;
mod processes;
mod server;

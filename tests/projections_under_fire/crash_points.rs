//! Crashes at pseudo-random points, the same in every run: of a process, a connection, the server, or a lease.
//! Writers continue meanwhile, and in the end each event counts once.

mod leases;
mod network;
mod processes;
mod server;

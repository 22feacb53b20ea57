//! The binary of a school, as a library so that its tests drive it from outside: commands, configuration, wiring, jobs.

pub mod app;
mod checks;
pub mod cli;
pub mod clock;
pub mod config;
mod demo;
mod facts;
mod gates;
pub mod installation;
mod jobs;
pub mod live;
mod renewal;
mod retention;
pub mod rights;
mod server;
pub mod site;
mod snapshot;
pub mod telemetry;
pub mod tls;
mod what_if;

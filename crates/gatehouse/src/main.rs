//! The one binary of a school: its commands.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    gatehouse::cli::run(gatehouse::cli::Command::parse())
}

//! The commands. Each does its work through the same services as the pages of the desk.
//!
//! What a command answers goes to standard output, what went wrong to standard error. A command ends with 0 where it
//! is well, 1 where it found something to look at, 2 where it could not be done.

mod access;
mod backup;
mod calendar;
mod check_network;
mod demo;
mod explain;
mod gateway;
mod ledger;
mod lists;
mod people;
mod policy;
mod registers;
mod rpz;
mod serve;
mod simulate;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Parser, Subcommand};

use crate::{clock::SystemClock, config::Config, installation::Installation};

/// Gatehouse runs a school's online safety from its own policy.
#[derive(Debug, Parser)]
#[command(name = "gatehouse", version, about, max_term_width = 100)]
pub struct Command {
    /// The configuration of this installation.
    #[arg(long, short, global = true, default_value = "gatehouse.toml", value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Start the desk and the gateway.
    Serve(serve::Serve),
    /// Start the gateway alone, without the desk: for a machine of its own beside that of the desk.
    Gateway(gateway::Gateway),
    /// Check, show, compare and enact policies.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// The roll: import it, say who holds which responsibility.
    #[command(subcommand)]
    People(people::PeopleCommand),
    /// Accounts: a new password for somebody who has forgotten theirs.
    #[command(subcommand)]
    Access(access::AccessCommand),
    /// The filter's lists of sites.
    #[command(subcommand)]
    Lists(lists::ListsCommand),
    /// Registers: bring in files that machines send.
    #[command(subcommand)]
    Registers(registers::RegistersCommand),
    /// Try from inside whether ways round the gateway are shut at the firewall.
    CheckNetwork(check_network::CheckNetwork),
    /// Why a site is open or closed for somebody.
    Explain(explain::Explain),
    /// The ledger of acts: export it, verify it.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Write one encrypted archive of everything.
    Backup(backup::Backup),
    /// Bring an archive back into an empty place.
    Restore(backup::Restore),
    /// A demonstration school.
    #[command(subcommand)]
    Demo(demo::DemoCommand),
}

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is well.
    Well,
    /// There is something to look at.
    Look,
    /// It could not be done; what was wrong has been said.
    Refused,
}

/// Runs a command.
pub fn run(command: Command) -> ExitCode {
    crate::tls::install_provider();
    let config = &command.config;
    let outcome = match command.what {
        What::Serve(it) => it.run(config),
        What::Gateway(it) => it.run(config),
        What::Policy(it) => it.run(config),
        What::People(it) => it.run(config),
        What::Access(it) => it.run(config),
        What::Lists(it) => it.run(config),
        What::Registers(it) => it.run(config),
        What::CheckNetwork(it) => it.run(),
        What::Explain(it) => it.run(config),
        What::Ledger(it) => it.run(config),
        What::Backup(it) => it.run(config),
        What::Restore(it) => it.run(config),
        What::Demo(it) => it.run(),
    };
    match outcome {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::Look) => ExitCode::from(1),
        Ok(Outcome::Refused) => ExitCode::from(2),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

pub(crate) use backup::before_migration;
pub(crate) use policy::read_folder as read_policy;
pub(crate) use serve::enact;

/// Opens the installation that a configuration describes, with the computer's clock.
pub(crate) async fn open(config: &Path) -> anyhow::Result<Installation> {
    let config = Config::read(config)?;
    crate::telemetry::start(&config.log)?;
    Installation::open(config, Arc::new(SystemClock)).await
}

/// That the person whom a command names may not do it.
pub(crate) fn may_not(username: &str, denied: webkit::Denied) -> anyhow::Error {
    anyhow::anyhow!("{username} may not {}", denied.action.words())
}

/// Prints an answer. A reader that has gone away, as `head` does, is no error.
pub(crate) fn say(text: impl std::fmt::Display) {
    use std::io::Write as _;
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Prints what went wrong, with its causes below.
fn complain(error: &anyhow::Error) {
    use std::io::Write as _;
    let mut stderr = std::io::stderr().lock();
    drop(writeln!(stderr, "error: {error}"));
    for cause in error.chain().skip(1) {
        drop(writeln!(stderr, "  because: {cause}"));
    }
}

/// Runs something that waits on the network or the database.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

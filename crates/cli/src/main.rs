//! `doorstep`: where couriers are and what they are paid, from the command line.
//!
//! Every command is a request to the one interface there is, in this process or to a server.

mod arguments;
mod command;
mod failure;
mod load;
mod logging;
mod output;
mod table;
mod transport;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::start(&arguments);
    match run(&arguments) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Runs a command; the code says whether it found what it should.
fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    use command as run;
    let to = &arguments.place;
    match &arguments.command {
        Command::Init(asked) => run::init::init(to, asked),
        Command::Serve(asked) => run::serve::serve(to, asked),
        Command::Import(asked) => run::import::import(to, asked),
        Command::DeadLetters(asked) => run::dead_letters::run(to, asked),
        Command::Pay(asked) => run::pay::pay(to, asked),
        Command::Plan(asked) => run::plan::run(to, asked),
        Command::Close(asked) => run::settlement::close(to, asked),
        Command::Settle(asked) => run::settlement::settle(to, asked),
        Command::Conflicts(asked) => run::conflicts::run(to, asked),
        Command::Reconcile(asked) => run::reconcile::reconcile(to, asked),
        Command::Check(asked) => run::reconcile::check(to, asked),
        Command::Export(asked) => run::export::export(to, asked),
        Command::Backup(asked) => run::backup::backup(to, asked),
        Command::Restore(asked) => run::backup::restore(to, asked),
        Command::Replay(asked) => run::replay::replay(to, asked),
        Command::Providers(asked) => run::providers::run(to, asked),
        Command::Deliveries(asked) => run::deliveries::run(to, asked),
        Command::Orders(asked) => run::orders::run(to, asked),
        Command::Apologies(asked) => run::orders::apologies(to, asked),
        Command::Stock(asked) => run::stock::run(to, asked),
        Command::Availability(asked) => run::stock::availability(to, asked),
        Command::Items(asked) => run::stock::items(to, asked),
        Command::Centers(asked) => run::stock::centers(to, asked),
        Command::Geocode(asked) => run::geocode::run(to, asked),
        Command::Eta(asked) => run::eta::run(to, asked),
        Command::Subscriptions(asked) => run::subscriptions::run(to, asked),
        Command::Tasks(asked) => run::tasks::run(to, asked),
        Command::Keys(asked) => run::keys::run(to, asked),
        Command::Audit(asked) => run::keys::audit(to, asked),
        Command::Status(asked) => run::status::status(to, asked),
        Command::Demo(asked) => run::demo::run(asked),
        Command::Simulate(asked) => run::simulate::run(to, asked),
        Command::Version => run::status::version(),
    }
}

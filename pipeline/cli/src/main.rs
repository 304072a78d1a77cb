//! `solidata`: opens the data of Soliguide. This program only turns a command line into a request, and an outcome into words and an exit
//! code; everything else is in the libraries.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod args;
mod commands;
mod config;
mod exit;
mod output;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(e) => {
            let code = if e.use_stderr() { exit::USAGE } else { exit::DONE };
            // Nothing is left to do when the terminal is gone.
            let _ = e.print();
            return ExitCode::from(code);
        }
    };
    let output = output::Output::new(args.json);
    output::start_log(args.json);
    output::quiet_panics();
    match commands::run(args, &output) {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.code())
        }
    }
}

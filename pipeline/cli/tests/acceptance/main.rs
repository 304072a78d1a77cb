//! The program as an outside user sees it: command lines, exit codes, published bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod alsace;
mod before_publication;
mod command_line;
mod damaged;
mod forms;
mod history;
mod project;
mod real_archive;
mod reproduce;
mod revise;
mod secrets;
mod world;

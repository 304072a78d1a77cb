//! What may leave the vault.
//!
//! The source's documents come in as typed records ([`contract`]); nothing but what this crate returns goes on. It is pure: no file, clock,
//! environment or random number is read here.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod contract;

//! The project's README, so that each of its programs is compiled and run as a test. The programs of this crate are beside it.
//!
#![doc = include_str!("../../README.md")]

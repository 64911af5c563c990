//! The programs beside this file are the crate: `login`, and small ones to copy from.
//! Here the README's are compiled and run.
#![cfg_attr(doctest, doc = include_str!("../../README.md"))]

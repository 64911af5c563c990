//! Compiles and runs the programs of the README. The small programs are the files beside `src`.
#![cfg_attr(doctest, doc = include_str!("../../README.md"))]

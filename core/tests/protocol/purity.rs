//! Core is pure: nothing below `core/src`, its tests included, names what does I/O, reads a clock or knows a runtime.

use std::path::{Path, PathBuf};

/// Modules of `std` that may not be named.
const MODULES: [&str; 5] = ["net", "fs", "env", "process", "thread"];
/// Whatever else may not be named, white space left out.
const OTHERS: [&str; 6] = ["tokio", "hyper::", "SystemTime::now", "Instant::now", "std::io::stdin", "std::io::stdout"];

/// What a source names that it may not.
fn impurities(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = squeezed(&code.join("\n"));
    let others = OTHERS.iter().filter(|other| code.contains(**other)).map(|other| (*other).to_owned());
    let modules = code.match_indices("std::").flat_map(|(at, _)| heads(code.get(at + 5..).unwrap()));
    let modules = modules.filter(|head| MODULES.contains(&head.as_str())).map(|head| format!("std::{head}"));
    others.chain(modules).collect()
}

/// Without white space, but where it keeps two words apart.
fn squeezed(code: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.split_whitespace().fold(String::new(), |mut squeezed, part| {
        if squeezed.ends_with(is_word) && part.starts_with(is_word) {
            squeezed.push(' ');
        }
        squeezed + part
    })
}

/// The first segments of the paths that follow `std::`: one, or those of a group in braces, of any depth.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut heads = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                heads.push(word(group.get(start..at).unwrap()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads
}

pub(crate) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn core_names_nothing_impure() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 40, "the sources are somewhere else");
    for path in found {
        let impure = impurities(&std::fs::read_to_string(&path).unwrap());
        assert!(impure.is_empty(), "{}: {impure:?}", path.display());
    }
}

#[test]
fn the_gate_sees_every_form() {
    for (source, impure) in [
        ("use std::fs;", "std::fs"),
        ("let x = std :: env :: var(\"HOME\");", "std::env"),
        ("use std::{fmt, fs};", "std::fs"),
        ("use std::{\n    fmt,\n    net::{IpAddr, Ipv4Addr},\n};", "std::net"),
        ("use std::{collections::{BTreeMap, BTreeSet}, process};", "std::process"),
        ("use ::std::thread::sleep;", "std::thread"),
        ("use std::{fmt, env as surroundings};", "std::env"),
        ("use std::fs as files;", "std::fs"),
        ("let now = std::time::SystemTime::now();", "SystemTime::now"),
        ("use tokio::time;", "tokio"),
    ] {
        assert_eq!(impurities(source), [impure], "{source}");
    }
    for pure in ["use std::fmt;", "use std::{error, fmt};", "env!(\"X\")", "// std::fs", "use core::net::IpAddr;"] {
        assert!(impurities(pure).is_empty(), "{pure}");
    }
}

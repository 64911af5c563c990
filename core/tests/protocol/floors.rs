//! Checks the floors of core: each file imports only from files that stand before it, so no files import each other in a circle,
//! but for the states of a machine and their transitions. Core is pure, too: no file names a part of `std` that does I/O.

use std::collections::BTreeMap;
use std::path::Path;

/// Every file from the ground up, in the order that imports follow. `login` and `session` are machines, whose states and
/// transitions name each other: each stands for all of its files.
const FLOORS: [&str; 7] = [
    // The words that everybody uses.
    "json kind policy route sanitize time claims error secret credential token totp transport",
    "account hub seal",
    "advice failure",
    "wire::answer wire::rate_limit wire::leak wire::retry_after wire::edge wire::trace wire::request wire::auth_token \
     wire::two_factor wire::users_login wire::response wire",
    "grant login",
    "api session",
    "lib",
];

/// Modules of `std` that do I/O, read the machine's state or know threads. Clippy refuses clocks, locks and printing.
const IMPURE: [&str; 5] = ["env", "fs", "net", "process", "thread"];

/// Returns the code of every file or machine, without comments and tests.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut sources) = (vec![root.clone()], BTreeMap::<String, String>::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.strip_prefix(&root).unwrap().with_extension("").to_str().unwrap().replace('/', "::");
            let name = match module.split_once("::") {
                Some(("wire", file)) if file != "mod" => module.as_str(),
                Some((folder, _)) => folder,
                None => &module,
            };
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            sources.entry(name.to_owned()).or_default().extend(code.flat_map(|line| [line, "\n"]));
        }
    }
    sources
}

/// Returns the words of every statement that names `root::`, such as `use crate::{a, b::C};`.
fn words<'a>(code: &'a str, root: &str) -> Vec<&'a str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let parts = code.match_indices(root).filter_map(|(at, _)| code[at..].split([';', '(', ')', '=', '?']).next());
    parts.flat_map(|part| part.split(move |c| !is_word(c))).filter(|word| !word.is_empty()).collect()
}

#[test]
fn a_file_imports_only_from_files_before_it() {
    let order: Vec<&str> = FLOORS.iter().flat_map(|floor| floor.split_whitespace()).collect();
    let place = |name: &str| order.iter().position(|other| other.trim_start_matches("wire::") == name);
    for (module, code) in sources().iter().filter(|(module, _)| !["lib", "wire"].contains(&module.as_str())) {
        let own = place(module.trim_start_matches("wire::"));
        assert!(own.is_some(), "{module} has no floor: give it one in this table and in ARCHITECTURE.md");
        for root in ["crate::", "super::"] {
            let ahead: Vec<_> = words(code, root).into_iter().filter(|word| place(word) > own).collect();
            assert!(
                ahead.iter().all(|word| *word == "wire"),
                "{module} imports from files that stand after it: {ahead:?}"
            );
        }
    }
}

#[test]
fn core_names_nothing_impure() {
    let sources = sources();
    assert!(sources.len() > 25, "the sources are somewhere else");
    for (module, code) in &sources {
        let impure: Vec<_> = words(code, "std::").into_iter().filter(|word| IMPURE.contains(word)).collect();
        assert!(impure.is_empty(), "{module}: {impure:?}");
    }
}

#[test]
fn the_reader_sees_every_form() {
    assert_eq!(
        words("use crate::a::{self, b as c,\n    D};\nuse x::y;", "crate::"),
        ["crate", "a", "self", "b", "as", "c", "D"]
    );
    assert_eq!(words("let a = b(std::env::var(\"HOME\"));", "std::"), ["std", "env", "var"]);
    assert!(words(&sources()["wire::response"], "super::").contains(&"edge"));
}

//! The floors of core: each file imports only from its own floor or from one below, and no files import each other in a circle,
//! but for the states of a machine and their transitions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::purity::sources;

/// From the ground up. A folder stands for all of its files.
const FLOORS: [&[&str]; 7] = [
    // The words that everybody uses.
    &["claims", "error", "json", "kind", "policy", "route", "sanitize", "secret", "time", "token", "totp", "transport"],
    &["account", "hub", "seal"],
    &["advice", "failure"],
    &["wire"],
    &["grant", "login"],
    &["api", "session"],
    &["lib"],
];

/// Machines: a state names the transitions, and the transitions name the states.
const MACHINES: [&str; 2] = ["login", "session"];

/// Each file by its module path (`wire::edge`), with the modules that its `use` lines name.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn imports() -> Imports {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let texts: BTreeMap<String, String> = files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&root).unwrap().with_extension("");
            let module = path.to_str().unwrap().replace('/', "::");
            (module.trim_end_matches("::mod").to_owned(), std::fs::read_to_string(file).unwrap())
        })
        .collect();
    let modules: BTreeSet<String> = texts.keys().cloned().collect();
    texts.iter().map(|(module, text)| (module.clone(), of(module, text, &modules))).collect()
}

/// The modules that a file imports from, its tests left out.
fn of(module: &str, text: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let uses = code.replace('\n', " ");
    let uses = uses.split("use ").skip(1).filter_map(|rest| rest.split(';').next()).flat_map(|tree| paths("", tree));
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let is_folder = modules.iter().any(|other| other.starts_with(&format!("{module}::")));
    let named = uses.filter_map(|path| {
        let path = if let Some(path) = path.strip_prefix("crate::") {
            path.to_owned()
        } else if let Some(path) = path.strip_prefix("super::") {
            format!("{parent}::{path}")
        } else if is_folder || module == "lib" {
            format!("{}::{path}", if is_folder { module } else { "" })
        } else {
            return None;
        };
        let path = path.trim_start_matches("::").to_owned();
        // The longest beginning that is a module; what the crate itself exports is of `lib`.
        let mut head = path.as_str();
        loop {
            if modules.contains(head) {
                return Some(head.to_owned());
            }
            match head.rsplit_once("::") {
                Some((shorter, _)) => head = shorter,
                None => return (module != "lib").then(|| "lib".to_owned()).filter(|_| !is_folder),
            }
        }
    });
    named.filter(|other| other != module).collect()
}

/// The paths of a tree like `a::{b, c::{d, e}}`.
fn paths(prefix: &str, tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        return vec![format!("{prefix}{}", tree.split(" as ").next().unwrap())];
    };
    let prefix = format!("{prefix}{}", head.trim());
    let group = group.trim().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut start, mut all) = (0, 0, Vec::new());
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = group[start..at].trim();
                start = at + 1;
                if !part.is_empty() {
                    all.extend(paths(&prefix, part));
                }
            }
            _ => {}
        }
    }
    all
}

fn floor(module: &str) -> usize {
    let top = module.split("::").next().unwrap();
    let floor = FLOORS.iter().position(|floor| floor.contains(&top));
    floor.unwrap_or_else(|| panic!("{module} has no floor: give it one in this table and in ARCHITECTURE.md"))
}

/// Everything that a module imports, however far.
fn reach<'a>(imports: &'a Imports, module: &'a str) -> BTreeSet<&'a str> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![module]);
    while let Some(module) = next.pop() {
        for other in &imports[module] {
            if seen.insert(other.as_str()) {
                next.push(other);
            }
        }
    }
    seen
}

#[test]
fn a_file_imports_from_its_own_floor_or_below() {
    let imports = imports();
    assert!(imports["login::transition"].contains("wire::response"), "the reader of `use` lines reads nothing");
    for (module, others) in &imports {
        let up: Vec<_> = others.iter().filter(|other| floor(other) > floor(module)).collect();
        assert!(up.is_empty(), "{module} imports from a floor above: {up:?}");
    }
}

#[test]
fn there_is_no_circle_but_of_states_and_transitions() {
    let imports = imports();
    for module in imports.keys() {
        let machine = module.split("::").next().filter(|top| MACHINES.contains(top));
        for other in
            reach(&imports, module).into_iter().filter(|other| reach(&imports, other).contains(module.as_str()))
        {
            let is_machine = machine.is_some_and(|top| other.split("::").next() == Some(top));
            assert!(is_machine, "{module} and {other} import each other");
        }
    }
}

#[test]
fn the_reader_sees_every_form() {
    assert_eq!(
        paths("", "crate::a::{self, b, c::{D, e as f}}"),
        ["crate::a::self", "crate::a::b", "crate::a::c::D", "crate::a::c::e"]
    );
    let modules = ["a", "a::b", "c", "lib"].map(str::to_owned).into();
    let seen = |module, text| of(module, text, &modules).into_iter().collect::<Vec<_>>();
    assert_eq!(seen("a::b", "use super::Step;\nuse crate::c::{\n    X, Y,\n};\nuse std::fmt;"), ["a", "c"]);
    assert_eq!(seen("c", "use crate::Thing;\n#[cfg(test)]\nmod tests {\n    use crate::a;\n}"), ["lib"]);
}

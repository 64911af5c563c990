//! Figures beside the committed ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

/// Prints each case's `figures` beside the committed ones of `file` (below `figures/`), and fails where one differs by more than
/// `tolerance` percent. With `--write` as the program's argument they are committed instead; any other argument is a part of the
/// names to measure. On a run of all, a committed figure of no case fails too, and `--write` drops it.
pub fn compare(file: &str, tolerance: f64, measure: impl Fn(&crate::Case) -> u64) -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures").join(file);
    let mut committed = read(&path);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_write = arguments.iter().any(|argument| argument == "--write");
    let wanted = arguments.iter().find(|argument| *argument != "--write");
    let cases = crate::cases();
    let mut is_off = false;
    if wanted.is_none() {
        committed.retain(|name, _| {
            let is_case = cases.iter().any(|case| case.name == *name);
            if !is_case {
                println!("{:>10}  {:>8}  {name}{}", "", "gone", if is_write { "" } else { "  <- no such case" });
                is_off |= !is_write;
            }
            is_case
        });
    }
    let mut is_any = false;
    for case in cases {
        if wanted.is_some_and(|wanted| !case.name.contains(wanted.as_str())) {
            continue;
        }
        is_any = true;
        let figure = measure(&case);
        let old = committed.insert(case.name.clone(), figure);
        let change = old.map(|old| percent(old, figure));
        let is_within = is_write || change.is_some_and(|change| change.abs() <= tolerance);
        is_off |= !is_within;
        let change = change.map_or("new".to_owned(), |change| format!("{change:+.1} %"));
        println!("{figure:>10}  {change:>8}  {}{}", case.name, if is_within { "" } else { "  <- differs" });
    }
    assert!(is_any, "nothing has that name");
    if is_write {
        let lines: Vec<String> = committed.iter().map(|(name, figure)| format!("{figure}\t{name}\n")).collect();
        fs::write(&path, lines.concat()).expect("the figures' folder");
    }
    if is_off { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn read(path: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let (figure, name) = line.split_once('\t')?;
        Some((name.to_owned(), figure.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

#[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53")]
fn percent(old: u64, new: u64) -> f64 {
    if old == new { 0.0 } else { (new as f64 / old as f64 - 1.0) * 100.0 }
}

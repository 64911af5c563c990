//! Figures beside the committed ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

/// Prints each case's `figures` beside the committed ones of `file` (below `figures/`), and fails where one differs by more than
/// the case's `tolerance`, in percent. With `--write` as the program's argument they are committed instead; any other argument is a part of the
/// names to measure. On a run of all, a committed figure of no case fails too, and `--write` drops it. At the end it prints each
/// adapter's figure beside that of its floor in the same run, marks what is above the `aim` for such a floor, and fails, with
/// `--write` too, 5 percent above it: a runtime's wake-ups move a figure by that much.
pub fn compare(
    file: &str,
    tolerance: impl Fn(&crate::Case) -> f64,
    aim: impl Fn(u64) -> u64,
    measure: impl Fn(&crate::Case) -> u64,
) -> ExitCode {
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
    let mut measured = BTreeMap::new();
    for case in cases {
        if wanted.is_some_and(|wanted| !case.name.contains(wanted.as_str())) {
            continue;
        }
        let figure = measure(&case);
        measured.insert(case.name.clone(), figure);
        let old = committed.insert(case.name.clone(), figure);
        let change = old.map(|old| percent(old, figure));
        let is_within = is_write || change.is_some_and(|change| change.abs() <= tolerance(&case));
        is_off |= !is_within;
        let change = change.map_or("new".to_owned(), |change| format!("{change:+.1} %"));
        println!("{figure:>10}  {change:>8}  {}{}", case.name, if is_within { "" } else { "  <- differs" });
    }
    assert!(!measured.is_empty(), "nothing has that name");
    for (name, ours, floor) in adapters(&measured) {
        let most = aim(floor);
        is_off |= ours > most + most / 20;
        let told = if ours > most { "  <- aim missed" } else { "" };
        println!("{ours:>10}  to {floor}: {:.3}, at most {most}  {name}{told}", ratio(floor, ours));
    }
    if is_write {
        let lines: Vec<String> = committed.iter().map(|(name, figure)| format!("{figure}\t{name}\n")).collect();
        fs::write(&path, lines.concat()).expect("the figures' folder");
    }
    if is_off { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What logs in by an adapter, and its figure and the floor's.
fn adapters(measured: &BTreeMap<String, u64>) -> impl Iterator<Item = (&str, u64, u64)> {
    measured.iter().filter_map(|(name, ours)| {
        let group = name.strip_suffix(": ours").filter(|group| group.starts_with("kept alive"))?;
        Some((group, *ours, *measured.get(&format!("{group}: floor"))?))
    })
}

fn read(path: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let (figure, name) = line.split_once('\t')?;
        Some((name.to_owned(), figure.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

fn percent(old: u64, new: u64) -> f64 {
    if old == new { 0.0 } else { (ratio(old, new) - 1.0) * 100.0 }
}

#[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53")]
fn ratio(of: u64, figure: u64) -> f64 {
    figure as f64 / of as f64
}

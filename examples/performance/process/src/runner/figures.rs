//! Figures beside the committed ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use super::{Build, builds};

/// Prints a line of figures for each program, with the committed ones of `file` (below `figures/`), and fails where one of them is
/// off by more than `tolerance` percent. With `--write` among the program's arguments they are committed instead.
pub fn compare<const N: usize>(
    file: &str,
    titles: [&str; N],
    tolerance: u64,
    measure: impl Fn(Build) -> [u64; N],
) -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../figures").join(file);
    let is_write = env::args().any(|argument| argument == "--write");
    let mut committed = read(&path);
    let mut is_off = false;
    let mut is_any = false;
    println!("{}", titles.map(|title| format!("{title:>12}{:12}", "")).concat());
    for build in builds() {
        is_any = true;
        let figures = measure(build);
        let old = committed.insert(build.name.to_owned(), figures.to_vec()).unwrap_or_default();
        for (nth, figure) in figures.into_iter().enumerate() {
            let old = old.get(nth).copied().unwrap_or(0);
            let is_near = figure.abs_diff(old) * 100 <= old * tolerance;
            is_off |= !is_near;
            print!("{figure:>12}  {:<10}", if is_near { String::new() } else { format!("not {old}") });
        }
        println!("{}", build.name);
    }
    assert!(is_any, "nothing has that name");
    if is_write {
        let line = |(name, figures): (String, Vec<u64>)| {
            let figures: Vec<_> = figures.iter().map(u64::to_string).collect();
            format!("{}\t{name}\n", figures.join("\t"))
        };
        fs::write(&path, committed.into_iter().map(line).collect::<String>()).expect("the figures' folder");
    }
    if is_off && !is_write { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn read(path: &Path) -> BTreeMap<String, Vec<u64>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let (figures, name) = line.rsplit_once('\t')?;
        Some((name.to_owned(), figures.split('\t').filter_map(|figure| figure.parse().ok()).collect()))
    };
    text.lines().filter_map(line).collect()
}

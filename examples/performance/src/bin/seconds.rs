//! How long ours takes beside the floor: a ratio, the median of many turns taken one after the other.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::time::Instant;

use hub_auth_performance::{Case, cases};

const TURNS: usize = 301;

fn main() {
    let cases = cases();
    for ours in &cases {
        let Some(group) = ours.name.strip_suffix(": ours") else { continue };
        let floor = format!("{group}: floor");
        let floor = cases.iter().find(|case| case.name == floor).expect("a floor beside it");
        let mut ratios: Vec<f64> = (0..TURNS).map(|_| seconds(ours) / seconds(floor)).collect();
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(TURNS / 2).copied().unwrap_or_default();
        println!("{median:>6.2}  {group}");
    }
}

fn seconds(case: &Case) -> f64 {
    let mut run = case.prepare();
    (0..case.runs).for_each(|_| run());
    let start = Instant::now();
    (0..case.runs).for_each(|_| run());
    start.elapsed().as_secs_f64()
}

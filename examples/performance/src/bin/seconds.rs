//! How long ours takes beside the floor: a ratio, the median of many turns taken one after the other. Of what has no floor, a
//! simulated login, how many there are a second: an indication, of this machine and this moment.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::env;
use std::time::Instant;

use hub_auth_performance::{Case, cases};

const TURNS: usize = 301;

fn main() {
    let wanted = env::args().nth(1).unwrap_or_default();
    let mut cases = cases();
    cases.retain(|case| case.name.contains(&wanted));
    for ours in &cases {
        let Some(group) = ours.name.strip_suffix(": ours") else { continue };
        let floor = format!("{group}: floor");
        let floor = cases.iter().find(|case| case.name == floor).expect("a floor beside it");
        let ratio = median(|| seconds(ours) / seconds(floor));
        println!("{ratio:>6.2}  {group}");
    }
    for case in cases.iter().filter(|case| case.name.starts_with("simulated, ")) {
        #[expect(clippy::cast_precision_loss, reason = "a few runs")]
        let a_second = median(|| case.runs as f64 / seconds(case));
        println!("{a_second:>6.0}  a second: {}", case.name);
    }
}

fn median(measure: impl FnMut() -> f64) -> f64 {
    let mut figures: Vec<f64> = std::iter::repeat_with(measure).take(TURNS).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(TURNS / 2).copied().unwrap_or_default()
}

fn seconds(case: &Case) -> f64 {
    let mut run = case.prepare();
    (0..case.runs).for_each(|_| run());
    let start = Instant::now();
    (0..case.runs).for_each(|_| run());
    start.elapsed().as_secs_f64()
}

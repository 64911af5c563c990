//! What a session's lock costs where two threads do nothing else: nanoseconds a call, one thread and two, ours and the floor.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use http::HeaderMap;
use hub_auth_performance::session::{Authorize, blocking, floor, hyper};

const TURNS: usize = 31;
const CALLS: u32 = 200_000;

fn main() {
    println!("  1 thread  2 threads  ns a call, medians of {TURNS} turns");
    for (name, authorize) in [("floor", floor()), ("hyper", hyper()), ("blocking", blocking())] {
        let [one, two] = [1, 2].map(|threads| median(|| nanoseconds(threads, &authorize)));
        println!("{one:>10.0} {two:>10.0}  {name}");
    }
}

fn median(turn: impl Fn() -> f64) -> f64 {
    let mut turns: Vec<f64> = (0..TURNS).map(|_| turn()).collect();
    turns.sort_by(f64::total_cmp);
    turns.get(TURNS / 2).copied().unwrap_or_default()
}

/// From the common start to the end of the last, for each call of one thread.
fn nanoseconds(threads: usize, authorize: &Authorize) -> f64 {
    let barrier = Barrier::new(threads + 1);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut headers = HeaderMap::with_capacity(8);
                barrier.wait();
                (0..CALLS).for_each(|_| authorize(&mut headers));
                barrier.wait();
            });
        }
        barrier.wait();
        let start = Instant::now();
        barrier.wait();
        start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    })
}

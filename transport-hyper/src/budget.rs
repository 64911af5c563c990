//! How long a login may still take.

use std::time::Duration;

use tokio::time::Instant;

/// The time that a whole login has.
pub(crate) struct Budget {
    /// `None` where that is further away than the clock can say.
    until: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(limit: Duration) -> Budget {
        Budget { until: Instant::now().checked_add(limit) }
    }

    pub(crate) fn left(&self) -> Duration {
        self.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }

    /// Waits for a person, whose time is not counted.
    pub(crate) async fn uncounted<F: Future>(&mut self, person: F) -> F::Output {
        let asked = Instant::now();
        let answer = person.await;
        self.until = self.until.and_then(|until| until.checked_add(asked.elapsed()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_runs_out_but_not_while_a_person_types() {
        let mut budget = Budget::new(SECOND * 3);
        advance(SECOND).await;
        assert_eq!(budget.left(), SECOND * 2);
        budget.uncounted(sleep(SECOND * 60)).await;
        // Sleeps are rounded up to a millisecond.
        assert!(budget.left() >= SECOND * 2 && budget.left() < SECOND * 3);
        advance(SECOND * 3).await;
        assert_eq!(budget.left(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_there_is_does_not_run_out() {
        let mut budget = Budget::new(Duration::MAX);
        budget.uncounted(sleep(SECOND)).await;
        assert_eq!(budget.left(), Duration::MAX);
    }
}

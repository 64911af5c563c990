//! Draws the logins sent for each arrival and strategy, on a logarithmic scale.

use plotters::prelude::*;

use crate::fleet::Scenario;
use crate::{ARRIVALS, STRATEGIES};

/// Writes the plot as SVG.
pub(crate) fn logins(file: &str, workers: usize, runs: &[(Scenario, u64)]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::new(file, (900, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let most = runs.iter().map(|(_, logins)| *logins).max().unwrap_or(1).max(10) * 2;
    let groups = ARRIVALS.len() * (STRATEGIES.len() + 1);
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("Logins sent by {workers} workers"), ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(70)
        .build_cartesian_2d(0_f64..groups as f64, (0.5_f64..most as f64).log_scale())?;
    let arrival = |x: &f64| {
        let group = (*x as usize) / (STRATEGIES.len() + 1);
        ARRIVALS.get(group).map_or(String::new(), |arrival| format!("{arrival:?}"))
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(ARRIVALS.len())
        .x_label_formatter(&arrival)
        .y_desc("logins")
        .draw()?;
    for (nth, strategy) in STRATEGIES.into_iter().enumerate() {
        let color = Palette99::pick(nth).mix(0.9);
        let bars = runs.iter().filter(|(scenario, _)| scenario.strategy == strategy).map(|(scenario, logins)| {
            let group = ARRIVALS.iter().position(|arrival| *arrival == scenario.arrival).unwrap_or(0);
            let x = (group * (STRATEGIES.len() + 1) + nth) as f64;
            Rectangle::new([(x, 0.5), (x + 0.9, *logins as f64)], color.filled())
        });
        chart
            .draw_series(bars)?
            .label(format!("{strategy:?}"))
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 10, y + 5)], color.filled()));
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    Ok(root.present()?)
}

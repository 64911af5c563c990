//! Draws the logins sent in each row of the table, on a logarithmic scale.

use plotters::prelude::*;

use crate::STRATEGIES;

/// Holds a row of the table: its name, and the logins of each strategy.
pub(crate) type Row = (&'static str, Vec<(&'static str, u64)>);

/// Writes the plot as SVG.
pub(crate) fn logins(file: &str, workers: usize, rows: &[Row]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::new(file, (960, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let most = rows.iter().flat_map(|(_, runs)| runs).map(|(_, logins)| *logins).max().unwrap_or(1) as f64;
    let width = STRATEGIES.len() + 1;
    // The legend stands in the room of one more row.
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("Logins sent by {workers} workers"), ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(10)
        .y_label_area_size(70)
        .build_cartesian_2d(0_f64..((rows.len() + 1) * width) as f64, (0.5..most * 4.0).log_scale())?;
    chart.configure_mesh().disable_x_mesh().disable_x_axis().y_label_formatter(&|y| format!("{y:.0}")).draw()?;
    for (nth, (sharing, _)) in STRATEGIES.into_iter().enumerate() {
        let color = Palette99::pick(nth).mix(0.9);
        let bars = rows.iter().enumerate().flat_map(|(group, (_, runs))| {
            let x = (group * width + nth) as f64;
            let runs = runs.iter().filter(|(of, _)| *of == sharing);
            runs.map(move |(_, logins)| Rectangle::new([(x, 0.5), (x + 0.9, *logins as f64)], color.filled()))
        });
        chart
            .draw_series(bars)?
            .label(sharing)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 10, y + 5)], color.filled()));
    }
    let names = rows
        .iter()
        .enumerate()
        .map(|(group, (name, _))| Text::new(*name, ((group * width) as f64, most * 2.5), ("sans-serif", 14)));
    chart.draw_series(names)?;
    chart.configure_series_labels().position(SeriesLabelPosition::MiddleRight).border_style(BLACK).draw()?;
    Ok(root.present()?)
}

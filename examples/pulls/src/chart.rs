//! The chart: bars in the terminal, and an SVG drawing.

use indicatif::HumanCount;
use plotters::prelude::*;

use crate::hub::Counts;
use crate::{Error, Span};

/// Draws a line for each count, at most 80 columns wide.
pub(crate) fn text(counts: &Counts) -> String {
    let most = counts.values().copied().max().unwrap_or_default().max(1);
    let number = HumanCount(most).to_string().len();
    let space = 80 - "2025-10-06".len() - number - 2;
    let line = |(start, count): (&String, &u64)| {
        let length = u128::from(*count) * space as u128 / u128::from(most);
        let bar = "█".repeat(usize::try_from(length).unwrap_or(space));
        format!("{start:10} {:>number$} {bar}", HumanCount(*count).to_string()).trim_end().to_owned() + "\n"
    };
    if counts.is_empty() { "No pulls were counted.\n".to_owned() } else { counts.iter().map(line).collect() }
}

/// Draws the counts as SVG.
#[expect(clippy::cast_precision_loss, reason = "a drawing of some hundred pixels")]
pub(crate) fn svg(namespace: &str, by: Span, counts: &Counts) -> Result<String, Error> {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, (900, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let labels: Vec<&String> = counts.keys().collect();
    let most = counts.values().copied().max().unwrap_or_default().max(1) as f64;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("Pulls of {namespace} by {}", by.name()), ("sans-serif", 20))
        .margin(12)
        .margin_right(40)
        .x_label_area_size(30)
        .y_label_area_size(90)
        .build_cartesian_2d((0..labels.len().max(1) - 1).into_segmented(), 0.0..most * 1.05)?;
    let label = |x: &SegmentValue<usize>| match x {
        SegmentValue::CenterOf(nth) => labels.get(*nth).map_or(String::new(), ToString::to_string),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(12)
        .x_label_formatter(&label)
        .y_label_formatter(&|pulls| indicatif::HumanFloatCount(*pulls).to_string())
        .draw()?;
    chart.draw_series(counts.values().enumerate().map(|(nth, count)| {
        let corners = [(SegmentValue::Exact(nth), 0.0), (SegmentValue::Exact(nth + 1), *count as f64)];
        let mut bar = Rectangle::new(corners, RGBColor(29, 99, 237).filled());
        bar.set_margin(0, 0, 3, 3);
        bar
    }))?;
    root.present()?;
    drop(chart);
    drop(root);
    Ok(svg)
}

//! The tags as a table of at most 80 columns.

use std::collections::BTreeSet;

use indicatif::HumanBytes;

use crate::pages::Tag;

pub(crate) fn of(tags: &[Tag]) -> String {
    let width = tags.iter().map(|tag| tag.name.len()).max().unwrap_or_default().clamp(3, 30);
    let mut table = format!("{:width$}  {:>10}  {:10}  PLATFORMS\n", "TAG", "SIZE", "PUSHED");
    for tag in tags {
        let platforms: BTreeSet<_> =
            tag.images.iter().map(|image| format!("{}/{}", image.os, image.architecture)).collect();
        let platforms = platforms.into_iter().collect::<Vec<_>>().join(" ");
        let pushed: String = tag.pushed.iter().flat_map(|date| date.chars().take(10)).collect();
        let size = HumanBytes(tag.full_size).to_string();
        let line = format!("{:width$.width$}  {size:>10}  {pushed:10}  {platforms}", tag.name);
        // Names and platforms come from the network: nothing in them may drive the terminal.
        table.extend(line.chars().filter(|c| !c.is_control()).take(80));
        table.push('\n');
    }
    table
}

//! Tables of plain text: columns, no borders, the same on a terminal and in a file.

use std::fmt;

use comfy_table::{ContentArrangement, presets};

/// A table with a heading.
#[derive(Debug)]
pub struct Table(comfy_table::Table);

impl Table {
    /// An empty one.
    pub fn new(heading: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(heading);
        Self(table)
    }

    /// Adds a row; foreign text must be plain already.
    pub fn row(&mut self, cells: &[String]) {
        self.0.add_row(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        // The first column has the border's padding before it.
        let lines = lines
            .iter()
            .map(|line| line.strip_prefix(' ').unwrap_or(line));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let mut table = Table::new(&["A", "LONG"]);
        table.row(&["first".into(), "x".into()]);
        table.row(&[String::new(), "y".into()]);
        assert_eq!(table.to_string(), "A      LONG\nfirst  x\n       y");
    }
}

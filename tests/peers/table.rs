//! What was measured, as a Markdown table.

use crate::Error;
use crate::tasks::Task;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Who is measured, in the order of the columns.
pub const COLUMNS: [&str; 5] = ["native", "component", "SWI-Prolog", "regorus", "Cedar"];

/// Reads what this run measured; what an earlier one did is left out.
#[derive(Debug)]
pub struct Results {
    folder: PathBuf,
    since: SystemTime,
}

impl Results {
    /// From now on.
    pub fn from_now(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            since: SystemTime::now(),
        }
    }

    /// Nanoseconds of one run in the median; none where it was not measured.
    ///
    /// # Errors
    ///
    /// A file of the bench that can't be read.
    pub fn nanoseconds(&self, task: &str, column: &str) -> Result<Option<f64>, Error> {
        let file = self
            .folder
            .join(task)
            .join(column)
            .join("new/estimates.json");
        let Ok(metadata) = file.metadata() else {
            return Ok(None);
        };
        if metadata.modified()? < self.since {
            return Ok(None);
        }
        let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        Ok(estimates
            .pointer("/median/point_estimate")
            .and_then(serde_json::Value::as_f64))
    }

    /// One row for each task that was measured.
    ///
    /// # Errors
    ///
    /// A file of the bench that can't be read.
    pub fn markdown(&self, tasks: &[Task]) -> Result<String, Error> {
        let mut table = format!(
            "| µs | {} |\n|---|---|---|---|---|---|\n",
            COLUMNS.join(" | ")
        );
        for task in tasks {
            let mut row = Vec::new();
            for column in COLUMNS {
                row.push(self.nanoseconds(task.id, column)?);
            }
            if row.iter().all(Option::is_none) {
                continue;
            }
            let _ = writeln!(table, "| {} | {} |", task.title, cells(&row, microseconds));
            if let Some(inferences) = task.inferences {
                let millions =
                    |nanoseconds| format!("{:.1}", f64::from(inferences) * 1e3 / nanoseconds);
                let _ = writeln!(
                    table,
                    "| … million inferences/s | {} |",
                    cells(&row, millions)
                );
            }
        }
        Ok(table)
    }
}

fn cells(row: &[Option<f64>], shown: impl Fn(f64) -> String) -> String {
    let cells: Vec<String> = row
        .iter()
        .map(|value| value.map(&shown).unwrap_or_default())
        .collect();
    cells.join(" | ")
}

/// Three digits that count.
fn microseconds(nanoseconds: f64) -> String {
    let value = nanoseconds / 1e3;
    if value >= 100.0 {
        let whole = format!("{value:.0}");
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_shown() {
        let shown = [123.4, 4_321.0, 54_321.0, 1_234_567.0, 9_876_543_210.0].map(microseconds);
        assert_eq!(shown, ["0.12", "4.32", "54.3", "1,235", "9,876,543"]);
    }
}

//! Figures with their goals, and how a list of them is shown.

use std::fmt;

use serde::Serialize;

use crate::machine::Machine;

/// One measured number.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Which of the goals in `docs/performance.md` it belongs to.
    pub id: &'static str,
    /// What was measured.
    pub what: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The most that it should be, if there is a goal.
    pub goal: Option<f64>,
}

impl Figure {
    /// A figure without a goal.
    pub fn new(id: &'static str, what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            id,
            what: what.into(),
            value,
            unit,
            goal: None,
        }
    }

    /// The same with the most that it should be.
    #[must_use]
    pub fn at_most(mut self, goal: f64) -> Self {
        self.goal = Some(goal);
        self
    }

    fn verdict(&self) -> String {
        match self.goal {
            None => String::new(),
            Some(goal) if self.value <= goal => format!("≤ {goal}  kept"),
            Some(goal) => format!("≤ {goal}  MISSED"),
        }
    }
}

/// All figures of one run, and where they were measured.
#[derive(Serialize)]
pub struct Report {
    /// The machine.
    pub machine: Machine,
    /// The figures.
    pub figures: Vec<Figure>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        for figure in &self.figures {
            let Figure {
                id,
                what,
                value,
                unit,
                ..
            } = figure;
            let verdict = figure.verdict();
            writeln!(f, "{id:<5} {what:<58} {value:>10.2} {unit:<5} {verdict}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_is_said_loudly() {
        let figure = |value| Figure::new("F1", "x", value, "ms").at_most(5.0);
        assert!(figure(5.0).verdict().ends_with("kept"));
        assert!(figure(5.1).verdict().ends_with("MISSED"));
    }
}

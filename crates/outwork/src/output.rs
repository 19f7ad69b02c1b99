//! Everything that is printed goes through here.
//!
//! Results go to standard output, remarks and errors to standard error. Colours only where the
//! output is a terminal and `NO_COLOR` is not set; the caller makes foreign text [`plain`] first.
//!
//! [`plain`]: crate::plain::plain

use std::io::{self, IsTerminal, Write};

use owo_colors::OwoColorize;
use serde::Serialize;

use crate::environment;
use crate::plain::plain_json;

/// Whether results are for people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON value a line.
    Json,
}

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No colours.
    Plain,
    /// Colours.
    Coloured,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Something went well.
    Good,
    /// Something went wrong.
    Bad,
    /// Something wants attention.
    Warning,
    /// Of minor interest.
    Dim,
    /// A heading.
    Strong,
    /// A name or a command.
    Accent,
}

impl Style {
    /// The text in the colour of its role.
    pub fn paint(self, role: Role, text: &str) -> String {
        if self == Self::Plain || text.is_empty() {
            return text.to_owned();
        }
        match role {
            Role::Good => text.green().to_string(),
            Role::Bad => text.red().to_string(),
            Role::Warning => text.yellow().to_string(),
            Role::Dim => text.dimmed().to_string(),
            Role::Strong => text.bold().to_string(),
            Role::Accent => text.cyan().to_string(),
        }
    }
}

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    form: Form,
    style: Style,
}

impl Output {
    /// The process's own output.
    pub fn new(form: Form) -> Self {
        let style = style_of(&io::stdout());
        Self { form, style }
    }

    /// Whether results are for people or for programs.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Whether colours are used.
    pub const fn style(&self) -> Style {
        self.style
    }

    /// Whether standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Prints a line.
    pub fn line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{text}")
    }

    /// Prints text without a line end, at once.
    pub fn piece(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Prints a value as one line of JSON.
    pub fn json(&self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(value).map_err(io::Error::other)?;
        self.line(&plain_json(&text))
    }
}

/// Prints a remark to standard error; there is nobody to tell if that fails.
pub fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints an error to standard error.
pub fn complain(text: &str) {
    let style = style_of(&io::stderr());
    remark(&format!("{} {text}", style.paint(Role::Bad, "outwork:")));
}

fn style_of(stream: &impl IsTerminal) -> Style {
    let wanted = environment::find("NO_COLOR").is_none()
        && environment::find("TERM").is_none_or(|term| term != "dumb");
    if stream.is_terminal() && wanted {
        Style::Coloured
    } else {
        Style::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_style_adds_nothing() {
        assert_eq!(Style::Plain.paint(Role::Bad, "x"), "x");
        assert_eq!(Style::Coloured.paint(Role::Bad, ""), "");
        assert!(Style::Coloured.paint(Role::Bad, "x").contains('\u{1b}'));
    }
}

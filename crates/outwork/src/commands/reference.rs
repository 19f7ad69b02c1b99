//! `outwork __reference`: the manual of the command line in Markdown, from the definitions themselves.

use clap::{Arg, Command};

use crate::exit::{Outcome, STATUSES};
use crate::output::Output;
use crate::remote::SERVER_HEADING;

const INTRODUCTION: &str = "# Command line

<!-- Written by `outwork __reference`; a test compares. -->

Client commands talk to the server at `--url` (`OUTWORK_URL`, `http://127.0.0.1:8080` if absent) with the key of `--api-key`
(`OUTWORK_API_KEY`). With `--json` every command prints JSON, one value a line, and remarks go to standard error. Agents are
named by their ids or by unambiguous beginnings of them. Colours appear on terminals only and obey `NO_COLOR`.

A flag wins over its variable, the variable over the configuration file, the file over the default.
";

/// Prints the manual.
pub fn run(command: Command, output: &Output) -> Outcome {
    output.piece(&manual(command))?;
    Ok(())
}

/// The whole manual.
pub fn manual(mut command: Command) -> String {
    command.build();
    let mut out = INTRODUCTION.to_owned();
    out += "\n## Exit status\n\n| status | means |\n|---|---|\n";
    for (status, meaning) in STATUSES {
        out += &format!("| {status} | {meaning} |\n");
    }
    for one in visible(&command) {
        section(one, "outwork", &mut out);
    }
    out
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    let is_shown = |one: &&Command| !one.is_hide_set() && one.get_name() != "help";
    command.get_subcommands().filter(is_shown)
}

fn section(command: &Command, parent: &str, out: &mut String) {
    let name = format!("{parent} {}", command.get_name());
    if command.has_subcommands() {
        for one in visible(command) {
            section(one, &name, out);
        }
        return;
    }
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    *out += &format!("\n## `{name}`\n\n{about}.\n");
    let shown: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !is_common(arg))
        .collect();
    if shown.is_empty() {
        return;
    }
    *out += "\n| argument | variable | |\n|---|---|---|\n";
    for arg in shown {
        *out += &row(arg);
    }
}

/// What the introduction says once for all commands.
fn is_common(arg: &Arg) -> bool {
    let is_of_all = ["help", "version", "json"].contains(&arg.get_id().as_str());
    is_of_all || arg.get_help_heading() == Some(SERVER_HEADING)
}

fn row(arg: &Arg) -> String {
    let variable = arg
        .get_env()
        .map(|name| format!("`{}`", name.to_string_lossy()));
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults: Vec<String> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        help += &format!(" [default: {}]", defaults.join(" "));
    }
    let choices: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    if arg.get_action().takes_values() && !choices.is_empty() {
        help += &format!(" [one of: {}]", choices.join(", "));
    }
    let help = help.replace('|', "\\|");
    format!(
        "| `{}` | {} | {help} |\n",
        usage(arg),
        variable.unwrap_or_default()
    )
}

/// `--flag <VALUE>`, `-s, --flag`, or `<POSITIONAL>`.
fn usage(arg: &Arg) -> String {
    let value = arg
        .get_value_names()
        .and_then(|names| names.first())
        .map_or_else(
            || arg.get_id().to_string().to_uppercase(),
            ToString::to_string,
        );
    let Some(long) = arg.get_long() else {
        return format!("<{value}>");
    };
    let short = arg
        .get_short()
        .map(|short| format!("-{short}, "))
        .unwrap_or_default();
    if arg.get_action().takes_values() {
        format!("{short}--{long} <{value}>")
    } else {
        format!("{short}--{long}")
    }
}

//! Finds the tool that a call names, checks the arguments, and gives the result its form.
//!
//! A model's mistakes (unknown tool, wrong arguments) are results for it to read, never faults.

use std::io;

use outwork_domain::limits::OUTPUT_TO_MODEL_BYTES_MAX;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Host, edit, glob, grep, read, render, shell, write};
use crate::definitions;
use crate::protocol::{Facts, Reply, Status};

/// What a tool without an exit status gives, or in words why not.
pub(super) type Answer = Result<Told, String>;

/// Text for the model, and what there is to say beside it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) facts: Option<Facts>,
}

/// Carries out a call.
pub(super) fn call(host: &mut Host, name: &str, arguments: Value) -> io::Result<Reply> {
    let root = host.root.clone();
    let answer = match name {
        "shell" => match parse(arguments) {
            Ok(arguments) => return shell::shell(host, &arguments),
            Err(words) => Err(words),
        },
        "read" => parse(arguments).and_then(|arguments| read::read(&root, &arguments)),
        "write" => parse(arguments).and_then(|arguments| write::write(&root, &arguments)),
        "edit" => parse(arguments).and_then(|arguments| edit::edit(&root, &arguments)),
        "glob" => parse(arguments).and_then(|arguments| glob::glob(&root, &arguments)),
        "grep" => parse(arguments).and_then(|arguments| grep::grep(&root, &arguments)),
        unknown => Err(unknown_tool(unknown)),
    };
    Ok(match answer {
        Ok(Told { text, facts }) => called(Status::Ok, text, None, facts),
        Err(text) => called(Status::Error, text, None, None),
    })
}

/// Carries out a command of which what it leaves running is kept.
pub(super) fn start(host: &mut Host, arguments: Value) -> io::Result<Reply> {
    match parse(arguments) {
        Ok(arguments) => shell::start(host, &arguments),
        Err(words) => Ok(called(Status::Error, words, None, None)),
    }
}

/// A result that fits.
pub(super) fn called(
    status: Status,
    mut text: String,
    exit_status: Option<i32>,
    facts: Option<Facts>,
) -> Reply {
    render::cut(&mut text, OUTPUT_TO_MODEL_BYTES_MAX);
    Reply::Called {
        status,
        text,
        exit_status,
        facts,
    }
}

fn parse<T: DeserializeOwned>(arguments: Value) -> Result<T, String> {
    if !arguments.is_object() {
        return Err("bad arguments: they must be a JSON object".to_owned());
    }
    serde_json::from_value(arguments).map_err(|error| format!("bad arguments: {error}"))
}

fn unknown_tool(name: &str) -> String {
    let known: Vec<_> = definitions().iter().map(|tool| tool.name).collect();
    let name: String = name.chars().take(80).collect();
    format!("there is no tool {name:?}; there are {}", known.join(", "))
}

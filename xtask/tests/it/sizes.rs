//! Files and structs keep their size, or say why not.

use crate::source::{code_only, end_of_block, words};
use crate::tree::{File, assert_none, rust};

const LINES_MAX: usize = 600;
const FIELDS_MAX: usize = 12;

/// What is larger than its aim, and why; an entry that is no longer needed is a fault as well.
const REASONS: &[(&str, &str)] = &[
    (
        "crates/client/src/details.rs: struct RunDetails",
        "the wire form of a run, field by field",
    ),
    (
        "crates/client/src/pull_requests.rs: struct PullRequest",
        "the wire form of a pull request, field by field",
    ),
    (
        "crates/agent/src/run/drive.rs: struct Run",
        "the state of one loop, which its steps pass on as a whole",
    ),
    (
        "crates/domain/src/environment_file.rs: struct Shape",
        "the keys of `.cursor/environment.json`, one field each",
    ),
    (
        "crates/domain/src/run.rs: struct Run",
        "one row of what a prompt becomes; taking it apart would only move the fields",
    ),
    (
        "crates/engine/src/commands/create_agent.rs: struct NewAgent",
        "all that a caller may want of a new agent, field by field",
    ),
    (
        "crates/stand-ins/src/forge_server/world.rs: struct World",
        "all that the stand-in's forge knows, behind one lock",
    ),
    (
        "crates/server/src/cursor_v1/new_agent.rs: struct NewAgentBody",
        "the wire form of a launch, field by field",
    ),
    (
        "crates/server/src/cursor_v1/new_agent.rs: struct Wanted",
        "the same launch, once its parts were checked",
    ),
    (
        "crates/server/src/jules/activity/body.rs: struct ActivityBody",
        "the wire form of an activity, field by field",
    ),
    (
        "crates/server/src/native/agent.rs: struct AgentSummaryBody",
        "the wire form of an agent, field by field",
    ),
    (
        "crates/server/src/native/agent.rs: struct RunBody",
        "the wire form of a run, field by field",
    ),
    (
        "crates/domain/src/pull_request.rs: struct PullRequest",
        "one row: both ends of a proposal, its texts and its fate",
    ),
    (
        "crates/outwork/src/config/file.rs: struct File",
        "the keys and sections of the configuration file, one field each",
    ),
    (
        "crates/server/src/native/pull_request.rs: struct PullRequestBody",
        "the wire form of a pull request, field by field",
    ),
];

/// Everything beyond its aim: the name it is listed under, and how large it is.
fn oversized(files: &[File]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in files {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            found.push((
                file.path.clone(),
                format!("{lines} lines, the aim is {LINES_MAX}"),
            ));
        }
        for (name, fields) in structs(&code_only(&file.text)) {
            if fields > FIELDS_MAX {
                let size = format!("{fields} fields, the aim is {FIELDS_MAX}");
                found.push((format!("{}: struct {name}", file.path), size));
            }
        }
    }
    found
}

/// The structs with named fields, and how many they have.
fn structs(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for at in words(code, "struct") {
        let rest = &code[at + "struct".len()..];
        let open = rest.find(['{', ';', '(']);
        if let Some(open) = open.filter(|open| rest[*open..].starts_with('{')) {
            let end = end_of_block(rest.as_bytes(), open);
            let name = rest[..open].split(['<', ' ']).find(|word| !word.is_empty());
            let name = name.unwrap_or_default().trim().to_owned();
            found.push((name, fields(&rest[open + 1..end.max(open + 2) - 1])));
        }
    }
    found
}

/// Counts the colons that stand behind a field's name: outside of brackets, not part of a path.
fn fields(body: &str) -> usize {
    let bytes = body.as_bytes();
    let mut depth = 0_i32;
    let mut count = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' | b'(' | b'[' | b'<' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            b'>' if at > 0 && bytes[at - 1] != b'-' => depth -= 1,
            b':' if depth == 0 => {
                let is_path = bytes.get(at + 1) == Some(&b':') || (at > 0 && bytes[at - 1] == b':');
                count += usize::from(!is_path);
            }
            _ => {}
        }
    }
    count
}

fn faults(files: &[File], reasons: &[(&str, &str)]) -> Vec<String> {
    let oversized = oversized(files);
    let is_listed = |name: &str| reasons.iter().any(|(listed, _)| *listed == name);
    let unlisted = oversized
        .iter()
        .filter(|(name, _)| !is_listed(name))
        .map(|(name, size)| {
            format!("{name}: {size}; split it, or list it in the sizes with a reason.")
        });
    let stale = reasons
        .iter()
        .filter(|(name, _)| !oversized.iter().any(|(found, _)| found == name))
        .map(|(name, _)| {
            format!("{name} keeps its size by now: take it out of the list of reasons.")
        });
    unlisted.chain(stale).collect()
}

#[test]
fn files_and_structs_keep_their_size() {
    assert_none(&faults(&rust(), REASONS));
}

#[test]
fn long_files_wide_structs_and_stale_reasons_are_found() {
    let long = File::new("long.rs", &"\n".repeat(LINES_MAX + 1));
    let field = "    pub a: Vec<(std::string::String, u8)>,\n";
    let wide = |count| format!("pub struct Wide<T: Copy> {{\n{}}}\n", field.repeat(count));
    let narrow = File::new("narrow.rs", &wide(FIELDS_MAX));
    let wide = File::new("wide.rs", &wide(FIELDS_MAX + 1));
    let found = faults(&[long, narrow, wide], &[("gone.rs", "no more")]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[1].starts_with("wide.rs: struct Wide: 13 fields"),
        "{found:?}"
    );
}

//! Smart HTTP: `git http-backend` as CGI behind our own doors.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::access::Caller;
use super::bare::{Bare, plain_environment};
use super::git_path::{GitPath, Service};
use super::http::{Answer, Request};
use super::log::{Push, PushOutcome};
use super::receive::{Guard, Refusal, Wishes};
use super::shared::Shared;

/// Answers one request of git's.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    request: &Request,
    path: &GitPath,
    caller: &Caller,
) -> io::Result<Answer> {
    let (id, bare) = {
        let world = shared.world();
        match world.admit(caller, path, &request.query) {
            Ok(id) => (id, world.bare(id)?),
            Err(refusal) => return Ok(refusal),
        }
    };
    match (path.service, path.rest) {
        (Service::Push, "/git-receive-pack") => push(shared, request, id, caller).await,
        (Service::Fetch | Service::Push, _) => {
            backend(&bare, request, path.rest, caller, None).await
        }
    }
}

async fn push(
    shared: &Arc<Shared>,
    request: &Request,
    id: u64,
    caller: &Caller,
) -> io::Result<Answer> {
    let wishes = Wishes::read(&request.body);
    let (bare, refusal, guard, repository) = {
        let world = shared.world();
        let project = world.project(id)?;
        let refusal = world.objection(project, &wishes);
        let guard = world.guards_workflows(caller);
        (world.bare(id)?, refusal, guard, project.path.clone())
    };
    let note = |outcome: &dyn Fn(usize) -> PushOutcome| {
        for (at, change) in wishes.changes.iter().enumerate() {
            shared.log.add_push(Push {
                repository: repository.clone(),
                reference: change.reference.clone(),
                old: change.old.clone(),
                new: change.new.clone(),
                who: caller.login().map(str::to_owned),
                outcome: outcome(at),
            });
        }
    };
    if let Some(refusal) = refusal {
        note(&|_| PushOutcome::Refused(refusal.told()));
        return Ok(wishes.refused(&refusal));
    }
    let finding = bare.path().join(format!("workflow-{}", shared.number()));
    let file = (guard != Guard::Open).then_some(finding.as_path());
    let answer = backend(&bare, request, "/git-receive-pack", caller, file).await?;
    if let Guard::Closed(by) = guard
        && let Ok(workflow) = std::fs::read_to_string(&finding)
    {
        std::fs::remove_file(&finding)?;
        let refusal = Refusal::of_workflow(by, &workflow);
        note(&|_| PushOutcome::Refused(refusal.told()));
        return Ok(wishes.refused(&refusal));
    }
    let reached: Vec<Option<String>> = {
        let changes = wishes.changes.iter();
        let found = changes.map(|change| bare.find_object(&change.reference));
        found.collect::<io::Result<_>>()?
    };
    let text = String::from_utf8_lossy(&answer.body);
    note(&|at| {
        let change = &wishes.changes[at];
        let is_gone = change.new.bytes().all(|byte| byte == b'0');
        let wanted = (!is_gone).then_some(&change.new);
        let reason = format!("ng {} ", change.reference);
        match text.split_once(&reason) {
            Some((_, rest)) => {
                PushOutcome::Refused(rest.lines().next().unwrap_or_default().to_owned())
            }
            None if reached[at].as_ref() == wanted => PushOutcome::Accepted,
            None => PushOutcome::Refused("the ref did not move".to_owned()),
        }
    });
    shared.pushed(id)?;
    Ok(answer)
}

/// Runs the CGI program once.
async fn backend(
    bare: &Bare,
    request: &Request,
    rest: &str,
    caller: &Caller,
    workflows: Option<&Path>,
) -> io::Result<Answer> {
    let root = bare.path().parent().unwrap_or(bare.path());
    let folder = bare.path().file_name().unwrap_or_default();
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{}{rest}", folder.to_string_lossy()))
        .env("REQUEST_METHOD", &request.method)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    plain_environment(|name, value| {
        command.env(name, value);
    });
    for (variable, header) in [
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
        ("GIT_PROTOCOL", "git-protocol"),
    ] {
        if let Some(value) = request.header(header) {
            command.env(variable, value);
        }
    }
    if let Some(login) = caller.login() {
        command.env("REMOTE_USER", login);
    }
    if let Some(file) = workflows {
        command.env("FORGE_NO_WORKFLOWS", file);
    }
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut pipe) = stdin {
            // It may stop reading before the end, and its answer says why.
            let _ = pipe.write_all(&request.body).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    parsed(&output?.stdout)
}

/// Takes a CGI answer apart (RFC 3875, 6).
fn parsed(output: &[u8]) -> io::Result<Answer> {
    let end = output.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or_else(|| io::Error::other("git http-backend answered nothing"))?;
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let mut answer = Answer::empty(200);
    for line in head.split("\r\n") {
        match line.split_once(": ") {
            Some(("Status", status)) => {
                let code = status.split(' ').next().unwrap_or_default();
                answer.status = code.parse().map_err(io::Error::other)?;
            }
            Some((name, value)) => answer = answer.with(&name.to_lowercase(), value),
            None => {}
        }
    }
    answer.body = output[end + 4..].to_vec().into();
    Ok(answer)
}

//! The server's end of a tool host.
//!
//! Nothing that comes from the other end is believed: frames are bounded and typed, every request has
//! a deadline, output is metered, ids and paths are parsed. After the first fault, and after a request
//! that its caller dropped half-way, the host is given up: every later request is [`Error::Lost`].

use std::time::Duration;

use outwork_domain::limits::{GIT_COMMAND_MAX, OUTPUT_TO_MODEL_BYTES_MAX};
use outwork_domain::{
    ArtifactPath, CommitId, InvalidArtifactPath, ToolCall, ToolResult, ToolStatus,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use crate::definitions::patience;
use crate::facts;
use crate::frame::{self, Kind, ReadError};
use crate::host::LISTED_MAX;
use crate::protocol::{Commit, Fault, Pairs, Reply, Request, Status, Tree, VERSION, WireHistory};
use crate::{CheckedOut, Checkout, CommitRequest, Committed, Error, History};

/// From its start to its first word.
const READY_WAIT: Duration = Duration::from_secs(10);
/// For lists and single files.
const SHORT_WAIT: Duration = Duration::from_secs(120);
/// Pieces of a command's output: twenty a second, and some at once after a stall.
const OUTPUTS_PER_SECOND: u64 = 20;
const OUTPUTS_BURST: u64 = 40;
/// Text of one piece, and of all pieces of a call.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;
const OUTPUT_TOTAL_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Variables of one request: 4 KiB each, at worst six times as much as JSON, and a frame holds 4 MiB.
const VARIABLES_AT_ONCE: usize = 64;
/// Words of a fault that are kept.
const WORDS_CHARS_MAX: usize = 4000;

/// The server's end of a tool host, over the pipes of its sandbox.
pub struct ToolHost<R, W> {
    from: R,
    to: W,
    state: State,
    payload: Vec<u8>,
}

enum State {
    Idle,
    Asked,
    GivenUp(String),
}

enum Incoming {
    Reply(Reply),
    Bytes,
}

/// A request under way: until when an answer is waited for.
#[derive(Clone, Copy)]
struct Wait {
    what: &'static str,
    after: Duration,
    until: Instant,
}

impl Wait {
    fn new(what: &'static str, after: Duration) -> Self {
        Self {
            what,
            after,
            until: Instant::now() + after,
        }
    }
}

impl<R, W> ToolHost<R, W>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    /// Waits until the tool host says that it is ready.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] if it ended instead; the sandbox can say why.
    pub async fn connect(stdout: R, stdin: W) -> Result<Self, Error> {
        let mut host = Self {
            from: stdout,
            to: stdin,
            state: State::Idle,
            payload: Vec::new(),
        };
        let greeting = host.receive(Wait::new("its start", READY_WAIT)).await?;
        let Incoming::Reply(Reply::Ready { version }) = greeting else {
            return Err(Error::Protocol("no greeting".to_owned()));
        };
        if version != VERSION {
            return Err(Error::Protocol(format!("it speaks version {version}")));
        }
        Ok(host)
    }

    /// Gives variables to every command that tools run from now on, beside those of the sandbox itself.
    ///
    /// They go through the pipe: no command line and no environment but those commands' own shows them.
    ///
    /// # Errors
    ///
    /// Only if the host is lost.
    pub async fn give_variables(&mut self, variables: &[(String, String)]) -> Result<(), Error> {
        for pairs in variables.chunks(VARIABLES_AT_ONCE) {
            let pairs = Pairs(pairs.to_vec());
            let wait = Wait::new("its variables", SHORT_WAIT);
            let reply = self.ask(&Request::Variables { pairs }, wait).await?;
            if reply != Reply::Noted {
                return Err(self.unexpected(&reply));
            }
        }
        Ok(())
    }

    /// Makes the work tree ready, or keeps one that is there.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] with git's words; else the host is lost.
    pub async fn checkout(&mut self, checkout: &Checkout) -> Result<CheckedOut, Error> {
        let request = Request::Checkout {
            folder: checkout.folder.clone(),
            commit: checkout.commit.as_str().to_owned(),
            branch: checkout.branch.as_str().to_owned(),
            mirror_objects: path_text(&checkout.mirror_objects)?,
        };
        let wait = Wait::new("a checkout", GIT_COMMAND_MAX);
        let reply = self.ask(&request, wait).await?;
        let Reply::CheckedOut { state } = reply else {
            return Err(self.unexpected(&reply));
        };
        Ok(match state {
            Tree::Fresh => CheckedOut::Fresh,
            Tree::Kept => CheckedOut::Kept,
        })
    }

    /// Carries out a tool call; `output` gets pieces of a command's output while it runs.
    ///
    /// A call that makes no sense gives an error result.
    ///
    /// # Errors
    ///
    /// Only if the host is lost.
    pub async fn call(
        &mut self,
        call: &ToolCall,
        output: &mut (dyn FnMut(&str) + Send),
    ) -> Result<ToolResult, Error> {
        let request = Request::Call {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        };
        self.carry_out(call, &request, output).await
    }

    /// Carries out a call of `shell` of which what it leaves running is kept, until the tool host ends.
    ///
    /// # Errors
    ///
    /// Only if the host is lost.
    pub async fn start(&mut self, call: &ToolCall) -> Result<ToolResult, Error> {
        let arguments = call.arguments.clone();
        let request = Request::Start { arguments };
        self.carry_out(call, &request, &mut |_| ()).await
    }

    async fn carry_out(
        &mut self,
        call: &ToolCall,
        request: &Request,
        output: &mut (dyn FnMut(&str) + Send),
    ) -> Result<ToolResult, Error> {
        let Some(payload) = encode(request) else {
            return Ok(ToolResult::error(format!(
                "the arguments are longer than {} bytes; write large files in pieces with shell",
                frame::PAYLOAD_BYTES_MAX
            )));
        };
        let wait = Wait::new("a tool call", patience(call));
        self.send(&payload, wait).await?;
        let mut meter = Meter::new();
        loop {
            let Incoming::Reply(reply) = self.receive(wait).await? else {
                return Err(self.give_up(stray_bytes()));
            };
            let Reply::Output { text } = reply else {
                return self.finish_call(reply);
            };
            if !meter.admit(&text) {
                return Err(self.give_up(Error::Protocol("a flood of output".to_owned())));
            }
            output(&text);
        }
    }

    /// Makes one commit of the work tree, or finds that nothing changed.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] with git's words; else the host is lost.
    pub async fn commit(&mut self, request: &CommitRequest) -> Result<Committed, Error> {
        let wire = Request::Commit(Box::new(Commit {
            folder: request.folder.clone(),
            base: request.base.as_str().to_owned(),
            parent: request.parent.as_str().to_owned(),
            message: request.message.clone(),
            author_name: request.author_name.clone(),
            author_email: request.author_email.clone(),
            date_secs: request.date.millis().div_euclid(1000),
            mirror_objects: path_text(&request.mirror_objects)?,
        }));
        let reply = self
            .ask(&wire, Wait::new("a commit", GIT_COMMAND_MAX))
            .await?;
        if reply == Reply::Unchanged {
            return Ok(Committed::Unchanged);
        }
        let Reply::Tip {
            commit,
            history,
            skipped,
        } = reply
        else {
            return Err(self.unexpected(&reply));
        };
        let commit: CommitId = commit
            .parse()
            .map_err(|_| self.give_up(Error::Protocol("a tip that is no commit id".to_owned())))?;
        Ok(Committed::Tip {
            commit,
            history: match history {
                WireHistory::Kept => History::Kept,
                WireHistory::Flattened => History::Flattened,
                WireHistory::Lost => History::Lost,
            },
            skipped: skipped.map(|words| shortened(&words)),
        })
    }

    /// Writes a bundle of what `tip` has and `base` has not, right after that commit on the same host; its one
    /// reference is `refs/outwork/tip`. Returns how many bytes it has.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] beyond `max`, [`Error::Git`] with git's words; else the host is lost.
    pub async fn bundle(
        &mut self,
        base: &CommitId,
        tip: &CommitId,
        into: &mut (dyn AsyncWrite + Send + Unpin),
        max: u64,
    ) -> Result<u64, Error> {
        let request = Request::Bundle {
            base: base.as_str().to_owned(),
            tip: tip.as_str().to_owned(),
            max,
        };
        let wait = Wait::new("a bundle", GIT_COMMAND_MAX);
        self.ask_bytes(&request, wait, into, ("the bundle", max))
            .await
    }

    /// Lists the files in the artifacts folder, newest first.
    ///
    /// # Errors
    ///
    /// Only if the host is lost.
    pub async fn list_artifacts(&mut self) -> Result<Vec<(ArtifactPath, u64)>, Error> {
        let wait = Wait::new("a list of artifacts", SHORT_WAIT);
        let reply = self.ask(&Request::ListArtifacts, wait).await?;
        let Reply::Artifacts { files } = reply else {
            return Err(self.unexpected(&reply));
        };
        let paths: Result<Vec<_>, InvalidArtifactPath> = files
            .into_iter()
            .take(LISTED_MAX)
            .map(|(path, size)| Ok((path.parse()?, size)))
            .collect();
        paths.map_err(|error| self.give_up(Error::Protocol(error.to_string())))
    }

    /// Writes the bytes of one artifact; returns how many.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], [`Error::TooLarge`] beyond `max`; else the host is lost.
    pub async fn read_artifact(
        &mut self,
        path: &ArtifactPath,
        into: &mut (dyn AsyncWrite + Send + Unpin),
        max: u64,
    ) -> Result<u64, Error> {
        let request = Request::ReadArtifact {
            path: path.as_str().to_owned(),
            max,
        };
        let wait = Wait::new("an artifact", SHORT_WAIT);
        self.ask_bytes(&request, wait, into, ("the artifact", max))
            .await
    }

    /// Sends a request and takes its one reply.
    async fn ask(&mut self, request: &Request, wait: Wait) -> Result<Reply, Error> {
        let payload = encode(request).ok_or(Error::TooLarge {
            what: "the request",
            max: frame::PAYLOAD_BYTES_MAX as u64,
        })?;
        self.send(&payload, wait).await?;
        let Incoming::Reply(reply) = self.receive(wait).await? else {
            return Err(self.give_up(stray_bytes()));
        };
        self.state = State::Idle;
        if let Reply::Failed { fault, words } = &reply {
            return Err(failed(*fault, words, ("what was asked for", 0)));
        }
        Ok(reply)
    }

    /// Sends a request whose reply is bytes and their count.
    async fn ask_bytes(
        &mut self,
        request: &Request,
        wait: Wait,
        into: &mut (dyn AsyncWrite + Send + Unpin),
        limit: (&'static str, u64),
    ) -> Result<u64, Error> {
        let payload = encode(request).ok_or_else(stray_bytes)?;
        self.send(&payload, wait).await?;
        let (what, max) = limit;
        let mut total = 0;
        let reply = loop {
            match self.receive(wait).await? {
                Incoming::Reply(reply) => break reply,
                Incoming::Bytes => {}
            }
            total += self.payload.len() as u64;
            if total > max {
                return Err(self.give_up(Error::TooLarge { what, max }));
            }
            if let Err(error) = into.write_all(&self.payload).await {
                return Err(self.give_up(Error::Sink(error)));
            }
        };
        if let Reply::Failed { fault, words } = &reply {
            self.state = State::Idle;
            return Err(failed(*fault, words, limit));
        }
        if reply != (Reply::Sent { byte_count: total }) {
            return Err(self.unexpected(&reply));
        }
        self.state = State::Idle;
        into.flush().await.map_err(Error::Sink)?;
        Ok(total)
    }

    fn finish_call(&mut self, reply: Reply) -> Result<ToolResult, Error> {
        let Reply::Called {
            status,
            text,
            exit_status,
            facts,
        } = reply
        else {
            return Err(self.unexpected(&reply));
        };
        if text.len() > OUTPUT_TO_MODEL_BYTES_MAX {
            let words = format!("a result of {} bytes", text.len());
            return Err(self.give_up(Error::Protocol(words)));
        }
        let facts = match facts.map(facts::admit).transpose() {
            Ok(facts) => facts,
            Err(words) => return Err(self.give_up(Error::Protocol(words))),
        };
        self.state = State::Idle;
        Ok(ToolResult {
            status: match status {
                Status::Ok => ToolStatus::Ok,
                Status::Error => ToolStatus::Error,
            },
            text,
            exit_status,
            facts,
        })
    }

    async fn send(&mut self, payload: &[u8], wait: Wait) -> Result<(), Error> {
        match &self.state {
            State::Idle => {}
            State::Asked => return Err(Error::Lost("an earlier request was abandoned".to_owned())),
            State::GivenUp(why) => return Err(Error::Lost(why.clone())),
        }
        self.state = State::Asked;
        let sent = frame::write_async(&mut self.to, Kind::Message, payload);
        match tokio::time::timeout_at(wait.until, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.give_up(Error::Lost(error.to_string()))),
            Err(_) => Err(self.give_up(late(wait))),
        }
    }

    async fn receive(&mut self, wait: Wait) -> Result<Incoming, Error> {
        let read = frame::read_async(&mut self.from, &mut self.payload);
        let error = match tokio::time::timeout_at(wait.until, read).await {
            Ok(Ok(Some(Kind::Bytes))) => return Ok(Incoming::Bytes),
            Ok(Ok(Some(Kind::Message))) => match serde_json::from_slice(&self.payload) {
                Ok(reply) => return Ok(Incoming::Reply(reply)),
                Err(error) => Error::Protocol(error.to_string()),
            },
            Ok(Ok(None)) => Error::Lost("it ended".to_owned()),
            Ok(Err(ReadError::Malformed(malformed))) => Error::Protocol(malformed.to_string()),
            Ok(Err(ReadError::Io(error))) => Error::Lost(error.to_string()),
            Err(_) => late(wait),
        };
        Err(self.give_up(error))
    }

    fn unexpected(&mut self, reply: &Reply) -> Error {
        let mut words = format!("{reply:?}");
        words.truncate(words.floor_char_boundary(200));
        self.give_up(Error::Protocol(format!("unexpected: {words}")))
    }

    fn give_up(&mut self, error: Error) -> Error {
        self.state = State::GivenUp(error.to_string());
        error
    }
}

/// Counts a call's output, so that a hostile host cannot flood the event log.
struct Meter {
    since: Instant,
    count: u64,
    total: usize,
}

impl Meter {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            count: 0,
            total: 0,
        }
    }

    fn admit(&mut self, text: &str) -> bool {
        self.count += 1;
        self.total += text.len();
        let allowed = OUTPUTS_BURST + OUTPUTS_PER_SECOND * (self.since.elapsed().as_secs() + 1);
        self.count <= allowed
            && text.len() <= OUTPUT_BYTES_MAX
            && self.total <= OUTPUT_TOTAL_BYTES_MAX
    }
}

fn encode(request: &Request) -> Option<Vec<u8>> {
    serde_json::to_vec(request)
        .ok()
        .filter(|payload| payload.len() <= frame::PAYLOAD_BYTES_MAX)
}

fn path_text(path: &std::path::Path) -> Result<String, Error> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| Error::Missing {
            what: format!("{} as UTF-8", path.display()),
        })
}

fn failed(fault: Fault, words: &str, (what, max): (&'static str, u64)) -> Error {
    let words = shortened(words);
    match fault {
        Fault::Git => Error::Git { words },
        Fault::TooLarge => Error::TooLarge { what, max },
        Fault::Missing => Error::Missing { what: words },
        Fault::Refused => Error::Protocol(words),
    }
}

fn shortened(words: &str) -> String {
    words.chars().take(WORDS_CHARS_MAX).collect()
}

fn stray_bytes() -> Error {
    Error::Protocol("bytes that nobody asked for".to_owned())
}

const fn late(wait: Wait) -> Error {
    Error::Deadline {
        what: wait.what,
        after: wait.after,
    }
}

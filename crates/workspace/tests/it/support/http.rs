//! A small HTTP server in front of `git http-backend` that wants a token and writes down requests.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server answers to everything.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What git has to say, to those who have the token.
    Git,
    /// This status and text.
    Status(u16, String),
    /// Another place.
    Redirect(String),
    /// Nothing, for ever.
    Silence,
    /// The push is carried out, and the answer dropped.
    LosePush,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub target: String,
    pub authorization: Option<String>,
}

/// A running server; it ends with the test.
pub struct Server {
    pub place: String,
    state: Arc<State>,
}

struct State {
    root: PathBuf,
    program: PathBuf,
    authorization: String,
    answer: Mutex<Answer>,
    requests: Mutex<Vec<Request>>,
}

impl Server {
    /// Serves the repositories below a folder to those who send this `Authorization`.
    pub async fn start(root: PathBuf, program: PathBuf, authorization: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State {
            root,
            program,
            authorization: authorization.to_owned(),
            answer: Mutex::new(Answer::Git),
            requests: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { state.serve(stream).await });
            }
        });
        Self { place, state }
    }

    pub fn answer(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }
}

impl State {
    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let mut words = line.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let header = |name: &str| {
            headers
                .iter()
                .find(|(own, _)| own == name)
                .map(|(_, value)| value.clone())
        };
        let body = read_body(&mut stream, &header).await?;
        let authorization = header("authorization");
        self.requests.lock().unwrap().push(Request {
            target: target.clone(),
            authorization: authorization.clone(),
        });
        let answer = self.answer.lock().unwrap().clone();
        let reply = match answer {
            Answer::Silence => std::future::pending().await,
            Answer::Status(status, text) => reply(status, "", text.as_bytes()),
            Answer::Redirect(place) => {
                reply(301, &format!("Location: http://{place}{target}\r\n"), b"")
            }
            Answer::Git | Answer::LosePush => {
                if authorization.as_ref() != Some(&self.authorization) {
                    reply(401, "WWW-Authenticate: Basic realm=\"git\"\r\n", b"no\n")
                } else {
                    let said = self.backend(&method, &target, &header, &body).await?;
                    if answer == Answer::LosePush && method == "POST" {
                        return None;
                    }
                    said
                }
            }
        };
        stream.write_all(&reply).await.ok()?;
        stream.shutdown().await.ok()
    }

    async fn backend(
        &self,
        method: &str,
        target: &str,
        header: &impl Fn(&str) -> Option<String>,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut child = tokio::process::Command::new(&self.program)
            .arg("http-backend")
            .env_clear()
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("REMOTE_USER", "ada")
            .env("REQUEST_METHOD", method)
            .env("PATH_INFO", path)
            .env("QUERY_STRING", query)
            .env("CONTENT_TYPE", header("content-type").unwrap_or_default())
            .env("CONTENT_LENGTH", body.len().to_string())
            .env(
                "HTTP_CONTENT_ENCODING",
                header("content-encoding").unwrap_or_default(),
            )
            .env("GIT_PROTOCOL", header("git-protocol").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut stdin = child.stdin.take()?;
        let body = body.to_vec();
        tokio::spawn(async move {
            let _closed = stdin.write_all(&body).await;
        });
        let said = child.wait_with_output().await.ok()?.stdout;
        let end = said.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&said[..end + 2]).into_owned();
        let status = head
            .lines()
            .find_map(|line| line.strip_prefix("Status: "))
            .and_then(|status| status.split(' ').next()?.parse().ok())
            .unwrap_or(200);
        let rest: String = head
            .lines()
            .filter(|line| !line.starts_with("Status: "))
            .map(|line| format!("{line}\r\n"))
            .collect();
        Some(reply(status, &rest, &said[end + 4..]))
    }
}

fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} So\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn read_body(
    stream: &mut BufReader<TcpStream>,
    header: &impl Fn(&str) -> Option<String>,
) -> Option<Vec<u8>> {
    if header("transfer-encoding").as_deref() != Some("chunked") {
        let length = header("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        return Some(body);
    }
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        stream.read_exact(&mut chunk).await.ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

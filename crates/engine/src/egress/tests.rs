//! A way out whose other end is in the test's hands: names are answered by a scripted resolver, and every
//! connection that would be made is noted and ends at a stand-in.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use outwork_domain::egress::{EgressLayer, EgressMode, EgressPlace, EgressRules};
use outwork_domain::{AccountId, EventBody, NetworkVerdict};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use uuid::Uuid;

use super::dial::Dialer;
use super::{Egress, EgressOptions, EgressRun, OpenEgress};
use crate::outbound::{Lookup, Outbound, OutboundOptions};

pub const PATIENCE: Duration = Duration::from_secs(60);
/// Where open names lead.
pub const PUBLIC: &str = "203.0.112.1";

/// Answers each question about a name with its next list; the last one stays. Other names are public.
#[derive(Default)]
struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Lookup for Names {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut asked = self.asked.lock().unwrap();
        let before = asked.iter().filter(|one| **one == name).count();
        let answer = match self.answers.get(&name) {
            Some(answers) => answers[before.min(answers.len() - 1)].clone(),
            None => vec![PUBLIC.parse().unwrap()],
        };
        asked.push(name);
        Box::pin(async move { Ok(answer) })
    }
}

/// Notes where connections would go, and ends all of them at the stand-in.
struct Noted {
    stand_in: SocketAddr,
    dialled: Mutex<Vec<SocketAddr>>,
}

impl Dialer for Noted {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<TcpStream>> {
        self.dialled.lock().unwrap().push(address);
        Box::pin(TcpStream::connect(self.stand_in))
    }
}

/// A way out with both its ends.
pub struct Way {
    folder: TempDir,
    names: Arc<Names>,
    noted: Arc<Noted>,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    told: Arc<Mutex<Vec<EventBody>>>,
    open: OpenEgress,
}

/// What is different from an ordinary way.
#[derive(Default)]
pub struct Setting {
    /// Absent: the list.
    pub mode: Option<EgressMode>,
    pub allow: Vec<&'static str>,
    pub private: Vec<&'static str>,
    pub answers: Vec<(&'static str, Vec<Vec<&'static str>>)>,
    /// Where the server itself listens.
    pub own: Vec<&'static str>,
    /// What the stand-in says to whoever has sent something.
    pub reply: &'static str,
    /// What the stand-in does with a connection that the other side has ended.
    pub farewell: Farewell,
}

/// How the stand-in takes the end of what it is sent.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Farewell {
    /// It ends its side as well.
    #[default]
    Returned,
    /// It does nothing, like one that is gone without a word.
    Ignored,
}

impl Way {
    pub async fn of(setting: Setting) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::new(Noted {
            stand_in: stand_in(setting.reply, setting.farewell, Arc::clone(&heard)).await,
            dialled: Mutex::default(),
        });
        let parse = |list: &Vec<&str>| list.iter().map(|one| one.parse().unwrap()).collect();
        let answers = setting.answers.iter();
        let names = Arc::new(Names {
            answers: answers
                .map(|(name, lists)| ((*name).to_owned(), lists.iter().map(parse).collect()))
                .collect(),
            ..Names::default()
        });
        let guard = Outbound::with_lookup(
            OutboundOptions {
                allow: setting
                    .private
                    .iter()
                    .map(|one| one.parse().unwrap())
                    .collect(),
                own_addresses: setting.own.iter().map(|one| one.parse().unwrap()).collect(),
                ..OutboundOptions::default()
            },
            Arc::clone(&names) as Arc<dyn Lookup>,
        );
        let dialer = Arc::clone(&noted) as Arc<dyn Dialer>;
        let egress = Egress::with(EgressOptions::default(), &[], guard, dialer);
        let layer = EgressLayer {
            mode: setting.mode.unwrap_or(EgressMode::List),
            allow: setting
                .allow
                .iter()
                .map(|one| one.parse().unwrap())
                .collect(),
        };
        let run = EgressRun {
            account_id: AccountId::new(Uuid::nil()),
            rules: Arc::new(EgressRules::new([].into(), EgressPlace::Server, layer)),
        };
        let folder = tempfile::tempdir().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let teller = Arc::clone(&told);
        let open = egress.open(
            run,
            folder.path(),
            None,
            Box::new(move |bodies| {
                teller.lock().unwrap().extend(bodies);
                Box::pin(async {})
            }),
        );
        Self {
            open: open.unwrap(),
            folder,
            names,
            noted,
            heard,
            told,
        }
    }

    /// A connection of a command.
    pub async fn connect(&self) -> UnixStream {
        let socket = Egress::socket(self.folder.path());
        UnixStream::connect(socket).await.unwrap()
    }

    /// Sends bytes over a connection of its own; gives the first answer.
    pub async fn ask(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        answer(&mut stream).await
    }

    /// Begins a tunnel.
    pub async fn tunnel(&self, place: &str) -> UnixStream {
        let mut stream = self.connect().await;
        let request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{place}: {answer}");
        stream
    }

    pub fn asked(&self) -> Vec<String> {
        self.names.asked.lock().unwrap().clone()
    }

    pub fn dialled(&self) -> Vec<String> {
        let dialled = self.noted.dialled.lock().unwrap();
        dialled.iter().map(ToString::to_string).collect()
    }

    /// What the stand-in heard, connection by connection.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().clone()
    }

    /// The same as texts.
    pub fn heard_text(&self) -> Vec<String> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        self.heard().into_iter().map(text).collect()
    }

    /// Closes the way; gives everything that was told: host, verdict, count, bytes out and in.
    pub async fn close(self) -> Vec<(String, NetworkVerdict, u64, u64, u64)> {
        self.open.close().await;
        let told = self.told.lock().unwrap();
        let parts = |event: &EventBody| {
            let EventBody::NetworkUsed {
                host,
                verdict,
                count,
                sent_bytes,
                received_bytes,
            } = event
            else {
                panic!("{event:?}");
            };
            (
                host.clone(),
                verdict.clone(),
                *count,
                *sent_bytes,
                *received_bytes,
            )
        };
        told.iter().map(parts).collect()
    }
}

/// Notes what each connection brings, and answers its first bytes.
async fn stand_in(
    reply: &'static str,
    farewell: Farewell,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let heard = Arc::clone(&heard);
            let number = {
                let mut heard = heard.lock().unwrap();
                heard.push(Vec::new());
                heard.len() - 1
            };
            tokio::spawn(async move {
                let mut piece = vec![0; 64 * 1024];
                let mut is_first = true;
                while let Ok(count @ 1..) = stream.read(&mut piece).await {
                    heard.lock().unwrap()[number].extend_from_slice(&piece[..count]);
                    if std::mem::take(&mut is_first) {
                        drop(stream.write_all(reply.as_bytes()).await);
                    }
                }
                if farewell == Farewell::Ignored {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

/// One answer: its head, and as much of a body as that says.
pub async fn answer(stream: &mut UnixStream) -> String {
    let reading = async {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                });
                if body.len() >= length.unwrap_or(0_usize) {
                    return text;
                }
            }
            // Byte by byte, so that nothing of the next answer is lost.
            match stream.read_u8().await {
                Ok(byte) => bytes.push(byte),
                Err(_) => return text,
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap()
}

/// Everything until the connection ends.
pub async fn rest(stream: &mut UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    drop(tokio::time::timeout(PATIENCE, reading).await.unwrap());
    bytes
}

/// The first bytes of a client that asks for a host; none if it names none.
pub fn hello(name: Option<&str>) -> Vec<u8> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = ClientConfig::builder().with_root_certificates(RootCertStore::empty());
    let mut config = builder.with_no_client_auth();
    config.enable_sni = name.is_some();
    let name = ServerName::try_from(name.unwrap_or("unnamed.example").to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).unwrap();
    }
    bytes
}

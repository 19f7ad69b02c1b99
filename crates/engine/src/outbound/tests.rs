//! What is refused is never dialled: names are answered by a scripted resolver, and a listener on
//! loopback stands where a connection would end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use outwork_domain::AccountId;
use outwork_stand_ins::addresses::{closed_addresses, closed_hosts, crooked_urls};
use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::resolver::{NoAddress, caller};
use super::*;

/// Answers each question with the next list; the last one stays.
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
    /// For whom the last question was.
    caller: Mutex<Option<AccountId>>,
}

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|one| one.parse().unwrap()).collect();
        Arc::new(Self {
            answers: answers.iter().map(parse).collect(),
            asked: Mutex::default(),
            caller: Mutex::default(),
        })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Lookup for Scripted {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut asked = self.asked.lock().unwrap();
        let place = asked.len().min(self.answers.len() - 1);
        asked.push(name);
        *self.caller.lock().unwrap() = caller();
        let answer = self.answers[place].clone();
        Box::pin(async move { Ok(answer) })
    }
}

/// A listener that answers every request, and how many connections it was given.
async fn receiver(answer: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let dialled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dialled);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (address, dialled)
}

fn outbound(allow: &[&str], own: &[&str], lookup: &Arc<Scripted>) -> Outbound {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = OutboundOptions {
        allow: allow.iter().map(|rule| rule.parse().unwrap()).collect(),
        plain_http: Plain::Allowed,
        own_addresses: own.iter().map(|own| own.parse().unwrap()).collect(),
    };
    Outbound::with_lookup(options, Arc::clone(lookup) as Arc<dyn Lookup>)
}

fn url(text: &str) -> OutboundUrl {
    OutboundUrl::parse(text, Plain::Allowed).unwrap()
}

async fn post(outbound: &Outbound, text: &str) -> Result<u16, CallError> {
    let url = url(text);
    let answer = outbound.post(&url, HeaderMap::new(), b"{}".to_vec(), Kind::Webhook);
    answer.await.map(|answer| answer.status)
}

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";

#[tokio::test]
async fn an_answer_of_the_resolver_that_is_refused_is_never_dialled() {
    let (address, dialled) = receiver(OK).await;
    let port = address.port();
    for answer in [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "0.0.0.0",
        "::",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        "fe80::1",
        "fc00::1",
        "224.0.0.1",
        "240.0.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "2001:db8::1",
        "2001::1",
        "ff02::1",
        "100.64.0.1",
    ] {
        let lookup = Scripted::new(&[&[answer]]);
        let outbound = outbound(&[], &[], &lookup);
        let fault = post(&outbound, &format!("http://hooks.example.com:{port}/")).await;
        assert!(
            matches!(fault, Err(CallError::Refused(_))),
            "{answer}: {fault:?}"
        );
        assert_eq!(lookup.asked(), ["hooks.example.com"], "{answer}");
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);

    // The control: the same name and answer, opened by the operator.
    let lookup = Scripted::new(&[&["127.0.0.1"]]);
    for allow in [
        "127.0.0.0/8",
        "hooks.example.com",
        &format!("hooks.example.com:{port}"),
    ] {
        let outbound = outbound(&[allow], &[], &lookup);
        let status = post(&outbound, &format!("http://hooks.example.com:{port}/")).await;
        assert_eq!(status, Ok(204), "{allow}");
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_address_without_a_name_is_judged_before_anything_is_dialled() {
    let (address, dialled) = receiver(OK).await;
    let port = address.port();
    let lookup = Scripted::new(&[&["127.0.0.1"]]);
    let closed = outbound(&[], &[], &lookup);
    for host in [
        "127.0.0.1",
        "127.1",
        "0",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "ip6-loopback",
        "127.0.0.1.",
        "metadata.google.internal",
        "169.254.169.254",
    ] {
        let text = format!("http://{host}:{port}/");
        assert!(
            matches!(closed.admit(&text), Err(Inadmissible::Refused(_))),
            "{host}"
        );
        let fault = post(&closed, &text).await;
        assert!(
            matches!(fault, Err(CallError::Refused(_))),
            "{host}: {fault:?}"
        );
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);
    assert!(lookup.asked().is_empty());

    let open = outbound(&["127.0.0.0/8"], &[], &lookup);
    for host in ["127.0.0.1", "127.1", "0x7f.1", "localhost"] {
        let text = format!("http://{host}:{port}/");
        assert!(open.admit(&text).is_ok(), "{host}");
        assert_eq!(post(&open, &text).await, Ok(204), "{host}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_meaning_after_it_was_accepted_changes_nothing() {
    let (address, dialled) = receiver(OK).await;
    let lookup = Scripted::new(&[&["203.0.112.1"], &["127.0.0.1"]]);
    let outbound = outbound(&[], &[], &lookup);
    let text = format!("http://hooks.example.com:{}/", address.port());
    assert!(outbound.admit(&text).is_ok());
    let resolver = Resolver {
        lookup: Arc::clone(&lookup) as Arc<dyn Lookup>,
        policy: Arc::clone(&outbound.policy),
        scope: outbound.policy.scope(&url(&text)),
    };
    let first = resolver
        .addresses("hooks.example.com".into())
        .await
        .unwrap();
    assert_eq!(first, ["203.0.112.1:0".parse().unwrap()]);
    for _ in 0..2 {
        let fault = post(&outbound, &text).await;
        assert!(matches!(fault, Err(CallError::Refused(_))), "{fault:?}");
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);
}

/// The question is asked by a client that many calls share.
#[tokio::test]
async fn a_question_is_asked_for_whom_the_call_is_made() {
    let lookup = Scripted::new(&[&["127.0.0.1"]]);
    let outbound = outbound(&[], &[], &lookup);
    for number in 1..4 {
        let account_id = AccountId::new(uuid::Uuid::from_u128(number));
        let name = format!("http://h{number}.example.com/");
        let called = on_behalf_of(account_id, post(&outbound, &name)).await;
        assert!(matches!(called, Err(CallError::Refused(_))), "{called:?}");
        assert_eq!(*lookup.caller.lock().unwrap(), Some(account_id));
    }
    drop(post(&outbound, "http://h.example.com/").await);
    assert_eq!(*lookup.caller.lock().unwrap(), None);
}

#[tokio::test]
async fn of_several_answers_only_the_open_ones_are_handed_on() {
    let lookup = Scripted::new(&[&["10.0.0.1", "203.0.112.1", "::1", "2a00::1", "127.0.0.1"]]);
    let outbound = outbound(&["10.0.0.0/24"], &[], &lookup);
    let resolver = Resolver {
        lookup: Arc::clone(&lookup) as Arc<dyn Lookup>,
        policy: Arc::clone(&outbound.policy),
        scope: outbound.policy.scope(&url("https://hooks.example.com/")),
    };
    let open = resolver
        .addresses("hooks.example.com".into())
        .await
        .unwrap();
    let open: Vec<String> = open.iter().map(|one| one.ip().to_string()).collect();
    assert_eq!(open, ["10.0.0.1", "203.0.112.1", "2a00::1"]);
    let lookup = Scripted::new(&[&[]]);
    let resolver = Resolver {
        lookup: lookup as Arc<dyn Lookup>,
        ..resolver
    };
    let none = resolver.addresses("hooks.example.com".into()).await;
    assert!(matches!(none, Err(NoAddress::Unknown(_))));
}

#[tokio::test]
async fn no_exception_opens_metadata_services_or_the_server_itself() {
    let (address, dialled) = receiver(OK).await;
    let (own, port) = (address.to_string(), address.port());
    let everything = [
        "0.0.0.0/0",
        "::/0",
        "metadata.google.internal",
        "own.example.com",
    ];
    for (name_leads_to, host) in [
        ("169.254.169.254", "hooks.example.com"),
        ("::ffff:169.254.169.254", "hooks.example.com"),
        ("fd00:ec2::254", "own.example.com"),
        ("127.0.0.1", "own.example.com"),
        ("127.0.0.1", "hooks.example.com"),
        ("127.0.0.1", "localhost"),
        ("8.8.8.8", "127.0.0.1"),
        ("8.8.8.8", "[::ffff:127.0.0.1]"),
        ("8.8.8.8", "0.0.0.0"),
        ("8.8.8.8", "metadata.google.internal"),
        ("8.8.8.8", "169.254.169.254"),
    ] {
        let lookup = Scripted::new(&[&[name_leads_to]]);
        let outbound = outbound(&everything, &[&own], &lookup);
        let fault = post(&outbound, &format!("http://{host}:{port}/")).await;
        assert!(
            matches!(fault, Err(CallError::Refused(_))),
            "{host}: {fault:?}"
        );
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);

    // A server that listens on every address is met at each of this machine's.
    let lookup = Scripted::new(&[&["127.0.0.1"]]);
    let unspecified = outbound(&everything, &[&format!("0.0.0.0:{port}")], &lookup);
    for host in [
        "127.0.0.1",
        "127.5.5.5",
        "localhost",
        "hooks.example.com",
        "[::1]",
    ] {
        let fault = post(&unspecified, &format!("http://{host}:{port}/")).await;
        assert!(
            matches!(fault, Err(CallError::Refused(_))),
            "{host}: {fault:?}"
        );
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);
    let other_port = outbound(&everything, &["127.0.0.1:1"], &lookup);
    assert_eq!(
        post(&other_port, &format!("http://127.0.0.1:{port}/")).await,
        Ok(204)
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_goes_nowhere() {
    let (target, reached) = receiver(OK).await;
    let answer: &'static str = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n"
    )
    .leak();
    let (address, dialled) = receiver(answer).await;
    let outbound = outbound(&["127.0.0.0/8"], &[], &Scripted::new(&[&[]]));
    assert_eq!(
        post(&outbound, &format!("http://{address}/")).await,
        Ok(307)
    );
    let fetched = outbound
        .get(&url(&format!("http://{address}/")), 10, Kind::Image)
        .await;
    assert_eq!(fetched.unwrap().status, 307);
    assert_eq!(dialled.load(Ordering::SeqCst), 2);
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn answers_are_limited_and_faults_say_nothing_of_the_other_side() {
    let outbound = outbound(&["127.0.0.0/8"], &[], &Scripted::new(&[&[]]));
    let (sized, _) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world").await;
    let (unsized_, _) =
        receiver("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\nhello world").await;
    for address in [sized, unsized_] {
        let url = url(&format!("http://{address}/"));
        let fetched = outbound.get(&url, 11, Kind::Image).await.unwrap();
        assert_eq!(
            (fetched.status, fetched.body.as_slice()),
            (200, &b"hello world"[..])
        );
        let fault = outbound.get(&url, 10, Kind::Image).await;
        assert_eq!(fault, Err(CallError::TooLarge(10)));
    }
    let (broken, _) = receiver("SSH-2.0-secret\r\n").await;
    let fault = post(&outbound, &format!("http://{broken}/"))
        .await
        .unwrap_err();
    assert_eq!(fault, CallError::Broken);
    assert!(!fault.to_string().contains("secret"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let fault = post(&outbound, &format!("http://{gone}/")).await;
    assert_eq!(fault, Err(CallError::NoConnection));
}

#[tokio::test]
async fn of_an_answer_from_inside_the_network_status_and_wait_are_kept_and_no_word() {
    let outbound = outbound(&["127.0.0.0/8"], &[], &Scripted::new(&[&[]]));
    let body = "x".repeat(2000);
    let answer =
        format!("HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 2000\r\n\r\n{body}");
    let (address, _) = receiver(answer.leak()).await;
    let url = url(&format!("http://{address}/"));
    let answer = outbound
        .post(&url, HeaderMap::new(), Vec::new(), Kind::Webhook)
        .await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status, answer.retry_after.as_deref()),
        (503, Some("120"))
    );
    assert_eq!(answer.excerpt, Vec::<u8>::new(), "an exception opened it");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut response = client.post(url.as_url().clone()).send().await.unwrap();
    let excerpt = super::call::excerpt(&mut response, 512).await;
    assert_eq!(
        excerpt,
        vec![b'x'; 512],
        "the control: of a public one so much is kept"
    );
}

/// A listener on the same port of both loopback addresses of this machine, as far as it has both.
async fn receiver_everywhere() -> (u16, Arc<AtomicUsize>) {
    let (address, dialled) = receiver(OK).await;
    let port = address.port();
    if let Ok(listener) = TcpListener::bind(("::1", port)).await {
        let count = Arc::clone(&dialled);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    (port, dialled)
}

#[tokio::test]
async fn no_form_of_a_closed_address_is_accepted_looked_up_or_dialled() {
    let (port, dialled) = receiver_everywhere().await;
    let lookup = Scripted::new(&[&["127.0.0.1"]]);
    let closed = outbound(&[], &[], &lookup);
    let hosts = closed_hosts();
    let straight = hosts
        .iter()
        .flat_map(|host| ["http", "https"].map(|scheme| format!("{scheme}://{host}:{port}/x")));
    let mut forms: Vec<String> = straight.collect();
    forms.extend(crooked_urls(port));
    assert!(forms.len() > 1_000, "{}", forms.len());
    for text in forms {
        assert!(closed.admit(&text).is_err(), "{text:?} is accepted");
        // What was accepted by an earlier rule is judged again before each call.
        let Ok(url) = OutboundUrl::parse(&text, Plain::Allowed) else {
            continue;
        };
        let posted = closed.post(&url, HeaderMap::new(), Vec::new(), Kind::Webhook);
        let fault = posted.await.unwrap_err();
        assert!(matches!(fault, CallError::Refused(_)), "{text}: {fault}");
        let fault = closed.get(&url, 10, Kind::Image).await.unwrap_err();
        assert!(matches!(fault, CallError::Refused(_)), "{text}: {fault}");
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);
    assert_eq!(lookup.asked(), Vec::<String>::new());

    // The control: the same listener, opened by the operator.
    let open = outbound(&["127.0.0.0/8"], &[], &lookup);
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "name.example.com"] {
        let text = format!("http://{host}:{port}/x");
        assert_eq!(post(&open, &text).await, Ok(204), "{host}");
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 4);
    assert_eq!(lookup.asked(), ["name.example.com"]);
}

#[tokio::test]
async fn no_closed_address_is_dialled_because_a_name_leads_there() {
    let (port, dialled) = receiver_everywhere().await;
    let text = format!("http://name.example.com:{port}/x");
    let answers = closed_addresses();
    assert!(answers.len() > 150, "{}", answers.len());
    for address in answers {
        let lookup = Scripted::new(&[&[&address.to_string()]]);
        let outbound = outbound(&[], &[], &lookup);
        assert!(outbound.admit(&text).is_ok());
        for _ in 0..2 {
            let fault = post(&outbound, &text).await.unwrap_err();
            assert!(matches!(fault, CallError::Refused(_)), "{address}: {fault}");
        }
        assert_eq!(lookup.asked().len(), 2, "{address}");
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);
}

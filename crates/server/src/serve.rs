//! Connections: taken from the listener, served, and drained when the server stops.
//!
//! A client that is slow to send its request's head is cut off, and so is one that takes nothing of what
//! is sent to it, or keeps a response open past the grace of an orderly stop.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use outwork_domain::limits::{CLIENT_SILENCE_MAX, CONNECTIONS_MAX, HEAD_WAIT_MAX, SHUTDOWN_GRACE};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::rate_limit::Peer;

/// What a connection holds of a request's head, and of a response that its client is slow to take.
const BUFFER_BYTES_MAX: usize = 32 * 1024;
/// The pause after a failed accept: descriptors are short, and asking again at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What clients may take of the server.
#[derive(Clone, Copy, Debug)]
struct Limits {
    connections: usize,
    /// How long a client may take for the head of a request, and a connection may idle.
    head: Duration,
    /// How long a client may take nothing of what is sent to it.
    silence: Duration,
}

/// Serves connections until `shutdown` is cancelled, then waits for the open ones, for ten seconds at
/// most.
///
/// # Errors
///
/// The listener's, should it stop for good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let limits = Limits {
        connections: CONNECTIONS_MAX,
        head: HEAD_WAIT_MAX,
        silence: CLIENT_SILENCE_MAX,
    };
    serve_within(limits, listener, router, shutdown).await
}

async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    // Fails at once and clearly where the listener is no longer one.
    listener.local_addr()?;
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                connections.spawn(async move {
                    // Events are small and must not wait for company.
                    match stream.set_nodelay(true) {
                        Ok(()) => converse(stream, limits, peer, router, shutdown).await,
                        Err(error) => {
                            tracing::debug!(%error, "a connection was gone before it was served");
                        }
                    }
                    drop(place);
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted at present");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(SHUTDOWN_GRACE, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            open = connections.len(),
            "connections were cut off at the end of the grace"
        );
    }
    Ok(())
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

async fn converse<S>(
    stream: S,
    limits: Limits,
    peer: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Send,
{
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.map(Body::new)
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.silence));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(service),
        );
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::routing::get;
    use bytes::Bytes;
    use futures::stream;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    /// Far beyond what any wait takes; only a hang reaches it.
    const DEADLINE: Duration = Duration::from_secs(30);
    const LONG: Duration = Duration::from_secs(3_600);

    async fn start(limits: Limits, router: Router) -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        tokio::spawn(serve_within(limits, listener, router, token));
        (address, shutdown)
    }

    async fn ask(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n";
        stream.write_all(request).await.unwrap();
        stream
    }

    async fn first_byte(stream: &mut TcpStream) -> u8 {
        let read = tokio::time::timeout(DEADLINE, stream.read_u8()).await;
        read.expect("no answer").unwrap()
    }

    #[tokio::test]
    async fn the_next_connection_waits_for_a_place() {
        let limits = Limits {
            connections: 2,
            head: LONG,
            silence: LONG,
        };
        let router = Router::new().route("/", get(async || "here"));
        let (address, _shutdown) = start(limits, router).await;
        let (mut one, mut two) = (ask(address).await, ask(address).await);
        for stream in [&mut one, &mut two] {
            assert_eq!(first_byte(stream).await, b'H');
        }
        let mut three = ask(address).await;
        // What waits for no place would be answered while this one is.
        one.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            .await
            .unwrap();
        let mut answered = [0; 64];
        while !answered.contains(&b'H') {
            assert_ne!(one.read(&mut answered).await.unwrap(), 0);
        }
        let mut nothing = [0; 1];
        let read = three.try_read(&mut nothing);
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(two);
        assert_eq!(first_byte(&mut three).await, b'H');
    }

    /// Tells when the body that holds it is given up.
    struct Told(Option<oneshot::Sender<()>>);

    impl Drop for Told {
        fn drop(&mut self) {
            if let Some(sender) = self.0.take() {
                let _ = sender.send(());
            }
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_cut_off() {
        let limits = Limits {
            connections: 1,
            head: LONG,
            silence: Duration::from_millis(50),
        };
        let (sender, dropped) = oneshot::channel();
        let told = Arc::new(std::sync::Mutex::new(Some(Told(Some(sender)))));
        let endless = get(async move || {
            let told = told.lock().unwrap().take();
            let pieces = stream::unfold(told, async |told| {
                let piece = Bytes::from_static(&[b'x'; 64 * 1024]);
                Some((Ok::<_, Infallible>(piece), told))
            });
            Body::from_stream(pieces)
        });
        let (address, _shutdown) = start(limits, Router::new().route("/", endless)).await;
        let _silent = ask(address).await;
        let cut_off = tokio::time::timeout(DEADLINE, dropped).await;
        cut_off.expect("it is still being served").unwrap();
    }

    /// What it takes to serve somebody who is gone without a word: nobody ever reads or closes the other end.
    async fn serve_nobody(sent: &[u8], router: Router) -> Duration {
        let limits = Limits {
            connections: 1,
            head: HEAD_WAIT_MAX,
            silence: CLIENT_SILENCE_MAX,
        };
        let (mut client, server) = tokio::io::duplex(4096);
        client.write_all(sent).await.unwrap();
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let begun = tokio::time::Instant::now();
        converse(server, limits, peer, router, CancellationToken::new()).await;
        begun.elapsed()
    }

    /// A body that says a little now and then, as streams of events do.
    fn pinging() -> Router {
        let pings = get(async || {
            Body::from_stream(stream::unfold((), async |()| {
                tokio::time::sleep(Duration::from_secs(15)).await;
                Some((Ok::<_, Infallible>(Bytes::from_static(b": ping\n\n")), ()))
            }))
        });
        Router::new().route("/", pings)
    }

    /// The clock stands until nobody has anything else to do.
    #[tokio::test(start_paused = true)]
    async fn nobody_is_served_for_ever() {
        let request = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n".as_slice();
        let quick = || Router::new().route("/", get(async || "here"));
        for sent in [b"".as_slice(), b"GET / HT", request] {
            let took = serve_nobody(sent, quick()).await;
            assert_eq!(took, HEAD_WAIT_MAX, "{sent:?}");
        }
        // 4096 bytes are taken by the way there, and 15 seconds pass before each further line.
        let took = serve_nobody(request, pinging()).await;
        let full = Duration::from_secs(15 * 4096 / 9);
        assert!(took >= CLIENT_SILENCE_MAX, "{took:?}");
        assert!(took < full + 2 * CLIENT_SILENCE_MAX, "{took:?}");
    }

    #[tokio::test]
    async fn a_client_that_ends_its_side_is_let_go() {
        let limits = Limits {
            connections: 1,
            head: LONG,
            silence: LONG,
        };
        let (sender, dropped) = oneshot::channel();
        let told = Arc::new(std::sync::Mutex::new(Some(Told(Some(sender)))));
        let quiet = get(async move || {
            let told = told.lock().unwrap().take();
            let pieces = stream::unfold((told, 0), async |(told, count)| {
                if count > 0 {
                    std::future::pending::<()>().await;
                }
                let piece = Bytes::from_static(b": hello\n\n");
                Some((Ok::<_, Infallible>(piece), (told, count + 1)))
            });
            Body::from_stream(pieces)
        });
        let (address, _shutdown) = start(limits, Router::new().route("/", quiet)).await;
        let mut client = ask(address).await;
        assert_eq!(first_byte(&mut client).await, b'H');
        // It could still read, and does not.
        client.shutdown().await.unwrap();
        let let_go = tokio::time::timeout(DEADLINE, dropped).await;
        let_go.expect("it is still being served").unwrap();
    }

    /// What a client sends that never comes to the end of a request's head.
    async fn dawdle(mut stream: TcpStream, begun: &[u8]) -> usize {
        let mut sent = stream.write(begun).await.unwrap_or(0);
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        let mut heard = [0; 1024];
        loop {
            tokio::select! {
                read = stream.read(&mut heard) => match read {
                    Ok(0) | Err(_) => return sent,
                    Ok(_) => {}
                },
                _ = tick.tick(), if !begun.is_empty() => {
                    if stream.write_all(b"x: y\r\n").await.is_err() {
                        return sent;
                    }
                    sent += 6;
                }
            }
        }
    }

    #[tokio::test]
    async fn a_client_that_never_ends_its_head_is_cut_off_and_its_place_is_free() {
        let limits = Limits {
            connections: 1,
            head: Duration::from_millis(100),
            silence: LONG,
        };
        let router = Router::new().route("/", get(async || "here"));
        let (address, _shutdown) = start(limits, router).await;
        // One says nothing at all, the others a line now and then, for as long as they are let.
        for begun in [b"".as_slice(), b"G", b"GET / HTTP/1.1\r\nhost: h\r\n"] {
            let stream = TcpStream::connect(address).await.unwrap();
            let ended = tokio::time::timeout(DEADLINE, dawdle(stream, begun)).await;
            ended.expect("it is still waited for");
        }
        // There is one place only, so it was given back each time.
        assert_eq!(first_byte(&mut ask(address).await).await, b'H');
    }

    #[tokio::test]
    async fn a_head_without_end_is_refused_by_its_size() {
        let limits = Limits {
            connections: 1,
            head: LONG,
            silence: LONG,
        };
        let router = Router::new().route("/", get(async || "here"));
        let (address, _shutdown) = start(limits, router).await;
        for line in [
            b"x: y\r\n".repeat(10_000),
            [b"x: ".as_slice(), &[b'y'; 100_000], b"\r\n"].concat(),
        ] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = [b"GET / HTTP/1.1\r\nhost: h\r\n".as_slice(), &line].concat();
            // It may be refused while it is still being sent.
            let _refused = stream.write_all(&head).await;
            let mut answer = Vec::new();
            let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
            // What was sent after the answer may reset the connection.
            let _reset = read.expect("it is still waited for");
            let answer = String::from_utf8_lossy(&answer);
            assert!(!answer.contains("200 OK"), "{answer}");
        }
    }
}

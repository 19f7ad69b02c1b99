//! The receiver by itself, asked over plain sockets.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::http::Ending;

async fn post(receiver: &Receiver, path: &str, id: &str) -> String {
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: h\r\nWebhook-Id: {id}\r\ncontent-length: 2\r\n\
         connection: close\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn each_path_behaves_as_it_is_told_and_everything_is_logged_in_order() {
    let receiver = Receiver::start().await.unwrap();
    let gone = Reply::status(410, "gone");
    receiver.behave("/gone", Conduct::always(gone));
    receiver.behave("/cut", Conduct::always(Reply::nothing(Ending::Close)));
    receiver.answer_next(
        "/fine",
        Reply::status(503, "busy").with_header("retry-after", "3"),
    );
    let mut seen = Vec::new();
    for path in ["/fine", "/fine", "/gone", "/cut"] {
        seen.push(status(&post(&receiver, path, "wh_1").await).to_owned());
    }
    assert_eq!(seen, ["503", "200", "410", "none"]);
    let arrivals = receiver.wait_for(4).await;
    let logged: Vec<_> = arrivals
        .iter()
        .map(|one| (one.number, one.path.as_str(), one.status))
        .collect();
    let expected = [
        (0, "/fine", Some(503)),
        (1, "/fine", Some(200)),
        (2, "/gone", Some(410)),
        (3, "/cut", None),
    ];
    assert_eq!(logged, expected);
    assert_eq!(arrivals.iter().filter(|one| one.is_taken()).count(), 1);
    assert_eq!(receiver.taken_count(), 1);
    assert_eq!(arrivals[0].header("webhook-id"), Some("wh_1"));
    assert_eq!(arrivals[0].body, b"{}");
    assert!(arrivals[0].answered_at() >= Some(arrivals[0].received_at));
}

#[tokio::test]
async fn failures_follow_from_seed_id_and_turn_alone() {
    let draws = |seed| {
        let conduct = Conduct::taking().failing(
            300,
            seed,
            vec![Reply::status(500, ""), Reply::status(502, "")],
        );
        let ids = (0..2000).map(move |n| (format!("wh_{n}"), n % 3 + 1));
        ids.map(|(id, turn)| conduct.reply_to(&id, turn).status)
            .collect::<Vec<_>>()
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
    let failed = |status| draws(1).iter().filter(|one| **one == status).count();
    assert!((500..700).contains(&(failed(500) + failed(502))));
    assert!(failed(500) > 200 && failed(502) > 200);
}

#[tokio::test]
async fn a_closed_door_refuses_for_as_long_as_it_is_there() {
    let door = ClosedDoor::new().unwrap();
    for _ in 0..2 {
        let refused = TcpStream::connect(door.address()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}

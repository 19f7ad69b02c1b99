//! A server that gives the same answer to the same path, for as long as the test runs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

/// Starts it and gives its address; what is not listed is a 404 of an agent that is not there.
pub fn serve(answers: Vec<(&'static str, String)>) -> String {
    serve_or(answers, NOT_FOUND)
}

/// The same with those words about what is not listed.
pub fn serve_or(answers: Vec<(&'static str, String)>, otherwise: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &answers, otherwise);
        }
    });
    url
}

fn answer(mut stream: TcpStream, answers: &[(&'static str, String)], otherwise: &str) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let path = first.split_whitespace().nth(1).unwrap().to_owned();
    // The client reads nothing before it has sent its head.
    lines.map(Result::unwrap).find(String::is_empty);
    let found = answers.iter().find(|(known, _)| *known == path);
    let body = found.map_or(otherwise, |(_, body)| body.as_str());
    let status = if found.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}

const NOT_FOUND: &str = r#"{"error":{"code":"agent_not_found","message":"No such agent"}}"#;

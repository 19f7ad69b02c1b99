//! Which names are reached, and where they may lead.

use outwork_domain::NetworkVerdict;
use outwork_domain::egress::EgressMode;
use outwork_stand_ins::addresses::{closed_addresses, closed_hosts};

use crate::egress::tests::{PUBLIC, Setting, Way};

#[tokio::test]
async fn what_is_not_open_is_refused_with_what_to_do_and_nobody_is_asked() {
    let way = Way::of(Setting {
        allow: vec!["open.example", "*.below.example"],
        ..Setting::default()
    })
    .await;
    for place in [
        "evil.example:443",
        "open.example.evil.example:443",
        "evil-open.example:443",
        "www.open.example:443",
        "below.example:443",
        "open.example:22",
        "open.example:25",
        "localhost:443",
    ] {
        let answer = way.ask(&format!("CONNECT {place} HTTP/1.1\r\n\r\n")).await;
        assert!(
            answer.starts_with("HTTP/1.1 403 Outwork: "),
            "{place}: {answer}"
        );
        let shown = place.trim_end_matches(":443").trim_end_matches(":80");
        let remedy = format!("add \"{shown}\" to [egress] allow of the server");
        assert_eq!(answer.matches(&remedy).count(), 2, "{place}: {answer}");
    }
    let answer = way
        .ask("GET http://evil.example/x HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(way.asked().is_empty() && way.dialled().is_empty());
    let told = way.close().await;
    let of_evil = told.iter().filter(|(host, ..)| host == "evil.example");
    assert_eq!(of_evil.map(|(_, _, count, ..)| count).sum::<u64>(), 2);
    let (_, verdict, ..) = &told[0];
    let why = "it is not open to this run; to open it, add \"evil.example\" to [egress] allow of the server";
    assert_eq!(*verdict, NetworkVerdict::Refused(why.to_owned()));
}

#[tokio::test]
async fn an_address_without_a_name_is_refused_in_every_spelling() {
    let way = Way::of(Setting {
        allow: vec!["open.example"],
        private: vec!["0.0.0.0/0", "::/0"],
        ..Setting::default()
    })
    .await;
    let spellings = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0",
        "8.8.8.8",
        "169.254.169.254",
        "2852039166",
        "[::1]",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "127.0.0.1.",
    ];
    for host in spellings {
        for request in [
            format!("CONNECT {host}:443 HTTP/1.1\r\n\r\n"),
            format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ] {
            let answer = way.ask(&request).await;
            assert!(answer.starts_with("HTTP/1.1 40"), "{request}: {answer}");
        }
    }
    for odd in [
        "CONNECT user@open.example:443 HTTP/1.1\r\n\r\n",
        "CONNECT open.example HTTP/1.1\r\n\r\n",
        "CONNECT open.example:0 HTTP/1.1\r\n\r\n",
        "CONNECT [fe80::1%25eth0]:443 HTTP/1.1\r\n\r\n",
        "GET http://user@open.example/ HTTP/1.1\r\nHost: open.example\r\n\r\n",
        "GET https://open.example/ HTTP/1.1\r\nHost: open.example\r\n\r\n",
        "GET ftp://open.example/ HTTP/1.1\r\nHost: open.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: open.example\r\n\r\n",
        "CONNECT / HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
    ] {
        let answer = way.ask(odd).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 40"),
            "{odd}: {answer}"
        );
    }
    assert!(way.asked().is_empty() && way.dialled().is_empty());
}

/// Where every public host is open, as where a list is.
#[tokio::test]
async fn no_closed_address_is_connected_to_in_any_form() {
    let (hosts, addresses) = (closed_hosts(), closed_addresses());
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let answers = texts.iter().map(|one| vec![one.clone().leak() as &str]);
    let way = Way::of(Setting {
        mode: Some(EgressMode::All),
        answers: vec![("inside.example", answers.collect())],
        ..Setting::default()
    })
    .await;
    let by_address = texts.iter().map(|_| "inside.example".to_owned());
    let all: Vec<String> = hosts.into_iter().chain(by_address).collect();
    assert!(all.len() > 400, "{}", all.len());
    for host in &all {
        let plain = format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
        for request in [format!("CONNECT {host}:443 HTTP/1.1\r\n\r\n"), plain] {
            let answer = way.ask(&request).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{request}: {answer}");
        }
    }
    assert!(way.dialled().is_empty(), "{:?}", way.dialled());
    drop(way.tunnel("open.example:443").await);
    assert_eq!(way.dialled().len(), 1);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_whatever_it_said_before() {
    let inside = [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "fd00::1",
        "fe80::1",
        "224.0.0.1",
        "192.0.2.1",
    ];
    let answers = inside.iter().map(|one| vec![*one]).collect();
    let way = Way::of(Setting {
        allow: vec!["inside.example", "turning.example"],
        answers: vec![
            ("inside.example", answers),
            ("turning.example", vec![vec![PUBLIC], vec!["127.0.0.1"]]),
        ],
        ..Setting::default()
    })
    .await;
    for address in inside {
        let answer = way.ask("CONNECT inside.example:443 HTTP/1.1\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{address}: {answer}");
        let remedy = match address {
            "169.254.169.254" => "it is a cloud's metadata service, and nothing opens that",
            _ => "to open it, add \"inside.example\" to [egress] private of the server",
        };
        assert_eq!(answer.matches(remedy).count(), 2, "{address}: {answer}");
        // What is inside is not for everybody who may ask.
        assert!(!answer.contains(address), "{answer}");
    }
    assert!(way.dialled().is_empty());
    drop(way.tunnel("turning.example:443").await);
    assert_eq!(way.dialled(), ["203.0.112.1:443"]);
    for _ in 0..2 {
        let answer = way
            .ask("CONNECT turning.example:443 HTTP/1.1\r\n\r\n")
            .await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
    assert_eq!(way.dialled(), ["203.0.112.1:443"]);
    // Each connection is one question, and what was answered is what is connected to.
    assert_eq!(way.asked().len(), inside.len() + 3);
}

#[tokio::test]
async fn of_several_answers_only_what_is_public_is_connected_to() {
    let way = Way::of(Setting {
        allow: vec!["mixed.example"],
        answers: vec![(
            "mixed.example",
            vec![vec!["10.0.0.1", "203.0.112.9", "::1"]],
        )],
        ..Setting::default()
    })
    .await;
    drop(way.tunnel("mixed.example:443").await);
    assert_eq!(way.dialled(), ["203.0.112.9:443"]);
}

#[tokio::test]
async fn what_is_private_needs_both_lists() {
    let setting = |allow, private| Setting {
        allow,
        private,
        answers: vec![("registry.internal", vec![vec!["10.2.3.4"]])],
        ..Setting::default()
    };
    let request = "CONNECT registry.internal:8443 HTTP/1.1\r\n\r\n";
    // Who does what he is told, word for word, gets there.
    let way = Way::of(setting(vec!["registry.internal:8443"], vec![])).await;
    let remedy = "add \"registry.internal:8443\" to [egress] private of the server";
    let answer = way.ask(request).await;
    assert!(answer.contains(remedy), "{answer}");
    for (allow, private) in [
        (vec!["registry.internal:8443"], vec![]),
        (vec![], vec!["registry.internal:8443"]),
        (vec!["registry.internal"], vec!["10.0.0.0/8"]),
        (
            vec!["registry.internal:8443"],
            vec!["registry.internal:443"],
        ),
    ] {
        let way = Way::of(setting(allow, private)).await;
        let answer = way.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(way.dialled().is_empty());
    }
    for private in [vec!["registry.internal:8443"], vec!["10.2.0.0/16"]] {
        let way = Way::of(setting(vec!["registry.internal:8443"], private)).await;
        drop(way.tunnel("registry.internal:8443").await);
        assert_eq!(way.dialled(), ["10.2.3.4:8443"]);
    }
}

/// Whatever is opened already and whatever is not: nobody is told to open it.
#[tokio::test]
async fn the_server_itself_is_refused_without_a_remedy() {
    for (allow, private) in [
        (vec![], vec![]),
        (vec!["localhost:7000"], vec![]),
        (
            vec!["localhost:7000", "alias.example:7000"],
            vec!["localhost:7000", "127.0.0.0/8", "::1", "alias.example"],
        ),
    ] {
        let is_open = !private.is_empty();
        let way = Way::of(Setting {
            allow,
            private,
            own: vec!["127.0.0.1:7000", "[::1]:7000"],
            answers: vec![("alias.example", vec![vec!["127.0.0.1"]])],
            ..Setting::default()
        })
        .await;
        let mut hosts = vec!["localhost:7000"];
        hosts.extend(is_open.then_some("alias.example:7000"));
        for host in hosts {
            let answer = way.ask(&format!("CONNECT {host} HTTP/1.1\r\n\r\n")).await;
            let why = "it is this server itself, and nothing opens that";
            assert!(answer.contains(why), "{host}: {answer}");
            assert!(!answer.contains("add "), "{host}: {answer}");
        }
        assert!(way.dialled().is_empty());
        if is_open {
            // The control: another port of the same machine.
            let way = Way::of(Setting {
                allow: vec!["localhost:7001"],
                private: vec!["localhost:7001"],
                own: vec!["127.0.0.1:7000", "[::1]:7000"],
                answers: vec![("localhost", vec![vec!["127.0.0.1"]])],
                ..Setting::default()
            })
            .await;
            drop(way.tunnel("localhost:7001").await);
        }
    }
}

#[tokio::test]
async fn every_public_host_means_two_ports_and_others_are_named() {
    let way = Way::of(Setting {
        mode: Some(EgressMode::All),
        allow: vec!["listed.example:8443"],
        ..Setting::default()
    })
    .await;
    for place in ["any.example:22", "any.example:25", "listed.example:8444"] {
        let answer = way.ask(&format!("CONNECT {place} HTTP/1.1\r\n\r\n")).await;
        let remedy = format!("add \"{place}\" to [egress] allow of the server");
        assert!(answer.contains(&remedy), "{place}: {answer}");
    }
    assert!(way.dialled().is_empty());
    for place in ["any.example:443", "any.example:80", "listed.example:8443"] {
        drop(way.tunnel(place).await);
    }
    assert_eq!(way.dialled().len(), 3);
}

#[tokio::test]
async fn no_list_opens_metadata() {
    let way = Way::of(Setting {
        allow: vec!["metadata.google.internal", "alias.example"],
        private: vec!["0.0.0.0/0", "metadata.google.internal", "alias.example"],
        answers: vec![("alias.example", vec![vec!["169.254.169.254"]])],
        ..Setting::default()
    })
    .await;
    for host in ["metadata.google.internal", "alias.example"] {
        let request = format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = way.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{host}: {answer}");
        let why = "it is a cloud's metadata service, and nothing opens that";
        assert!(answer.contains(why), "{host}: {answer}");
    }
    assert!(way.dialled().is_empty());
}

//! What is kept secret, and the forms in which it must not be found.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Goes every way that the secrets go, and is none.
pub const CANARY: &str = "c4nary/+&\"with\"-all-of=it";

/// A secret of somebody.
pub struct Held {
    pub holder: &'static str,
    pub name: &'static str,
    pub value: String,
    /// The SHA-256 of the value, in hexadecimal digits.
    pub digest: String,
}

/// Values as people have them: tokens of providers, keys, passwords with whatever is on a keyboard.
const SHAPES: [(&str, &str); 16] = [
    ("SHAPE_GITHUB", "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
    (
        "SHAPE_GITHUB_FINE",
        "github_pat_11ABCDEFG0a1b2c3d4e5f6_ZyXwVuTsRqPoNmLkJiHg",
    ),
    ("SHAPE_GITLAB", "glpat-Xy7-q_Lm3NpRs8TuVw2Z"),
    ("SHAPE_OPENAI", "sk-proj-Qw3rTy7Ui9Op1As5Df-Gh2Jk4Lz6Xc8Vb0"),
    (
        "SHAPE_ANTHROPIC",
        "sk-ant-api03-zZ9yY8xX7wW6vV5uU4tT3sS2rR1qQ0-AA",
    ),
    ("SHAPE_AWS", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzQ2/8hGt"),
    ("SHAPE_GOOGLE", "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"),
    (
        "SHAPE_SLACK",
        "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOHcbrzqgy",
    ),
    (
        "SHAPE_JWT",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6YXBob2QifQ.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ),
    (
        "SHAPE_PEM",
        "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB\nAQQgZebraQuagga+Okapi/Tapir==\n-----END PRIVATE KEY-----",
    ),
    (
        "SHAPE_URL",
        "postgres://svc:p%40ss-W0rd!@db.internal:5432/app?sslmode=require",
    ),
    ("SHAPE_UNICODE", "Pässwörd-übergroß-日本語-🔑-42"),
    (
        "SHAPE_SHELL",
        "two  words\t'and' \"quotes\" \\ $HOME `id` *?[x] ;&|<>",
    ),
    ("SHAPE_DIGITS", "86753098675309"),
    ("SHAPE_SHORTEST", "q7#Zp9!w"),
    (
        "SHAPE_LONG",
        concat!(
            "kQ3nVb8xLm2Rt6Yp",
            "Wd4Hs9Jc1Gf7Ta5E",
            "uZ0oXi2Nb8Vq4Ms6",
            "Kr1Lp3Dw5Fy7Hj9C",
            "zB2Ge4Ua6Ot8Ik0P"
        ),
    ),
];

/// One of each scope, and one of each shape.
pub fn held() -> Vec<Held> {
    let shaped = SHAPES.map(|(name, value)| Held {
        holder: "user",
        name,
        digest: sha256(value),
        value: value.to_owned(),
    });
    of_scopes().into_iter().chain(shaped).collect()
}

fn of_scopes() -> Vec<Held> {
    let all = [
        ("team", "TEAM_TOKEN"),
        ("user", "USER_TOKEN"),
        ("environment", "ENVIRONMENT_TOKEN"),
        ("agent", "AGENT_TOKEN"),
        ("run", "RUN_TOKEN"),
    ];
    all.map(|(holder, name)| {
        // Different in every part, so that a form of one is no form of another.
        let letters: String = holder
            .bytes()
            .rev()
            .map(|byte| char::from(byte ^ 1))
            .collect();
        let value = format!("{holder}/+&\"{letters}\"=s3cr3t");
        Held {
            holder,
            name,
            digest: sha256(&value),
            value,
        }
    })
    .into()
}

/// The forms of a text that tell it.
pub fn forms(text: &str) -> Vec<String> {
    let mut forms = printed(text);
    for skipped in 0..3 {
        forms.extend(
            [URL_SAFE_NO_PAD, STANDARD_NO_PAD].map(|alphabet| base64(text, skipped, &alphabet)),
        );
    }
    forms
}

/// Those of them in which commands print it.
pub fn printed(text: &str) -> Vec<String> {
    let json = serde_json::Value::from(text).to_string();
    vec![
        text.to_owned(),
        hex::encode(text),
        json[1..json.len() - 1].to_owned(),
        percent(text),
        base64(text, 0, &STANDARD_NO_PAD),
        base64(text, 1, &STANDARD_NO_PAD),
    ]
}

/// Behind so many other bytes: the characters that only the text decides.
fn base64(text: &str, skipped: usize, alphabet: &GeneralPurpose) -> String {
    let bytes = [&b"xx"[..skipped], text.as_bytes()].concat();
    alphabet.encode(&bytes)[(skipped * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

fn percent(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// By the program that the commands in the sandbox use too.
fn sha256(text: &str) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

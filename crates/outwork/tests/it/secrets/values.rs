//! What is kept secret, and the forms in which it must not be found.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::shapes::SHAPES;

/// Goes every way that the secrets go, and is none.
pub const CANARY: &str = "c4nary/+&\"with\"-all-of=it";

/// A secret of somebody.
pub struct Held {
    pub holder: &'static str,
    pub name: String,
    pub value: String,
    /// The SHA-256 of the value, in hexadecimal digits.
    pub digest: String,
}

/// A token of the server's own for some host, in the two parts in which a command says it.
pub const OWN: [&str; 2] = ["0wn-token/", "of=the+server"];

/// The same, to be looked for.
pub fn own() -> Held {
    let value = OWN.concat();
    Held {
        holder: "server",
        name: "OUTWORK".to_owned(),
        digest: sha256(&value),
        value,
    }
}

/// One of each scope, and one of each shape.
pub fn held() -> Vec<Held> {
    let shaped = SHAPES.iter().map(|(name, value)| Held {
        holder: "user",
        name: format!("SHAPE_{name}"),
        digest: sha256(value),
        value: (*value).to_owned(),
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
            name: name.to_owned(),
            digest: sha256(&value),
            value,
        }
    })
    .into()
}

/// The forms of a text that tell it.
pub fn forms(text: &str) -> Vec<String> {
    let mut forms = printed(text);
    // In JSON, the ends of lines are escaped.
    forms.extend(wrapped(text).map(|form| form.replace('\n', "\\n")));
    forms.extend(lines(text));
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
    let mut forms = vec![
        text.to_owned(),
        hex::encode(text),
        json[1..json.len() - 1].to_owned(),
        percent(text),
        base64(text, 0, &STANDARD_NO_PAD),
        base64(text, 1, &STANDARD_NO_PAD),
        text.to_ascii_lowercase(),
    ];
    forms.extend(wrapped(text));
    forms
}

/// Behind 51 bytes in base64 of 76 columns, and behind 10 bytes as `od -tx1` writes it: both times over several lines.
fn wrapped(text: &str) -> [String; 2] {
    let broken = |from: usize, columns: usize, parts: Vec<String>, end: &str, space: &str| {
        let mut out = String::new();
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                out += if (from + at).is_multiple_of(columns) {
                    end
                } else {
                    space
                };
            }
            out += &part;
        }
        out
    };
    let characters = base64(text, 0, &STANDARD_NO_PAD);
    let characters = characters.chars().map(String::from).collect();
    let digits = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    [
        broken(68, 76, characters, "\n", ""),
        broken(10, 16, digits, "\n ", " "),
    ]
}

/// The lines of a text that has several, without the marks around a key; all of them have something like a key.
fn lines(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().map(str::trim);
    let telling = lines.filter(|line| line.len() >= 8 && !line.starts_with("-----"));
    telling.map(str::to_owned)
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

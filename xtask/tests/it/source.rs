//! Just enough of Rust's grammar to tell code from comments, texts and tests.

/// The code with comments, string and character literals replaced by spaces; lines keep their places.
pub fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = end_of_literal(bytes, at);
        if end > at {
            blank(&mut code[at..end]);
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8(code).unwrap()
}

/// The code without what `#[cfg(test)]` marks.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut bytes = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(at) = code[from..].find(MARK).map(|at| at + from) {
        let end = end_of_item(code.as_bytes(), at + MARK.len());
        blank(&mut bytes[at..end]);
        from = end;
    }
    String::from_utf8(bytes).unwrap()
}

/// Whether the file is only compiled for tests.
pub fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// The places of a word that is not part of a longer one.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        (!before.is_some_and(part) && !after.is_some_and(part)).then_some(at)
    })
}

/// The position behind the brace that closes the one at `open`.
pub fn end_of_block(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0_u32;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

fn end_of_item(bytes: &[u8], from: usize) -> usize {
    let stop = |byte: &u8| matches!(byte, b';' | b'{');
    match bytes[from..].iter().position(stop) {
        Some(at) if bytes[from + at] == b'{' => end_of_block(bytes, from + at),
        Some(at) => from + at + 1,
        None => bytes.len(),
    }
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// The position behind the comment or literal that begins at `at`, or `at` if none does.
fn end_of_literal(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest[0] {
        b'/' if rest.starts_with(b"//") => at + before(rest, b"\n"),
        b'/' if rest.starts_with(b"/*") => at + behind(rest, b"*/"),
        b'"' => at + end_of_text(rest),
        b'r' if at == 0 || !is_part(bytes[at - 1]) => at + end_of_raw_text(rest),
        b'\'' => at + end_of_char(rest),
        _ => at,
    }
}

fn is_part(byte: u8) -> bool {
    // A byte string `br"…"` is raw text as well.
    (byte.is_ascii_alphanumeric() || byte == b'_') && byte != b'b'
}

fn end_of_text(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn end_of_raw_text(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let open = hashes + 2;
    open + behind(&rest[open..], &close)
}

/// A lifetime has no closing quote after one character.
fn end_of_char(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return 2 + behind(&rest[3.min(rest.len())..], b"'") + 1;
    }
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(6)]).into_owned();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), Some('\'')) => 1 + c.len_utf8() + 1,
        _ => 0,
    }
}

fn before(rest: &[u8], what: &[u8]) -> usize {
    find(rest, what).unwrap_or(rest.len())
}

fn behind(rest: &[u8], what: &[u8]) -> usize {
    find(rest, what).map_or(rest.len(), |at| at + what.len())
}

fn find(rest: &[u8], what: &[u8]) -> Option<usize> {
    rest.windows(what.len()).position(|window| window == what)
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a(\"// \\\"\"); // b\nc('\\''); /* d\n */ e(r#\"f \" g\"#); h::<'static>('{');";
    let expected = "a(       );     \nc(    );     \n    e(          ); h::<'static>(   );";
    assert_eq!(code_only(text), expected);
}

#[test]
fn tests_are_cut_out() {
    let text =
        "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\n#[cfg(test)]\nmod c;\nfn d() {}";
    let rest = without_tests(text);
    assert!(rest.contains("fn a") && rest.contains("fn d"));
    assert!(!rest.contains('b') && !rest.contains("mod"));
}

#[test]
fn words_are_whole() {
    let found: Vec<usize> = words("unsafe_code unsafe {}", "unsafe").collect();
    assert_eq!(found, [12]);
}

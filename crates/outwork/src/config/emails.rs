//! E-mail addresses, by which accounts are named.

use crate::exit::Failure;

/// Whether a text may be one: what is before and behind an `@`, without a space.
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
}

/// The accounts of `operators`, as the store has their addresses.
///
/// # Errors
///
/// [`Failure::Usage`] for what is no address.
pub fn operators(texts: &[String]) -> Result<Vec<String>, Failure> {
    let read = |text: &String| {
        let email = text.trim().to_lowercase();
        if is_email(&email) {
            return Ok(email);
        }
        let why = format!("operators: {text:?} is no e-mail address");
        Err(Failure::Usage(why))
    };
    texts.iter().map(read).collect()
}

//! The cookie of a browser that is signed in.
//!
//! No script can read it, and browsers do not send it along with requests of other sites. To them a site is all
//! ports and sibling domains of a host, so whose page sent a request is asked again where it is let in. Where
//! browsers come over TLS, the name begins with `__Host-`: such a cookie comes over TLS only, and no sibling
//! domain can have set it. It goes to other ports of this host nevertheless.

use axum::http::header::{COOKIE, InvalidHeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use outwork_domain::Timestamp;

/// Its name without TLS.
const NAME: &str = "outwork_session";
/// Its name with TLS; there the other one means nothing.
const NAME_OVER_TLS: &str = "__Host-outwork_session";

/// What the session's cookie holds, if one came to the server that browsers reach at that address.
pub(crate) fn of<'a>(headers: &'a HeaderMap, public_url: &str) -> Option<&'a str> {
    let (own_name, _) = form(public_url);
    let all = headers.get_all(COOKIE).iter();
    let pairs = all.filter_map(|line| line.to_str().ok());
    let mut pairs = pairs.flat_map(|line| line.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == own_name && !value.is_empty()).then_some(value)
    })
}

/// Gives the browser a cookie until its session's end.
///
/// # Errors
///
/// None for what [`outwork_store::SessionSecret::generate`] gives.
pub(crate) fn set(
    headers: &mut HeaderMap,
    public_url: &str,
    value: &str,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), InvalidHeaderValue> {
    let millis = expires_at.millis().saturating_sub(now.millis()).max(0);
    let text = line(public_url, value, millis / 1000);
    headers.insert(SET_COOKIE, HeaderValue::from_str(&text)?);
    Ok(())
}

/// Takes it back.
///
/// # Errors
///
/// None.
pub(crate) fn clear(headers: &mut HeaderMap, public_url: &str) -> Result<(), InvalidHeaderValue> {
    headers.insert(SET_COOKIE, HeaderValue::from_str(&line(public_url, "", 0))?);
    Ok(())
}

fn line(public_url: &str, value: &str, secs: i64) -> String {
    let (name, secure) = form(public_url);
    format!("{name}={value}; Path=/; Max-Age={secs}; HttpOnly; SameSite=Strict{secure}")
}

/// The cookie's name, and what is said of TLS.
fn form(public_url: &str) -> (&'static str, &'static str) {
    if public_url.starts_with("https://") {
        (NAME_OVER_TLS, "; Secure")
    } else {
        (NAME, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "http://127.0.0.1:8080";
    const OVER_TLS: &str = "https://o.example.com";

    fn found(public_url: &str, lines: &[&str]) -> Option<String> {
        let lines = lines.iter().map(|line| (COOKIE, line.parse().unwrap()));
        let headers: HeaderMap = lines.collect();
        of(&headers, public_url).map(ToOwned::to_owned)
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        for lines in [
            &["outwork_session=ab"][..],
            &["a=b; outwork_session=ab; outwork_session=cd"],
            &["a=b", "c=outwork_session=x;outwork_session=ab"],
        ] {
            assert_eq!(found(PLAIN, lines).as_deref(), Some("ab"), "{lines:?}");
        }
        for lines in [
            &[][..],
            &["outwork_session"],
            &["outwork_session="],
            &["Outwork_Session=ab"],
            &["x_outwork_session=ab"],
            &["a=b, outwork_session=ab"],
            &["__Host-outwork_session=ab"],
        ] {
            assert_eq!(found(PLAIN, lines), None, "{lines:?}");
        }
    }

    /// A sibling domain, or a page without TLS, can set the plain one.
    #[test]
    fn over_tls_the_plain_name_means_nothing() {
        let (own, plain) = ("__Host-outwork_session=ab", "outwork_session=cd");
        assert_eq!(found(OVER_TLS, &[own]).as_deref(), Some("ab"));
        assert_eq!(found(OVER_TLS, &[plain, own]).as_deref(), Some("ab"));
        for other in [
            plain,
            "__host-outwork_session=ab",
            "__Host-outwork_session=",
        ] {
            assert_eq!(found(OVER_TLS, &[other]), None, "{other}");
        }
    }

    #[test]
    fn only_where_tls_is_used_the_cookie_keeps_to_it() {
        let mut headers = HeaderMap::new();
        let times = (Timestamp::from_millis(500), Timestamp::from_millis(61_000));
        set(&mut headers, PLAIN, "ab", times).unwrap();
        assert_eq!(
            headers[SET_COOKIE],
            "outwork_session=ab; Path=/; Max-Age=60; HttpOnly; SameSite=Strict"
        );
        clear(&mut headers, OVER_TLS).unwrap();
        assert_eq!(
            headers[SET_COOKIE],
            "__Host-outwork_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
        );
    }
}

//! The cookie of a browser that is signed in.
//!
//! No script can read it, and no other site can make a browser send it.

use axum::http::header::{COOKIE, InvalidHeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use outwork_domain::Timestamp;

const NAME: &str = "outwork_session";

/// What the session's cookie holds, if one came.
pub(crate) fn of(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(COOKIE).iter();
    let pairs = all.filter_map(|line| line.to_str().ok());
    let mut pairs = pairs.flat_map(|line| line.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == NAME && !value.is_empty()).then_some(value)
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
    let secure = if public_url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    format!("{NAME}={value}; Path=/; Max-Age={secs}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[&str]) -> Option<String> {
        let lines = lines.iter().map(|line| (COOKIE, line.parse().unwrap()));
        let headers: HeaderMap = lines.collect();
        of(&headers).map(ToOwned::to_owned)
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        for lines in [
            &["outwork_session=ab"][..],
            &["a=b; outwork_session=ab; outwork_session=cd"],
            &["a=b", "c=outwork_session=x;outwork_session=ab"],
        ] {
            assert_eq!(found(lines).as_deref(), Some("ab"), "{lines:?}");
        }
        for lines in [
            &[][..],
            &["outwork_session"],
            &["outwork_session="],
            &["Outwork_Session=ab"],
            &["x_outwork_session=ab"],
            &["a=b, outwork_session=ab"],
        ] {
            assert_eq!(found(lines), None, "{lines:?}");
        }
    }

    #[test]
    fn only_where_tls_is_used_the_cookie_keeps_to_it() {
        let mut headers = HeaderMap::new();
        let times = (Timestamp::from_millis(500), Timestamp::from_millis(61_000));
        set(&mut headers, "http://127.0.0.1:8080", "ab", times).unwrap();
        assert_eq!(
            headers[SET_COOKIE],
            "outwork_session=ab; Path=/; Max-Age=60; HttpOnly; SameSite=Strict"
        );
        clear(&mut headers, "https://o.example.com").unwrap();
        assert_eq!(
            headers[SET_COOKIE],
            "outwork_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
        );
    }
}

//! `/pulls/{number}`, `.diff` and `.patch`: a pull request for people and for `git am`.

use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use outwork_domain::PullRequestNumber;
use outwork_store::pull_requests;

use super::pull_request::pull_request_page;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::pull_request_number;
use crate::reply::{Answer, diff, typed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Page,
    Diff,
    Patch,
}

/// A pull request in a form.
pub(super) struct Named {
    number: PullRequestNumber,
    form: Form,
}

impl FromRequestParts<App> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let all = RawPathParams::from_request_parts(parts, app).await;
        let all = all.map_err(|_| Failure::pull_request_not_found())?;
        let name = all.iter().next().map_or("", |(_, name)| name);
        read_name(name).ok_or_else(Failure::pull_request_not_found)
    }
}

fn read_name(name: &str) -> Option<Named> {
    let (number, form) = match name.split_once('.') {
        None => (name, Form::Page),
        Some((number, "diff")) => (number, Form::Diff),
        Some((number, "patch")) => (number, Form::Patch),
        Some(_) => return None,
    };
    Some(Named {
        number: pull_request_number(number)?,
        form,
    })
}

pub(super) async fn get_pull_request(
    State(app): State<App>,
    caller: Caller,
    Named { number, form }: Named,
) -> Answer {
    let (engine, account_id) = (app.engine(), caller.account_id());
    match form {
        Form::Diff => Ok(diff(engine.diff_of_pull_request(account_id, number).await?)),
        Form::Patch => {
            let text = engine.patch_of_pull_request(account_id, number).await?;
            Ok(typed(StatusCode::OK, "text/x-patch; charset=utf-8", text))
        }
        Form::Page => {
            let mut reader = app.store().read().await?;
            let found = pull_requests::get(&mut reader, account_id, number).await?;
            drop(reader);
            let found = found.ok_or_else(Failure::pull_request_not_found)?;
            let text = engine.diff_of_pull_request(account_id, number).await;
            if let Err(error) = &text {
                tracing::warn!(%number, %error, "a pull request is shown without its diff");
            }
            Ok(pull_request_page(&found, text.ok().as_deref()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_number_and_a_form() {
        let read = |name| read_name(name).map(|named| (named.number.0, named.form));
        assert_eq!(read("7"), Some((7, Form::Page)));
        assert_eq!(read("7.diff"), Some((7, Form::Diff)));
        assert_eq!(read("7.patch"), Some((7, Form::Patch)));
        for bad in [
            "",
            "x",
            "7.",
            ".diff",
            "7.html",
            "7.diff.diff",
            "-7",
            "99999999999999999999",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}

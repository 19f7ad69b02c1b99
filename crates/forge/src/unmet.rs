//! Wishes that a forge does not grant.

use outwork_domain::Class;

use crate::decoration::Unmet;
use crate::error::Error;

pub(crate) fn unmet(wish: impl Into<String>, why: impl Into<String>) -> Unmet {
    Unmet {
        wish: wish.into(),
        why: why.into(),
    }
}

/// Notes a wish that was refused; what keeps the forge from being asked at all stays an error.
pub(crate) fn note<T>(
    missed: &mut Vec<Unmet>,
    wish: impl Into<String>,
    answer: Result<T, Error>,
) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class() == Class::Retry || matches!(error, Error::Auth(_)) => {
            Err(error)
        }
        Err(error) => {
            missed.push(unmet(wish, error.to_string()));
            Ok(None)
        }
    }
}

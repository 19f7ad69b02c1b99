//! How many calls a token has in an hour, and what each answer says about it.

use std::time::Duration;

use super::Kind;
use super::access::Caller;
use super::http::Answer;
use super::world::World;

const HOUR_SECS: i64 = 3600;

/// What a token has used since when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quota {
    pub(super) used: u64,
    pub(super) ends_at: i64,
}

impl World {
    /// Counts a call; the refusal if it is one too many.
    pub(super) fn spend_call(&mut self, caller: &Caller) -> Option<Answer> {
        let (now, limit) = (self.now_secs, self.calls_an_hour);
        let quota = self.quota_mut(caller);
        if quota.ends_at <= now {
            *quota = Quota {
                used: 0,
                ends_at: now + HOUR_SECS,
            };
        }
        if quota.used >= limit {
            let secs = u64::try_from(quota.ends_at - now).unwrap_or(0);
            return Some(self.rate_limited(Duration::from_secs(secs)));
        }
        quota.used += 1;
        None
    }

    /// What did not change costs nothing.
    pub(super) fn refund_call(&mut self, caller: &Caller) {
        let quota = self.quota_mut(caller);
        quota.used = quota.used.saturating_sub(1);
    }

    /// What the caller has used, and until when that counts.
    pub(super) fn quota(&self, caller: &Caller) -> Quota {
        let key = caller.token().unwrap_or_default();
        self.quotas.get(key).copied().unwrap_or_default()
    }

    fn quota_mut(&mut self, caller: &Caller) -> &mut Quota {
        let key = caller.token().unwrap_or_default().to_owned();
        self.quotas.entry(key).or_default()
    }

    /// Adds the headers that tell it.
    pub(super) fn with_limits(&self, caller: &Caller, answer: Answer) -> Answer {
        let (quota, limit) = (self.quota(caller), self.calls_an_hour);
        let left = limit.saturating_sub(quota.used);
        match self.kind {
            Kind::GitHub => {
                let answer = answer
                    .with("x-ratelimit-limit", limit.to_string())
                    .with("x-ratelimit-remaining", left.to_string())
                    .with("x-ratelimit-used", quota.used.to_string())
                    .with("x-ratelimit-reset", quota.ends_at.to_string())
                    .with("x-ratelimit-resource", "core")
                    .with("x-github-request-id", format!("F00D:{}", quota.used));
                self.with_scopes(caller, answer)
            }
            Kind::GitLab => answer
                .with("ratelimit-limit", limit.to_string())
                .with("ratelimit-remaining", left.to_string())
                .with("ratelimit-observed", quota.used.to_string())
                .with("ratelimit-reset", quota.ends_at.to_string()),
            Kind::Gitea => answer,
        }
    }

    /// GitHub tells the scopes of a classic token, and when a token ends.
    fn with_scopes(&self, caller: &Caller, answer: Answer) -> Answer {
        let Some(token) = caller.token().and_then(|token| self.tokens.get(token)) else {
            return answer;
        };
        let answer = match (&token.scopes, &token.permissions, caller) {
            (Some(scopes), _, _) => answer.with("x-oauth-scopes", scopes.join(", ")),
            (None, None, Caller::User { .. }) => answer.with("x-oauth-scopes", "repo, workflow"),
            (None, _, _) => answer,
        };
        match (token.ends_at, caller) {
            (Some(end), Caller::User { .. }) => {
                let written = super::clock::written(end)
                    .replace('T', " ")
                    .replace('Z', " UTC");
                answer.with("github-authentication-token-expiration", written)
            }
            (Some(_) | None, _) => answer,
        }
    }
}

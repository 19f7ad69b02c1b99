//! Tokens: made, ended, found.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::Kind;
use super::access::{Owner, Token, TokenOptions, secret_of};
use super::http::Request;
use super::world::{Nature, User, World};

impl World {
    /// The person of that name, made if need be.
    pub(super) fn person(&mut self, login: &str) -> &User {
        self.user(login, Nature::Person)
    }

    /// A token of a person's.
    pub(super) fn add_token(&mut self, login: &str, options: &TokenOptions) -> String {
        let prefix = match self.kind {
            Kind::GitHub => "ghp_",
            Kind::GitLab => "glpat-",
            Kind::Gitea => "",
        };
        let only = options.repositories.as_ref().map(|paths| {
            let found = paths.iter().filter_map(|path| self.find_path(path));
            found.collect::<BTreeSet<u64>>()
        });
        let lives = options.lives.map(|time| time.as_secs());
        let token = Token {
            owner: Owner::User(login.to_owned()),
            scopes: options.scopes.clone(),
            permissions: options.permissions.clone(),
            repositories: only,
            ends_at: lives.map(|secs| self.now_secs + i64::try_from(secs).unwrap_or(i64::MAX)),
            calls_left: options.calls,
        };
        self.keep_token(prefix, token)
    }

    /// Keeps a token and returns its secret, which no other server has.
    pub(super) fn keep_token(&mut self, prefix: &str, token: Token) -> String {
        let id = self.new_id();
        let seed = format!("{} {} {id}", self.base_url, self.folder.display());
        let secret = hex::encode(Sha256::digest(seed));
        let secret = format!("{prefix}{}", &secret[..36]);
        self.tokens.insert(secret.clone(), token);
        secret
    }

    pub(super) fn end_token(&mut self, secret: &str) {
        let now = self.now_secs;
        if let Some(token) = self.tokens.get_mut(secret) {
            token.ends_at = Some(now);
        }
    }

    pub(super) fn end_token_of(&mut self, request: &Request) {
        if let Some(secret) = secret_of(self.kind, request) {
            self.end_token(&secret);
        }
    }
}

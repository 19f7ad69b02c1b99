//! The forge's App: its signed claims, and the installations that lend it repositories.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use super::access::{Caller, Owner, Reach, Token};
use super::world::{Nature, World};

/// The private key of every App here, as GitHub hands it out: PKCS#1 in PEM. Made for tests; it opens nothing.
pub const APP_PRIVATE_KEY: &str = include_str!("app_private_key.pem");

const APP_PUBLIC_KEY: &str = include_str!("app_public_key.pem");

/// How far ahead a claim may end, and how much a clock may differ.
const CLAIM_SECS_MAX: i64 = 600;
const CLOCK_DRIFT_SECS: i64 = 60;

/// An App and where it is installed.
#[derive(Clone, Debug)]
pub(super) struct App {
    pub(super) id: u64,
    pub(super) slug: String,
    /// What it was granted: `contents`, `pull_requests` and so on, with `read` or `write`.
    pub(super) permissions: BTreeMap<String, String>,
    pub(super) installations: Vec<Installation>,
}

/// An account that lets the App into repositories.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    pub(super) id: u64,
    pub(super) account: String,
    pub(super) repositories: BTreeSet<u64>,
}

impl World {
    /// The App, if the secret is a claim that it signed and that holds now.
    pub(super) fn app_caller(&self, claim: &str) -> Caller {
        match self
            .app
            .as_ref()
            .map(|app| checked(claim, app.id, self.now_secs))
        {
            Some(Ok(())) => Caller::App,
            Some(Err(_)) | None => Caller::Refused,
        }
    }

    /// Makes the App, which may do all that it has to.
    pub(super) fn add_app(&mut self, slug: &str) -> u64 {
        let id = self.new_id();
        let permissions = [
            ("metadata", "read"),
            ("contents", "write"),
            ("pull_requests", "write"),
            ("issues", "write"),
            ("checks", "write"),
            ("statuses", "write"),
            ("workflows", "write"),
        ];
        let pairs = permissions.into_iter();
        let pairs = pairs.map(|(name, level)| (name.to_owned(), level.to_owned()));
        self.user(&format!("{slug}[bot]"), Nature::Bot);
        self.app = Some(App {
            id,
            slug: slug.to_owned(),
            permissions: pairs.collect(),
            installations: Vec::new(),
        });
        id
    }

    /// Installs the App in repositories of an account; none if there is no App.
    pub(super) fn install(&mut self, account: &str, repositories: BTreeSet<u64>) -> Option<u64> {
        self.forget_reach();
        let id = self.new_id();
        self.user(account, Nature::Organisation);
        self.app.as_mut()?.installations.push(Installation {
            id,
            account: account.to_owned(),
            repositories,
        });
        Some(id)
    }

    /// Takes the App from an account again; none if it was not there.
    pub(super) fn uninstall(&mut self, id: u64) -> Option<()> {
        self.forget_reach();
        let installations = &mut self.app.as_mut()?.installations;
        let place = installations.iter().position(|one| one.id == id)?;
        installations.remove(place);
        let of_it = |token: &Token| token.owner == Owner::Installation(id);
        self.tokens.retain(|_, token| !of_it(token));
        Some(())
    }

    /// The name that the App acts under.
    pub(super) fn bot_login(&self) -> String {
        let slug = self.app.as_ref().map_or("ghost", |app| app.slug.as_str());
        format!("{slug}[bot]")
    }

    pub(super) fn installation_has(&self, installation: u64, project: u64) -> Reach {
        let found = self.app.as_ref().is_some_and(|app| {
            let mut all = app.installations.iter();
            all.any(|known| known.id == installation && known.repositories.contains(&project))
        });
        if found { Reach::Within } else { Reach::Outside }
    }
}

/// Checks a JWT as GitHub does: RS256, issuer, ten minutes at most.
pub(super) fn checked(claim: &str, app: u64, now: i64) -> Result<(), &'static str> {
    let undecodable = "A JSON web token could not be decoded";
    let (signed, signature) = claim.rsplit_once('.').ok_or(undecodable)?;
    let (header, payload) = signed.split_once('.').ok_or(undecodable)?;
    let header = decoded(header).ok_or(undecodable)?;
    let payload = decoded(payload).ok_or(undecodable)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| undecodable)?;
    if header["alg"] != "RS256" {
        return Err(undecodable);
    }
    let key = public_key().ok_or("the stand-in's own key is broken")?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| undecodable)?;
    let issuer = &payload["iss"];
    let is_ours = issuer.as_u64() == Some(app) || issuer.as_str() == Some(&app.to_string());
    if !is_ours {
        return Err("'Issuer' claim ('iss') must be an Integer");
    }
    let (Some(from), Some(to)) = (payload["iat"].as_i64(), payload["exp"].as_i64()) else {
        return Err("'Expiration time' claim ('exp') must be a numeric value");
    };
    if from > now + CLOCK_DRIFT_SECS {
        return Err("'Issued at' claim ('iat') must be an Integer representing a past time");
    }
    if to <= now {
        return Err(
            "'Expiration time' claim ('exp') must be a numeric value representing the future",
        );
    }
    if to > now + CLAIM_SECS_MAX + CLOCK_DRIFT_SECS {
        return Err("'Expiration time' claim ('exp') is too far in the future");
    }
    Ok(())
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn public_key() -> Option<Vec<u8>> {
    let lines = APP_PUBLIC_KEY.lines();
    let text: String = lines.filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(text).ok()
}

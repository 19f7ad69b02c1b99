//! How a forge is reached, whichever it is.

use secrecy::SecretString;

/// How a forge is reached; the same for all of them.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The name that it is spoken of by, and under which its webhooks arrive.
    pub name: String,
    /// Where people read it, such as `https://git.example.com` or `https://example.com/gitlab`; the
    /// addresses of its repositories begin with it.
    pub web_url: String,
    /// Where programs reach it, if that is not where this kind of forge has it by default.
    pub api_url: Option<String>,
    /// The host of `ssh://` addresses, if it is not that of the pages.
    pub ssh_host: Option<String>,
    /// Certificates to trust beside those of the system, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// What its webhooks are signed with; without one none is believed.
    pub hook_secret: Option<SecretString>,
    /// Names on the forge that are programs although it does not say so, ours among them: nobody there
    /// gets an answer.
    pub bot_logins: Vec<String>,
}

impl HostOptions {
    /// A forge at that address, with nothing beside.
    #[must_use]
    pub fn new(name: impl Into<String>, web_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            web_url: web_url.into(),
            api_url: None,
            ssh_host: None,
            ca_pem: None,
            hook_secret: None,
            bot_logins: Vec::new(),
        }
    }
}

/// Why a forge cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The text is no address of a forge.
    #[error("{text:?} is no address of a forge: {why}")]
    Address {
        /// The text; without credentials, which are refused unseen.
        text: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// The additional certificates cannot be read.
    #[error("the certificates cannot be read as PEM")]
    Certificates,
    /// The App's private key cannot be read.
    #[error("the private key of the GitHub App is not an RSA key in PEM")]
    PrivateKey,
    /// A token has characters that no header can carry, perhaps the line's end of its file.
    #[error("the token has characters that no token has")]
    Token,
    /// There is nothing to show to the forge.
    #[error("neither a token nor a GitHub App is configured")]
    NoCredentials,
    /// There is no tokio runtime around: octocrab keeps a task of its own.
    #[error("a client of GitHub needs a tokio runtime when it is made")]
    NoRuntime,
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}

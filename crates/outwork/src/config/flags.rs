//! The options that say where a server's state is and how it is reached.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

/// Where state lies; shared by every command that opens it.
#[derive(Args, Clone, Debug, Default)]
pub struct StorageFlags {
    /// Folder of database, mirrors and workspaces [default: /var/lib/outwork as root, else
    /// ~/.local/share/outwork]
    #[arg(
        long,
        value_name = "DIR",
        env = "OUTWORK_DATA_DIR",
        hide_env_values = true
    )]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL to use instead of SQLite in the data folder, postgres://…
    #[arg(
        long,
        value_name = "URL",
        env = "OUTWORK_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<SecretString>,
    /// Key that seals the secrets in the database, 64 hexadecimal digits; older keys on the lines
    /// below it [default: made in the data folder]
    #[arg(
        long,
        value_name = "FILE",
        env = "OUTWORK_SECRET_KEY_FILE",
        hide_env_values = true
    )]
    pub secret_key_file: Option<PathBuf>,
    /// Configuration file in TOML
    #[arg(
        long,
        value_name = "FILE",
        env = "OUTWORK_CONFIG",
        hide_env_values = true
    )]
    pub config: Option<PathBuf>,
}

/// How a server is reached and what it serves.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// Where state lies.
    #[command(flatten)]
    pub storage: StorageFlags,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "OUTWORK_LISTEN",
        hide_env_values = true
    )]
    pub listen: Option<String>,
    /// Where clients reach the server, for links [default: http:// and the address]
    #[arg(
        long,
        value_name = "URL",
        env = "OUTWORK_PUBLIC_URL",
        hide_env_values = true
    )]
    pub public_url: Option<String>,
    /// Folder whose git repositories agents may work in, as file:// addresses; may be repeated
    #[arg(
        long,
        value_name = "DIR",
        env = "OUTWORK_LOCAL_REPOS",
        value_delimiter = ':',
        hide_env_values = true
    )]
    pub local_repos: Vec<PathBuf>,
}

//! A throw-away PostgreSQL: a database of its own for each test.
//!
//! All test processes of a user share one server in a temporary folder, reached by a UNIX socket only. The
//! first one starts it; a watcher stops it once no process holds the shared lock any more, so a killed
//! test leaves nothing behind. `OUTWORK_TEST_POSTGRES` names another server to use instead.

mod programs;
mod server;

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use server::Server;

/// An empty database; it is dropped with the value.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: String,
}

impl PostgresDatabase {
    /// Makes a database, on the server that the environment names or on the throw-away one.
    ///
    /// # Errors
    ///
    /// What keeps PostgreSQL from being used; the text says what is missing.
    pub fn create() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = server()?;
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("test_{}_{count}", std::process::id());
            match server.execute(&format!("CREATE DATABASE {name} TEMPLATE template0")) {
                Ok(()) => {
                    let url = server.url_of(&name);
                    return Ok(Self { name, url });
                }
                // A process of the same number died before it could tidy up.
                Err(error) if error.to_string().contains("already exists") => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// `postgres://…`, for this database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Carries out SQL in this database by way of `psql`, as somebody else would.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub fn execute(&self, sql: &str) -> io::Result<()> {
        programs::psql(&self.url, sql)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if let Ok(server) = server() {
            // The whole server goes away soon; a database that stays until then harms nobody.
            drop(server.execute(&format!(
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                self.name
            )));
        }
    }
}

fn server() -> io::Result<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| Server::find_or_start().map_err(|fault| fault.to_string()));
    server
        .as_ref()
        .map_err(|fault| io::Error::other(format!("no PostgreSQL for tests: {fault}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_apart_and_go_away() {
        let (one, other) = (
            PostgresDatabase::create().unwrap(),
            PostgresDatabase::create().unwrap(),
        );
        one.execute("CREATE TABLE only_here (id bigint)").unwrap();
        one.execute("SELECT * FROM only_here").unwrap();
        assert!(other.execute("SELECT * FROM only_here").is_err());
        let url = one.url().to_owned();
        drop(one);
        assert!(programs::psql(&url, "SELECT 1").is_err());
    }
}

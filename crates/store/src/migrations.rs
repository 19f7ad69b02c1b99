//! Brings the tables to the form that this program knows; forward only.
//!
//! The migrations are embedded, one folder for each database, the same names in both. The database keeps
//! number and checksum of each: one that changed after its release, or one that only a newer program
//! knows, is refused before anything is touched.

use outwork_domain::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::database::{Connected, Kind, Row, database_now, values};

struct Migration {
    version: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sqlite: include_str!("../../../migrations/sqlite/0001_start.sql"),
        postgres: include_str!("../../../migrations/postgres/0001_start.sql"),
    },
    Migration {
        version: 2,
        sqlite: include_str!("../../../migrations/sqlite/0002_webhooks.sql"),
        postgres: include_str!("../../../migrations/postgres/0002_webhooks.sql"),
    },
    Migration {
        version: 3,
        sqlite: include_str!("../../../migrations/sqlite/0003_secrets.sql"),
        postgres: include_str!("../../../migrations/postgres/0003_secrets.sql"),
    },
    Migration {
        version: 4,
        sqlite: include_str!("../../../migrations/sqlite/0004_idempotency.sql"),
        postgres: include_str!("../../../migrations/postgres/0004_idempotency.sql"),
    },
    Migration {
        version: 5,
        sqlite: include_str!("../../../migrations/sqlite/0005_sub_tokens.sql"),
        postgres: include_str!("../../../migrations/postgres/0005_sub_tokens.sql"),
    },
    Migration {
        version: 6,
        sqlite: include_str!("../../../migrations/sqlite/0006_usage.sql"),
        postgres: include_str!("../../../migrations/postgres/0006_usage.sql"),
    },
    Migration {
        version: 7,
        sqlite: include_str!("../../../migrations/sqlite/0007_streams.sql"),
        postgres: include_str!("../../../migrations/postgres/0007_streams.sql"),
    },
    Migration {
        version: 8,
        sqlite: include_str!("../../../migrations/sqlite/0008_forges.sql"),
        postgres: include_str!("../../../migrations/postgres/0008_forges.sql"),
    },
    Migration {
        version: 9,
        sqlite: include_str!("../../../migrations/sqlite/0009_projects.sql"),
        postgres: include_str!("../../../migrations/postgres/0009_projects.sql"),
    },
    Migration {
        version: 10,
        sqlite: include_str!("../../../migrations/sqlite/0010_plans.sql"),
        postgres: include_str!("../../../migrations/postgres/0010_plans.sql"),
    },
    Migration {
        version: 11,
        sqlite: include_str!("../../../migrations/sqlite/0011_change_sets.sql"),
        postgres: include_str!("../../../migrations/postgres/0011_change_sets.sql"),
    },
    Migration {
        version: 12,
        sqlite: include_str!("../../../migrations/sqlite/0012_attempts.sql"),
        postgres: include_str!("../../../migrations/postgres/0012_attempts.sql"),
    },
    Migration {
        version: 13,
        sqlite: include_str!("../../../migrations/sqlite/0013_sessions.sql"),
        postgres: include_str!("../../../migrations/postgres/0013_sessions.sql"),
    },
    Migration {
        version: 14,
        sqlite: include_str!("../../../migrations/sqlite/0014_lists.sql"),
        postgres: include_str!("../../../migrations/postgres/0014_lists.sql"),
    },
];

/// "outw" in ASCII: the advisory lock under which servers that start together migrate in turn.
const POSTGRES_LOCK: i64 = 0x6f75_7477;

impl Migration {
    fn sql(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Sqlite => self.sqlite,
            Kind::Postgres => self.postgres,
        }
    }

    fn checksum(&self, kind: Kind) -> String {
        hex::encode(Sha256::digest(self.sql(kind)))
    }
}

/// Applies what is missing; the caller has begun a transaction and commits it.
pub(crate) async fn migrate(database: &mut impl Connected) -> Result<(), Error> {
    let kind = database.connection().kind();
    if kind == Kind::Postgres {
        let sql = "SELECT pg_advisory_xact_lock($1)";
        database
            .connection()
            .execute(sql, values![POSTGRES_LOCK])
            .await?;
    }
    database
        .connection()
        .script(
            "CREATE TABLE IF NOT EXISTS migrations \
             (version BIGINT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, \
             applied_at BIGINT NOT NULL)",
        )
        .await?;
    let sql = "SELECT version, checksum FROM migrations ORDER BY version";
    let applied = database.connection().rows(sql, Vec::new()).await?;
    check(kind, &applied)?;
    let now = database_now(database).await?;
    for migration in MIGRATIONS.iter().skip(applied.len()) {
        apply(database, kind, migration, now).await?;
    }
    Ok(())
}

fn check(kind: Kind, applied: &[Row]) -> Result<(), Error> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if let Some(last) = applied.last() {
        let found = last.number("version")?;
        if found > known {
            return Err(Error::Newer { found, known });
        }
    }
    for (row, migration) in applied.iter().zip(MIGRATIONS) {
        let version = row.number("version")?;
        if version != migration.version || row.text("checksum")? != migration.checksum(kind) {
            return Err(Error::ForeignMigration { version });
        }
    }
    Ok(())
}

async fn apply(
    database: &mut impl Connected,
    kind: Kind,
    migration: &Migration,
    now: Timestamp,
) -> Result<(), Error> {
    database.connection().script(migration.sql(kind)).await?;
    let sql = "INSERT INTO migrations (version, checksum, applied_at) VALUES ($1, $2, $3)";
    let values = values![migration.version, migration.checksum(kind), now];
    database.connection().execute(sql, values).await?;
    tracing::info!(version = migration.version, "a migration was applied");
    Ok(())
}

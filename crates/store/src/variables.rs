//! Variables of agents and runs, sealed; they go with their agent.

use outwork_domain::{AgentId, RunId, Variable};
use uuid::Uuid;

use crate::database::{Connected as _, Read, values};
use crate::error::corrupt;
use crate::sealer::Place;
use crate::{Error, Tx};

const VALUE: &str = "value";

/// Whose variables.
#[derive(Clone, Copy)]
enum Owner {
    Agent(AgentId),
    Run(RunId),
}

impl Owner {
    const fn table(self) -> &'static str {
        match self {
            Self::Agent(_) => "variables",
            Self::Run(_) => "run_variables",
        }
    }

    const fn id(self) -> Uuid {
        match self {
            Self::Agent(id) => id.uuid(),
            Self::Run(id) => id.uuid(),
        }
    }

    /// What identifies a variable's row.
    fn row(self, name: &str) -> Vec<u8> {
        [self.id().as_bytes(), name.as_bytes()].concat()
    }
}

/// Adds the variables of a new agent.
///
/// # Errors
///
/// The database's.
pub async fn insert_of_agent(
    tx: &mut Tx,
    agent_id: AgentId,
    variables: &[Variable],
) -> Result<(), Error> {
    insert(tx, Owner::Agent(agent_id), variables).await
}

/// Adds the variables of a new run.
///
/// # Errors
///
/// The database's.
pub async fn insert_of_run(
    tx: &mut Tx,
    run_id: RunId,
    variables: &[Variable],
) -> Result<(), Error> {
    insert(tx, Owner::Run(run_id), variables).await
}

/// The agent's variables, by name.
///
/// # Errors
///
/// The database's.
pub async fn of_agent(reader: &mut impl Read, agent_id: AgentId) -> Result<Vec<Variable>, Error> {
    list(reader, Owner::Agent(agent_id)).await
}

/// The run's own variables, by name.
///
/// # Errors
///
/// The database's.
pub async fn of_run(reader: &mut impl Read, run_id: RunId) -> Result<Vec<Variable>, Error> {
    list(reader, Owner::Run(run_id)).await
}

/// What was given to single runs of the agent, by name.
///
/// # Errors
///
/// The database's.
pub async fn of_runs(reader: &mut impl Read, agent_id: AgentId) -> Result<Vec<Variable>, Error> {
    let sql = "SELECT DISTINCT r.id FROM runs r JOIN run_variables v ON v.run_id = r.id \
               WHERE r.agent_id = $1";
    let rows = reader.connection().rows(sql, values![agent_id]).await?;
    let mut all = Vec::new();
    for row in rows {
        all.extend(of_run(reader, RunId::new(row.uuid("id")?)).await?);
    }
    Ok(all)
}

async fn insert(tx: &mut Tx, owner: Owner, variables: &[Variable]) -> Result<(), Error> {
    for variable in variables {
        let name = variable.name.as_str();
        let place = Place {
            table: owner.table(),
            column: VALUE,
            row: &owner.row(name),
        };
        let sealed = tx
            .sealer()
            .seal(place, variable.value.expose().as_bytes())?;
        let sql = match owner {
            Owner::Agent(_) => "INSERT INTO variables (agent_id, name, value) VALUES ($1, $2, $3)",
            Owner::Run(_) => "INSERT INTO run_variables (run_id, name, value) VALUES ($1, $2, $3)",
        };
        let values = values![owner.id(), name, sealed];
        tx.connection().execute(sql, values).await?;
    }
    Ok(())
}

async fn list(reader: &mut impl Read, owner: Owner) -> Result<Vec<Variable>, Error> {
    let sql = match owner {
        Owner::Agent(_) => "SELECT name, value FROM variables WHERE agent_id = $1 ORDER BY name",
        Owner::Run(_) => "SELECT name, value FROM run_variables WHERE run_id = $1 ORDER BY name",
    };
    let rows = reader.connection().rows(sql, values![owner.id()]).await?;
    rows.iter()
        .map(|row| {
            let name = row.text("name")?;
            let place = Place {
                table: owner.table(),
                column: VALUE,
                row: &owner.row(&name),
            };
            let value = reader.sealer().open_text(place, &row.bytes(VALUE)?)?;
            // The fault says nothing of the value.
            Variable::stored(name, value).map_err(|fault| corrupt("name", &fault))
        })
        .collect()
}

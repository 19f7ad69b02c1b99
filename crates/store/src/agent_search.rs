//! Agents by what is asked of them: words, states, repositories, models; in one of several orders.
//!
//! A statement is a constant, so that there is room for a fixed number of each, and what is not asked for is
//! NULL. Words are found without regard to case as the database has it.

use outwork_domain::run_state::RunState;
use outwork_domain::{AccountId, AgentId, ModelId, Project, Timestamp, TokenUsage};
use uuid::Uuid;

use crate::Error;
use crate::agents::{AgentView, Archived, agent_view, deciding, view};
use crate::database::{Read, Row, Value, values};
use crate::hundred::{HUNDRED, hundred, places};
use crate::rows::{agent_columns, by_agent, repository_columns, run_columns};

/// Words that a search may have.
pub const WORDS_MAX: usize = 6;
/// Repositories, and models, that it may have.
pub const NAMES_MAX: usize = 8;
/// Agents that are counted.
pub const COUNTED_MAX: u32 = 100_000;
/// Agents whose usage is added up for one list.
pub const USED_MAX: u32 = 10_000;
/// Agents that [`of_ids`] gives at once.
pub const IDS_MAX: usize = HUNDRED;
/// Values of one kind that [`facets`] gives.
const FACETS_MAX: u32 = 100;

/// Whose agents are asked for.
#[derive(Clone, Copy, Debug)]
pub struct AgentsOf<'a> {
    /// Those of this account.
    pub account_id: AccountId,
    /// If it is not all of them: those in one of these projects, as [`Project::has`] says.
    pub projects: Option<&'a [Project]>,
}

impl AgentsOf<'_> {
    /// All of an account's.
    #[must_use]
    pub const fn account(account_id: AccountId) -> Self {
        Self {
            account_id,
            projects: None,
        }
    }
}

/// Which agents are asked for; all of them if nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentFilter {
    /// Each is in the name, the model, a repository, a branch or a pull request's address, or begins the id;
    /// at most [`WORDS_MAX`].
    pub words: Vec<String>,
    /// Their deciding run is in one of these.
    pub states: Vec<RunState>,
    /// They work on one of these; at most [`NAMES_MAX`].
    pub repositories: Vec<String>,
    /// Their model is one of these; at most [`NAMES_MAX`].
    pub models: Vec<String>,
    /// They have this pull request.
    pub pull_request_url: Option<String>,
    /// Something happened to them later than that.
    pub updated_after: Option<Timestamp>,
    /// Whether those that were put away are asked for.
    pub archived: Archived,
}

/// In which order agents are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// When they were made.
    Created,
    /// When something last happened to them.
    Updated,
    /// Their name.
    Name,
}

/// Which of them comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

/// Where a page begins: behind the agent of that value and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchPlace {
    /// In an order by time.
    At(Timestamp, AgentId),
    /// In the order of names.
    Named(String, AgentId),
}

/// What agents have, each value with how many have it, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// The states of their deciding runs.
    pub states: Vec<(RunState, u64)>,
    /// Their repositories.
    pub repositories: Vec<(String, u64)>,
    /// Their models.
    pub models: Vec<(String, u64)>,
}

/// What an agent's runs with one model used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelUsage {
    /// The agent.
    pub agent_id: AgentId,
    /// What answered.
    pub model: ModelId,
    /// How many runs it answered.
    pub run_count: u64,
    /// What these used.
    pub tokens: TokenUsage,
}

// One word: its pattern, and the least and the greatest id that begins with it.
macro_rules! word {
    ($pattern:literal, $least:literal, $greatest:literal) => {
        concat!(
            " AND (",
            $pattern,
            " IS NULL OR lower(a.name) LIKE lower(",
            $pattern,
            ") ESCAPE '\\' OR lower(a.model) LIKE lower(",
            $pattern,
            ") ESCAPE '\\' OR (a.id >= ",
            $least,
            " AND a.id <= ",
            $greatest,
            ") OR EXISTS (SELECT 1 FROM agent_repositories w WHERE w.agent_id = a.id AND \
             lower(w.repository || ' ' || COALESCE(w.branch, '') || ' ' || \
             COALESCE(w.pull_request_url, '')) LIKE lower(",
            $pattern,
            ") ESCAPE '\\'))"
        )
    };
}

// Whether an agent is in one of the projects that count: it was made there, or its only repository is one's. Each
// list has a line for every project; what is left of it without the agent's tells whether it had it.
macro_rules! in_projects {
    () => {
        " AND ($40 IS NULL OR replace($40, '\n' || a.project || '\n', '') <> $40 \
         OR (a.project IS NULL AND EXISTS (SELECT 1 FROM agent_repositories i \
         WHERE i.agent_id = a.id AND replace($41, '\n' || i.repository || '\n', '') <> $41) \
         AND (SELECT count(*) FROM agent_repositories i WHERE i.agent_id = a.id) = 1))"
    };
}

// Whether an agent changed late enough, where what is asked for decides which agents are looked at.
macro_rules! if_asked {
    () => {
        "($3 IS NULL OR a.updated_at > $3)"
    };
}

// The same in a form that an index of changes serves: who asks every few seconds what is new asks a list
// by change, and reads no more than what is.
macro_rules! by_change {
    () => {
        "a.updated_at > COALESCE($3, -9223372036854775807)"
    };
}

// What is asked of the agent `a` itself; its deciding run `r` is joined where its state matters.
macro_rules! conditions {
    ($changed:expr) => {
        concat!(
            " WHERE a.account_id = $1 AND ($2 IS NULL OR EXISTS (SELECT 1 FROM agent_repositories u \
             WHERE u.agent_id = a.id AND (u.pull_request_url = $2 OR u.source_pull_request_url = $2))) \
             AND ",
            $changed,
            " AND ($4 = 0 OR ($4 = 1 AND a.archived_at IS NULL) OR ($4 = 2 AND a.archived_at IS NOT NULL)) \
             AND ($6 IS NULL OR EXISTS (SELECT 1 FROM agent_repositories u WHERE u.agent_id = a.id \
             AND u.repository IN ($6, $7, $8, $9, $10, $11, $12, $13))) \
             AND ($14 IS NULL OR a.model IN ($14, $15, $16, $17, $18, $19, $20, $21))",
            word!("$22", "$23", "$24"),
            word!("$25", "$26", "$27"),
            word!("$28", "$29", "$30"),
            word!("$31", "$32", "$33"),
            word!("$34", "$35", "$36"),
            word!("$37", "$38", "$39"),
            in_projects!()
        )
    };
}

macro_rules! found {
    () => {
        found!(if_asked!())
    };
    ($changed:expr) => {
        concat!(
            " FROM agents a",
            deciding!(),
            conditions!($changed),
            " AND ($5 IS NULL OR $5 LIKE '% ' || r.state || ' %')"
        )
    };
}

macro_rules! page {
    ($changed:expr, $behind:literal, $order:literal) => {
        concat!(
            view!(concat!(
                "(SELECT a.*",
                found!($changed),
                " AND ($42 IS NULL OR ",
                $behind,
                " ($42, $43)) ORDER BY ",
                $order,
                " LIMIT $44) a"
            )),
            " ORDER BY ",
            $order,
            ", p.number"
        )
    };
}

macro_rules! usage_of {
    () => {
        "SELECT q.agent_id, q.model, count(*) AS run_count, \
         CAST(COALESCE(SUM(u.input), 0) AS BIGINT) AS input, \
         CAST(COALESCE(SUM(u.output), 0) AS BIGINT) AS output, \
         CAST(COALESCE(SUM(u.cache_read), 0) AS BIGINT) AS cache_read, \
         CAST(COALESCE(SUM(u.cache_write), 0) AS BIGINT) AS cache_write \
         FROM runs q LEFT JOIN run_usage u ON u.run_id = q.id"
    };
}

/// Those agents that are asked for, beginning behind `after`.
///
/// # Errors
///
/// The database's.
pub async fn page(
    reader: &mut impl Read,
    of: AgentsOf<'_>,
    filter: &AgentFilter,
    (by, order): (SortBy, Order),
    after: Option<&SearchPlace>,
    limit: u32,
) -> Result<Vec<AgentView>, Error> {
    let sql = match (by, order) {
        (SortBy::Created, Order::Descending) => page!(
            if_asked!(),
            "(a.created_at, a.id) <",
            "a.created_at DESC, a.id DESC"
        ),
        (SortBy::Created, Order::Ascending) => {
            page!(if_asked!(), "(a.created_at, a.id) >", "a.created_at, a.id")
        }
        (SortBy::Updated, Order::Descending) => page!(
            by_change!(),
            "(a.updated_at, a.id) <",
            "a.updated_at DESC, a.id DESC"
        ),
        (SortBy::Updated, Order::Ascending) => {
            page!(by_change!(), "(a.updated_at, a.id) >", "a.updated_at, a.id")
        }
        (SortBy::Name, Order::Descending) => {
            page!(if_asked!(), "(a.name, a.id) <", "a.name DESC, a.id DESC")
        }
        (SortBy::Name, Order::Ascending) => {
            page!(if_asked!(), "(a.name, a.id) >", "a.name, a.id")
        }
    };
    let mut values = asked(of, filter);
    let (value, id) = match (by, after) {
        (SortBy::Created | SortBy::Updated, Some(SearchPlace::At(at, id))) => {
            (Value::from(*at), Some(id.uuid()))
        }
        (SortBy::Name, Some(SearchPlace::Named(name, id))) => {
            (Value::from(name.as_str()), Some(id.uuid()))
        }
        (SortBy::Created | SortBy::Updated, None | Some(SearchPlace::Named(..))) => {
            (Value::Integer(None), None)
        }
        (SortBy::Name, None | Some(SearchPlace::At(..))) => (Value::Text(None), None),
    };
    values.extend(values![value, id, limit]);
    views(reader, sql, values).await
}

/// The account's agents of these ids, at most [`IDS_MAX`], in any order.
///
/// # Errors
///
/// The database's.
pub async fn of_ids(
    reader: &mut impl Read,
    account_id: AccountId,
    ids: &[AgentId],
) -> Result<Vec<AgentView>, Error> {
    let sql = concat!(
        view!(concat!(
            "(SELECT * FROM agents WHERE account_id = $101 AND id IN (",
            places!(),
            ")) a"
        )),
        " ORDER BY a.id, p.number"
    );
    let mut values = hundred(ids.iter().map(|id| (*id).into()), Value::Uuid(None));
    values.extend(values![account_id]);
    views(reader, sql, values).await
}

/// How many agents are asked for, up to [`COUNTED_MAX`].
///
/// # Errors
///
/// The database's.
pub async fn count(
    reader: &mut impl Read,
    of: AgentsOf<'_>,
    filter: &AgentFilter,
) -> Result<u32, Error> {
    let sql = if filter.states.is_empty() {
        // The runs of thousands of agents are not looked up for nothing.
        concat!(
            "SELECT count(*) AS total FROM (SELECT 1 AS one FROM agents a",
            conditions!(by_change!()),
            " AND $5 IS NULL LIMIT $42) t"
        )
    } else {
        concat!(
            "SELECT count(*) AS total FROM (SELECT 1 AS one",
            found!(by_change!()),
            " LIMIT $42) t"
        )
    };
    let mut values = asked(of, filter);
    values.extend(values![COUNTED_MAX]);
    let row = reader.connection().row(sql, values).await?;
    row.ok_or(Error::NotFound)?.number("total")
}

/// What the agents have that are asked for, the first 100 values of each kind.
///
/// # Errors
///
/// The database's.
pub async fn facets(
    reader: &mut impl Read,
    of: AgentsOf<'_>,
    filter: &AgentFilter,
) -> Result<Facets, Error> {
    let of_states = concat!(
        "SELECT r.state AS value, count(*) AS total",
        found!(),
        " GROUP BY r.state ORDER BY total DESC, value LIMIT $42"
    );
    let of_repositories = concat!(
        "SELECT f.repository AS value, count(DISTINCT f.agent_id) AS total FROM agent_repositories f \
         WHERE f.agent_id IN (SELECT a.id",
        found!(),
        ") GROUP BY f.repository ORDER BY total DESC, value LIMIT $42"
    );
    let of_models = concat!(
        "SELECT a.model AS value, count(*) AS total",
        found!(),
        " GROUP BY a.model ORDER BY total DESC, value LIMIT $42"
    );
    let mut values = asked(of, filter);
    values.extend(values![FACETS_MAX]);
    let states = reader.connection().rows(of_states, values.clone()).await?;
    let states = states.iter();
    let states = states.map(|row| Ok((row.parsed("value")?, row.number("total")?)));
    let states: Result<_, Error> = states.collect();
    Ok(Facets {
        states: states?,
        repositories: named(reader, of_repositories, values.clone()).await?,
        models: named(reader, of_models, values).await?,
    })
}

async fn named(
    reader: &mut impl Read,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Vec<(String, u64)>, Error> {
    let rows = reader.connection().rows(sql, values).await?;
    let rows = rows.iter();
    rows.map(|row| Ok((row.text("value")?, row.number("total")?)))
        .collect()
}

/// What the runs of the agents used that are asked for; of the newest [`USED_MAX`] of them.
///
/// # Errors
///
/// The database's.
pub async fn usage(
    reader: &mut impl Read,
    of: AgentsOf<'_>,
    filter: &AgentFilter,
) -> Result<Vec<ModelUsage>, Error> {
    let sql = concat!(
        usage_of!(),
        " WHERE q.agent_id IN (SELECT a.id",
        found!(),
        " ORDER BY a.created_at DESC, a.id DESC LIMIT $42) GROUP BY q.agent_id, q.model"
    );
    let mut values = asked(of, filter);
    values.extend(values![USED_MAX]);
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter().map(model_usage).collect()
}

/// What the runs of these agents used, at most [`IDS_MAX`].
///
/// # Errors
///
/// The database's.
pub async fn usage_of_ids(
    reader: &mut impl Read,
    ids: &[AgentId],
) -> Result<Vec<ModelUsage>, Error> {
    let sql = concat!(
        usage_of!(),
        " WHERE q.agent_id IN (",
        places!(),
        ") GROUP BY q.agent_id, q.model"
    );
    let values = hundred(ids.iter().map(|id| (*id).into()), Value::Uuid(None));
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter().map(model_usage).collect()
}

async fn views(
    reader: &mut impl Read,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Vec<AgentView>, Error> {
    let rows = reader.connection().rows(sql, values).await?;
    by_agent(&rows)
        .map(|rows| agent_view(rows, reader.sealer()))
        .collect()
}

fn model_usage(row: &Row) -> Result<ModelUsage, Error> {
    Ok(ModelUsage {
        agent_id: AgentId::new(row.uuid("agent_id")?),
        model: row.parsed("model")?,
        run_count: row.number("run_count")?,
        tokens: TokenUsage {
            input: row.number("input")?,
            output: row.number("output")?,
            cache_read: row.number("cache_read")?,
            cache_write: row.number("cache_write")?,
        },
    })
}

/// The first 41 values of a search's statements.
fn asked(of: AgentsOf<'_>, filter: &AgentFilter) -> Vec<Value> {
    let archived: u32 = match filter.archived {
        Archived::Included => 0,
        Archived::Excluded => 1,
        Archived::Only => 2,
    };
    let states: Vec<&str> = filter.states.iter().map(|state| state.word()).collect();
    let states = (!states.is_empty()).then(|| format!(" {} ", states.join(" ")));
    let mut values = values![
        of.account_id,
        filter.pull_request_url.as_deref(),
        filter.updated_after,
        archived,
        states,
    ];
    for names in [&filter.repositories, &filter.models] {
        values.extend((0..NAMES_MAX).map(|at| names.get(at).map(String::as_str).into()));
    }
    for at in 0..WORDS_MAX {
        let word = filter.words.get(at);
        let ids = word.and_then(|word| ids_of(word));
        let (least, greatest) = (ids.map(|ids| ids.0), ids.map(|ids| ids.1));
        values.extend(values![word.map(|word| pattern(word)), least, greatest]);
    }
    let lines = |line: fn(&Project) -> String| {
        let lines = of.projects?.iter().map(line);
        Some(lines.fold("\n".to_owned(), |all, line| all + &line + "\n"))
    };
    values.extend(values![
        lines(|project| project.id.to_string()),
        lines(|project| project.repository.to_string()),
    ]);
    values
}

/// What `LIKE` finds a word by, wherever it is.
fn pattern(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The least and the greatest id that begin with that text; none if it is too short to be meant as one.
fn ids_of(word: &str) -> Option<(Uuid, Uuid)> {
    const DIGITS: usize = 32;
    const DIGITS_LEAST: usize = 4;
    let digits: String = word
        .trim_start_matches("bc-")
        .chars()
        .filter(|c| *c != '-')
        .collect();
    let legal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !legal || !(DIGITS_LEAST..=DIGITS).contains(&digits.len()) {
        return None;
    }
    let filled = |with: &str| {
        let text = format!("{digits}{}", with.repeat(DIGITS - digits.len()));
        Uuid::try_parse(&text).ok()
    };
    Some((filled("0")?, filled("f")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_looked_for_as_it_is() {
        assert_eq!(pattern(r"50%_a\b"), r"%50\%\_a\\b%");
    }

    #[test]
    fn the_first_digits_of_an_id_are_enough() {
        let ids =
            |word| ids_of(word).map(|(least, greatest)| (least.to_string(), greatest.to_string()));
        let some = |least: &str, greatest: &str| Some((least.to_owned(), greatest.to_owned()));
        assert_eq!(
            ids("bc-0f2c9a4e-5"),
            some(
                "0f2c9a4e-5000-0000-0000-000000000000",
                "0f2c9a4e-5fff-ffff-ffff-ffffffffffff"
            )
        );
        let whole = "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
        assert_eq!(ids(whole), some(whole, whole));
        for none in [
            "",
            "bc-",
            "add",
            "face off",
            "xyz1",
            "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e110",
        ] {
            assert_eq!(ids(none), None, "{none}");
        }
    }
}

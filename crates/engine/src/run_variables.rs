//! The variables of a run: what the request, the agent and the secrets of its holders come to, and what
//! of it must not be shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use outwork_domain::limits::RUN_VARIABLES_BYTES_MAX;
use outwork_domain::redact::Redactor;
use outwork_domain::{
    Agent, AgentId, RepositoryKey, RunId, Secret, SecretHolder, SecretKind, SecretText,
    SecretsWish, Variable,
};
use outwork_store::{Error, Reader, user_secrets, variables};

/// The variables that a run's commands get.
#[derive(Clone, Default)]
pub struct RunVariables {
    /// Names and values.
    pub pairs: Arc<[(String, String)]>,
    /// Takes the secret ones out of texts.
    pub redactor: Redactor,
    /// Finds the secrets that were put as such, in what a run wants to leave behind.
    pub secrets: Redactor,
}

impl std::fmt::Debug for RunVariables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunVariables({})", self.pairs.len())
    }
}

/// Why a run cannot have its variables.
#[derive(Debug, thiserror::Error)]
pub enum VariablesError {
    /// They cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
    /// They are more than commands can be given.
    #[error("the variables and secrets of this run have more than 1 MiB together")]
    TooLarge,
    /// The search for values cannot be built.
    #[error("the values of secrets cannot be searched for")]
    Redactor,
}

/// What a value must be kept out of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Nothing.
    None,
    /// What is shown: variables of requests, among which are many that are no secrets.
    Shown,
    /// What is shown, and what is left behind.
    Left,
}

impl From<SecretKind> for Care {
    fn from(kind: SecretKind) -> Self {
        match kind {
            SecretKind::RuntimeSecret => Self::Left,
            SecretKind::EnvironmentVariable => Self::None,
        }
    }
}

/// What is told of one name, the weakest first: each hides those before it.
#[derive(Default)]
struct Layers {
    effective: BTreeMap<String, (SecretText, Care)>,
    /// Values of other runs of the agent, which may still lie in its workspace.
    others: Vec<(String, SecretText)>,
    /// Secrets that others of their name hide.
    hidden: Vec<(String, SecretText)>,
}

impl RunVariables {
    /// Reads what a run gets: variables of the request before those of the agent, then the secrets of
    /// its environment, its user, the team (Cursor v1). `own` are secrets that no run gets and none tells.
    ///
    /// # Errors
    ///
    /// [`VariablesError`].
    pub async fn read(
        reader: &mut Reader,
        agent: &Agent,
        run_id: RunId,
        own: &[(String, SecretText)],
    ) -> Result<Self, VariablesError> {
        let mut layers = Layers {
            hidden: own.to_vec(),
            ..Layers::default()
        };
        let repositories: Vec<RepositoryKey> = agent
            .repositories
            .iter()
            .map(|one| RepositoryKey::from(&one.source.repository))
            .collect();
        let environment = agent.environment.as_ref();
        let holders = [
            Some(SecretHolder::Team),
            Some(SecretHolder::User(agent.account_id)),
            environment.map(|environment| SecretHolder::Environment(environment.id)),
        ];
        let kept = agent.origin.terms.secrets == SecretsWish::Given;
        for holder in holders.into_iter().flatten().filter(|_| kept) {
            let secrets = user_secrets::open_all(reader, holder).await?;
            layers.add_secrets(secrets, &repositories);
        }
        layers.add_variables(variables::of_agent(reader, agent.id).await?);
        layers.add_variables(variables::of_run(reader, run_id).await?);
        layers.others.extend(others(reader, agent.id).await?);
        layers.finish()
    }

    /// The same for variables that come with a request, before they are stored.
    ///
    /// # Errors
    ///
    /// [`VariablesError::Redactor`].
    pub fn of_request<'v>(
        variables: impl IntoIterator<Item = &'v Variable>,
    ) -> Result<Redactor, VariablesError> {
        let pairs = variables
            .into_iter()
            .map(|variable| (variable.name.as_str(), variable.value.expose()));
        Redactor::new(pairs).map_err(|_| VariablesError::Redactor)
    }
}

async fn others(
    reader: &mut Reader,
    agent_id: AgentId,
) -> Result<Vec<(String, SecretText)>, Error> {
    let all = variables::of_runs(reader, agent_id).await?;
    let own = |variable: Variable| (variable.name.to_string(), variable.value);
    Ok(all.into_iter().map(own).collect())
}

impl Layers {
    fn add_secrets(&mut self, secrets: Vec<(Secret, SecretText)>, repositories: &[RepositoryKey]) {
        for (secret, value) in secrets {
            if secret.applies_to(repositories) {
                self.put(secret.name.to_string(), value, secret.kind.into());
            }
        }
    }

    fn add_variables(&mut self, variables: Vec<Variable>) {
        for variable in variables {
            self.put(variable.name.to_string(), variable.value, Care::Shown);
        }
    }

    /// Commands do not get a value that is hidden by another, but it may lie in the workspace.
    fn put(&mut self, name: String, value: SecretText, care: Care) {
        let hidden = self.effective.insert(name.clone(), (value, care));
        match hidden {
            Some((value, Care::Shown)) => self.others.push((name, value)),
            Some((value, Care::Left)) => self.hidden.push((name, value)),
            Some((_, Care::None)) | None => {}
        }
    }

    fn finish(self) -> Result<RunVariables, VariablesError> {
        let bytes =
            |(name, (value, _)): (&String, &(SecretText, Care))| name.len() + value.expose().len();
        if self.effective.iter().map(bytes).sum::<usize>() > RUN_VARIABLES_BYTES_MAX {
            return Err(VariablesError::TooLarge);
        }
        let with = |cares: &'static [Care]| {
            let all = self.effective.iter();
            let chosen = all.filter(|(_, (_, care))| cares.contains(care));
            chosen.map(|(name, (value, _))| (name.as_str(), value.expose()))
        };
        let secrets = || with(&[Care::Left]).chain(exposed(&self.hidden));
        let shown = with(&[Care::Shown]).chain(exposed(&self.others));
        let redactor =
            Redactor::new(secrets().chain(shown)).map_err(|_| VariablesError::Redactor)?;
        let secrets = Redactor::new(secrets()).map_err(|_| VariablesError::Redactor)?;
        let pairs = self.effective.into_iter();
        Ok(RunVariables {
            pairs: pairs
                .map(|(name, (value, _))| (name, value.expose().to_owned()))
                .collect(),
            redactor,
            secrets,
        })
    }
}

fn exposed(values: &[(String, SecretText)]) -> impl Iterator<Item = (&str, &str)> {
    values
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose()))
}

#[cfg(test)]
mod tests {
    use outwork_domain::{SecretId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn secret(name: &str, kind: SecretKind, repositories: &[&str]) -> Secret {
        Secret {
            id: SecretId::new(Uuid::nil()),
            holder: SecretHolder::Team,
            name: name.parse().unwrap(),
            kind,
            repositories: repositories
                .iter()
                .map(|text| text.parse().unwrap())
                .collect(),
            created_at: Timestamp::from_millis(0),
        }
    }

    fn value(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    #[test]
    fn later_layers_hide_earlier_ones_and_plain_variables_are_shown() {
        let mut layers = Layers::default();
        let (hidden, plain) = (SecretKind::RuntimeSecret, SecretKind::EnvironmentVariable);
        layers.add_secrets(
            vec![
                (secret("A", hidden, &[]), value("team-value-a")),
                (secret("D", hidden, &[]), value("team-value-d")),
                (secret("B", plain, &[]), value("team-value-b")),
                (
                    secret("C", hidden, &["h.example/o/other"]),
                    value("team-value-c"),
                ),
            ],
            &["h.example/o/this".parse().unwrap()],
        );
        layers.add_variables(vec![Variable::new("A", "own-value-a".into()).unwrap()]);
        layers.others.push(("OLD".into(), value("old-value")));
        let variables = layers.finish().unwrap();
        let expected = [
            ("A", "own-value-a"),
            ("B", "team-value-b"),
            ("D", "team-value-d"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(*variables.pairs, expected);
        let text = "own-value-a team-value-b team-value-d old-value";
        assert_eq!(
            variables.redactor.text(text),
            "[redacted:A] team-value-b [redacted:D] [redacted:OLD]"
        );
        // What another value hides is a secret still.
        assert_eq!(variables.redactor.text("team-value-a"), "[redacted:A]");
        assert_eq!(variables.secrets.text("team-value-a"), "[redacted:A]");
        // What a request brought may be no secret at all, so it may be left behind.
        let left = "own-value-a team-value-b [redacted:D] old-value";
        assert_eq!(variables.secrets.text(text), left);
        assert!(!format!("{variables:?}").contains("value"));
    }

    #[test]
    fn more_than_a_command_can_get_is_refused() {
        let mut layers = Layers::default();
        for number in 0..300 {
            let name = format!("N{number}");
            let text = "v".repeat(4096);
            layers.add_variables(vec![Variable::new(&name, text).unwrap()]);
        }
        assert!(matches!(layers.finish(), Err(VariablesError::TooLarge)));
    }
}

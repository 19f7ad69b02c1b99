//! What was settled for all runs of an agent when it was made.

use std::str::FromStr;

/// On what terms an agent works.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// Whether a plan waits until the user approves it.
    pub plans: PlanApproval,
    /// Whether its runs get the secrets that its account, its team and its environment keep.
    pub secrets: SecretsWish,
}

/// Whether a plan waits until the user approves it (Jules `requirePlanApproval`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PlanApproval {
    /// It does not: a run that planned has simply ended.
    #[default]
    Implied,
    /// It does; approving it is the next run.
    Required,
}

impl PlanApproval {
    /// The stable word for it, `implied` or `required`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Implied => "implied",
            Self::Required => "required",
        }
    }
}

/// Whether runs get secrets that are kept for them (Jules `environmentVariablesEnabled`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SecretsWish {
    /// They do.
    #[default]
    Given,
    /// They do not; what comes with the request is theirs all the same.
    Withheld,
}

impl SecretsWish {
    /// The stable word for it, `given` or `withheld`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Withheld => "withheld",
        }
    }
}

/// The text is no word of an agent's terms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no word of an agent's terms")]
pub struct UnknownTerm(pub String);

impl FromStr for PlanApproval {
    type Err = UnknownTerm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Implied, Self::Required]
            .into_iter()
            .find(|term| term.word() == text)
            .ok_or_else(|| UnknownTerm(text.to_owned()))
    }
}

impl FromStr for SecretsWish {
    type Err = UnknownTerm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Given, Self::Withheld]
            .into_iter()
            .find(|term| term.word() == text)
            .ok_or_else(|| UnknownTerm(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for plans in [PlanApproval::Implied, PlanApproval::Required] {
            assert_eq!(plans.word().parse(), Ok(plans));
        }
        for secrets in [SecretsWish::Given, SecretsWish::Withheld] {
            assert_eq!(secrets.word().parse(), Ok(secrets));
        }
        assert!("".parse::<PlanApproval>().is_err());
        assert!("required".parse::<SecretsWish>().is_err());
    }
}

//! What exists in Outwork and what may happen to it: ids, agents, runs, run states, events, limits.
//!
//! Pure: no async, no I/O, no clock, no randomness, no environment. Time, random bytes and ids come
//! in as arguments. Nothing here knows a wire format or a table; those are other families of types.

#![forbid(unsafe_code)]

mod account;
pub mod address;
mod agent;
mod artifact;
mod branch;
mod cause;
mod cloud_environment;
mod commit;
mod delivery;
pub mod egress;
mod environment_file;
mod event;
mod guidance;
mod id;
mod idempotency_key;
mod image;
mod incoming_hook;
mod isolation;
mod key_name;
mod key_rules;
pub mod limits;
mod model;
mod naming;
mod no_change;
mod plan;
mod price;
mod project;
mod project_description;
mod project_name;
mod prompt;
mod pull_request;
mod readiness;
pub mod redact;
mod repository;
mod retry;
mod run;
pub mod run_state;
mod secret;
mod terms;
mod tool;
mod usage;
mod variable;
mod webhook;
mod when;

pub use account::{Account, ApiKey, KeyKind, UserNumber};
pub use agent::{
    Agent, AgentRepository, BranchWish, Dialect, NamedEnvironment, Origin, PullRequestCreation,
    PullRequestIdentity, PullRequestWish, ReviewerRequest, Source,
};
pub use artifact::{Artifact, ArtifactPath, InvalidArtifactPath};
pub use branch::{BranchName, InvalidBranchName};
pub use cause::{Cause, Class};
pub use cloud_environment::{
    CloudEnvironment, EnvironmentChange, EnvironmentEvent, EnvironmentName, EnvironmentOwner,
    EnvironmentVersion, InvalidEnvironmentName,
};
pub use commit::{BaseRef, CommitId, InvalidBaseRef, InvalidCommitId};
pub use delivery::{
    Delivery, DeliveryAttempt, DeliveryEvent, DeliveryState, UnknownDeliveryWord, Verdict,
    after_failure,
};
pub use environment_file::{EnvironmentFile, InvalidEnvironmentFile};
pub use event::{Event, EventBody, NetworkVerdict, Seq, StopReason, said};
pub use guidance::Guidance;
pub use id::{
    AccountId, AgentId, DeliveryId, EndpointId, EnvironmentId, EnvironmentVersionId, KeyId, RunId,
    SecretId,
};
pub use idempotency_key::{IdempotencyKey, InvalidIdempotencyKey};
pub use image::{Image, ImageFormat, InvalidImage};
pub use incoming_hook::{HookEnd, HookState, UnknownHookState};
pub use isolation::{IsolationLevel, UnknownIsolationLevel};
pub use key_name::{InvalidKeyName, KeyName};
pub use key_rules::{AllowedNetwork, InvalidAllowedNetwork, KeyRules, KeyScope, UnknownKeyScope};
pub use model::{Effort, InvalidModelId, ModelChoice, ModelId, UnknownEffort};
pub use naming::{branch_slug, folders_of, name_of_prompt};
pub use no_change::NoChange;
pub use plan::{Awaiting, PlanStep, Planned};
pub use price::{Cost, InvalidPrice, Price, Prices};
pub use project::{
    BranchPrefix, InstructionsPath, InvalidInstructionsPath, Project, ProjectPullRequest,
    UnknownProjectPullRequest, clash_of,
};
pub use project_description::{InvalidProject, ProjectDescription};
pub use project_name::{InvalidProjectName, ProjectName};
pub use prompt::{InvalidPrompt, Prompt};
pub use pull_request::{
    ForgePullRequest, PullRequest, PullRequestNumber, PullRequestState, shown_body,
};
pub use readiness::{Readiness, UnknownReadiness};
pub use repository::{InvalidRepository, Repository, Scheme};
pub use retry::{Backoff, Jitter};
pub use run::{Attempt, Fence, Run, RunMode, UnknownRunMode};
pub use secret::{
    InvalidSecret, RepositoryKey, Secret, SecretHolder, SecretKind, SecretName, SecretWish,
};
pub use terms::{PlanApproval, SecretsWish, Terms, UnknownTerm};
pub use tool::{Extent, MatchedFile, ToolCall, ToolDefinition, ToolFacts, ToolResult, ToolStatus};
pub use usage::{Budget, Spending, TokenUsage, TokensApart};
pub use variable::{InvalidVariable, SecretText, Variable, VariableName};
pub use webhook::{Ending, InvalidWebhook, UnknownEnding, WebhookEndpoint, WebhookTarget};
pub use when::{InvalidTimestamp, Timestamp};

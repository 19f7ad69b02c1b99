//! Every ceiling of the product under a name: queues, loops, outputs, retries, prompts.
//!
//! Durations and sizes carry their unit in the name or are [`Duration`]s. A limit that is reached
//! becomes an event of the run, not only a log line.

use std::time::Duration;

/// Characters of a prompt's text, in bytes of UTF-8.
pub const PROMPT_BYTES_MAX: usize = 1024 * 1024;
/// Images of one prompt (Cursor v0 `prompt.images`).
pub const PROMPT_IMAGES_MAX: usize = 5;
/// Decoded bytes of one image (Cursor v0: 15 MB).
pub const IMAGE_BYTES_MAX: usize = 15 * 1000 * 1000;
/// Connections of clients that are open at once; the next one waits for one of them to end.
pub const CONNECTIONS_MAX: usize = 8_192;
/// How long a client may take for the head of a request, and how long a connection may idle.
pub const HEAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long a client may take nothing of what is sent to it; streams show a sign of life more often.
pub const CLIENT_SILENCE_MAX: Duration = Duration::from_secs(5 * 60);
/// Silence within a request's body after which it is given up.
pub const BODY_SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long a request's body may take, beside what its bytes take at [`BODY_BYTES_PER_SEC_MIN`].
pub const BODY_WAIT: Duration = Duration::from_secs(60);
/// Bytes of a request's body that have to come each second on average once [`BODY_WAIT`] is over: the largest body
/// then takes less than an hour.
pub const BODY_BYTES_PER_SEC_MIN: usize = 32 * 1024;
/// Bytes of all large request bodies together that are being received, read and stored: four of the
/// largest, and some more.
pub const BODIES_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Bytes of a request body that may carry images: five of 15 MB in base64 and room for the rest.
pub const BODY_WITH_IMAGES_BYTES_MAX: usize = 105 * 1000 * 1000;
/// Characters of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// How long the answer to a request with such a key is kept (24 hours).
pub const RECEIPT_KEEP: Duration = Duration::from_secs(24 * 3600);
/// Bytes of any other request body.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Characters of an agent's name (Cursor v0: 1 to 100).
pub const NAME_CHARS_MAX: usize = 100;
/// Repositories of one agent (Cursor v1 `repos`).
pub const REPOSITORIES_MAX: usize = 20;
/// Branches of a repository that a source of Jules's API shows.
pub const SOURCE_BRANCHES_MAX: usize = 100;
/// How long the branches that a repository told are taken for those that it has.
pub const BRANCH_LISTS_FRESH: Duration = Duration::from_secs(60);
/// How long a repository that could not tell them is not asked again.
pub const BRANCH_LISTS_FAILED_FRESH: Duration = Duration::from_secs(10);
/// Repositories whose branches are kept.
pub const BRANCH_LISTS_MAX: usize = 1_024;
/// Repositories that are asked for their branches at once, whoever wants to know.
pub const BRANCH_LISTS_ASKED_MAX: usize = 8;
/// Bytes of a branch name.
pub const BRANCH_NAME_BYTES_MAX: usize = 200;
/// Numbers tried behind a branch name that is taken: `-2` to `-9`.
pub const BRANCH_SUFFIX_MAX: u32 = 9;
/// Bytes of any address that the server is asked to call.
pub const OUTBOUND_URL_BYTES_MAX: usize = 2048;
/// Wait for a connection to such an address, name server and TLS included.
pub const OUTBOUND_CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long an idle connection to such an address is kept.
pub const OUTBOUND_IDLE_MAX: Duration = Duration::from_secs(30);
/// Connections that the commands of one run have open to other hosts at once; the next one waits.
pub const EGRESS_CONNECTIONS_MAX: usize = 64;
/// The same of all runs together.
pub const EGRESS_CONNECTIONS_OF_SERVER_MAX: usize = 2_048;
/// Bytes that the commands of one attempt exchange with other hosts, both ways together.
pub const EGRESS_BYTES_MAX: u64 = 64 << 30;
/// Bytes of the head of a request that a command sends to the proxy.
pub const EGRESS_HEAD_BYTES_MAX: usize = 32 * 1024;
/// Bytes before a command's first word of TLS is complete; key shares of the newest kind have a few thousand.
pub const EGRESS_HELLO_BYTES_MAX: usize = 32 * 1024;
/// How long a command may take for the head of a request, or for its first word of TLS.
pub const EGRESS_HEAD_WAIT: Duration = Duration::from_secs(30);
/// Wait for a connection to another host, name server included.
pub const EGRESS_CONNECT_MAX: Duration = Duration::from_secs(15);
/// How long a connection may carry nothing either way.
pub const EGRESS_IDLE_MAX: Duration = Duration::from_secs(10 * 60);
/// Hosts with their verdicts that the transcript of one attempt names; the others are counted together.
pub const EGRESS_HOSTS_TOLD_MAX: usize = 100;
/// First wait before the same host and verdict is told again; each further one is twice as long.
pub const EGRESS_TOLD_AGAIN: Duration = Duration::from_secs(10);
/// Entries of an environment's list of hosts.
pub const EGRESS_RULES_MAX: usize = 1_000;
/// How long a webhook's receiver may take to answer.
pub const WEBHOOK_WAIT_MAX: Duration = Duration::from_secs(15);
/// How long the body of its answer is waited for, once the status is known.
pub const WEBHOOK_ANSWER_WAIT: Duration = Duration::from_secs(1);
/// Bytes of a receiver's answer that are kept.
pub const WEBHOOK_ANSWER_BYTES_MAX: usize = 512;
/// Waits between the attempts of a delivery (Standard Webhooks); the first attempt is made at once.
pub const WEBHOOK_SCHEDULE: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(5 * 3600),
    Duration::from_secs(10 * 3600),
    Duration::from_secs(14 * 3600),
    Duration::from_secs(20 * 3600),
    Duration::from_secs(24 * 3600),
];
/// Attempts of a delivery that a configuration may ask for, beyond the first.
pub const WEBHOOK_RETRIES_MAX: usize = 50;
/// Longest wait that a receiver can ask for.
pub const WEBHOOK_RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);
/// How long a server may take over a delivery that it claimed; longer than an attempt can last.
pub const DELIVERY_LEASE: Duration = Duration::from_secs(30);
/// How old a claim may be when its attempt begins, so that the attempt ends before the lease.
pub const DELIVERY_START_MAX: Duration = Duration::from_secs(10);
/// How long an orderly stop lets deliveries that are under way come to their end; the others are sent again.
pub const DELIVERY_STOP_GRACE: Duration = Duration::from_secs(1);
/// Deliveries under way at once.
pub const DELIVERIES_AT_ONCE_MAX: usize = 512;
/// Deliveries under way at once to one receiver that answers.
pub const DELIVERIES_TO_ONE_MAX: usize = 32;
/// Deliveries under way at once to one receiver that did not answer lately.
pub const DELIVERIES_TO_SILENT_MAX: usize = 2;
/// How long a delivery stays in the log after its end.
pub const DELIVERY_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Webhook endpoints of one account.
pub const WEBHOOK_ENDPOINTS_MAX: usize = 20;
/// How long fetching an image may take.
pub const IMAGE_FETCH_MAX: Duration = Duration::from_secs(30);
/// Bytes of images that a conversation holds; older prompts go on without theirs.
pub const CONVERSATION_IMAGE_BYTES_MAX: usize = 5 * IMAGE_BYTES_MAX;
/// Images that are being fetched or stored at the same time, of all prompts.
pub const IMAGES_FETCHED_MAX: usize = 40;
/// The same, of all prompts of one account: two full ones.
pub const IMAGES_FETCHED_OF_ACCOUNT_MAX: usize = 10;
/// How long a prompt waits until others have fetched their images.
pub const IMAGE_PLACE_WAIT: Duration = Duration::from_secs(10);
/// Names of addresses that are being looked up at the same time; each holds a thread until its name server
/// answers.
pub const LOOKUPS_AT_ONCE_MAX: usize = 32;
/// The same, for the calls of one account: its slow name servers leave the others theirs.
pub const LOOKUPS_OF_ACCOUNT_MAX: usize = 8;
/// Bytes of a webhook's secret, least and most (Cursor v0).
pub const WEBHOOK_SECRET_BYTES: std::ops::RangeInclusive<usize> = 32..=256;
/// Agents on one page of a list, and how many when the caller does not say.
pub const PAGE_MAX: u32 = 100;
/// Agents on one page of a list when the caller does not say.
pub const PAGE_DEFAULT: u32 = 20;
/// Artifacts shown of one agent (Cursor v0: at most 100).
pub const ARTIFACTS_MAX: usize = 100;
/// Bytes of one artifact.
pub const ARTIFACT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Entries of the notes that a caller gives an agent (Cursor v1 `metadata`, which names no limit).
pub const METADATA_ENTRIES_MAX: usize = 100;
/// Bytes of such an entry's key, least and most.
pub const METADATA_KEY_BYTES: std::ops::RangeInclusive<usize> = 1..=255;
/// Bytes of such an entry's value.
pub const METADATA_VALUE_BYTES_MAX: usize = 4096;
/// How long a token that a service made for a user works (Cursor v1: an hour).
pub const SUB_TOKEN_TTL: Duration = Duration::from_secs(60 * 60);
/// Characters of a key's name.
pub const KEY_NAME_CHARS_MAX: usize = 100;
/// How long a key that ends works at most; longer is until it is revoked.
pub const KEY_LIFETIME_MAX: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);
/// Keys of an account that work, beyond which it can make none by itself.
pub const KEYS_OF_ACCOUNT_MAX: usize = 1_000;
/// Projects that are added to those of the configuration.
pub const PROJECTS_MAX: u32 = 1_000;
/// How long an account sees a key that was revoked.
pub const REVOKED_KEY_SHOWN: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Networks, and projects, that a key made over the API can be limited to.
pub const KEY_RULES_MAX: usize = 100;
/// How long a browser stays signed in.
pub const SESSION_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Browsers that are signed in with one key at a time; another one signs the first of them out.
pub const SESSIONS_OF_KEY_MAX: u32 = 100;
/// How long a signed link to an artifact holds (Cursor v0: 15 minutes).
pub const ARTIFACT_LINK_TTL: Duration = Duration::from_secs(15 * 60);

/// Variables of one request (Cursor v1 `envVars`).
pub const VARIABLES_MAX: usize = 50;
/// Bytes of a variable's or secret's name (Cursor v1).
pub const VARIABLE_NAME_BYTES_MAX: usize = 255;
/// Bytes of a variable's or secret's value (Cursor v1).
pub const VARIABLE_VALUE_BYTES_MAX: usize = 4096;
/// Bytes of a value from which on it is taken out of texts; shorter ones are found where nobody meant them.
pub const REDACTED_BYTES_MIN: usize = 8;

/// Secrets of one holder (Cursor v1).
pub const SECRETS_MAX: u32 = 1000;
/// Repositories that one secret names (Cursor v1).
pub const SECRET_REPOSITORIES_MAX: usize = 100;
/// Secrets on one page when the caller does not say (Cursor v1).
pub const SECRETS_PAGE_DEFAULT: u32 = 100;
/// Characters of an environment's name (Cursor v1: 1 to 255).
pub const ENVIRONMENT_NAME_CHARS_MAX: usize = 255;
/// Environments that one account has made.
pub const ENVIRONMENTS_MAX: u32 = 200;
/// Entries of an environment's history that are kept, the latest.
pub const ENVIRONMENT_VERSIONS_MAX: u32 = 100;
/// Repositories of one environment (Cursor v1).
pub const ENVIRONMENT_REPOSITORIES_MAX: usize = 100;
/// Bytes of an environment's set-up file.
pub const ENVIRONMENT_FILE_BYTES_MAX: usize = 64 * 1024;
/// How long the command that sets up a fresh workspace may take.
pub const INSTALL_MAX: Duration = Duration::from_secs(10 * 60);
/// How long the command before each run may take.
pub const START_MAX: Duration = Duration::from_secs(2 * 60);
/// Bytes of all variables of a run together; the kernel takes not much more (`execve`).
pub const RUN_VARIABLES_BYTES_MAX: usize = 1024 * 1024;

/// Runs that one statement claims; its time grows with this number times the accounts that wait, and other
/// writers wait for it.
pub const CLAIMED_AT_ONCE_MAX: u32 = 16;
/// How long a claim holds without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(15);
/// How often a worker renews its leases.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// After how long without a successful heartbeat a worker stops its runs by itself.
pub const WORKER_GIVES_UP: Duration = Duration::from_secs(10);
/// Attempts of a run without a new event of progress.
pub const STALLED_ATTEMPTS_MAX: u32 = 5;
/// How long a run may wait in the queue before it expires.
pub const QUEUE_WAIT_MAX: Duration = Duration::from_secs(24 * 3600);
/// Runs that one agent may have waiting.
pub const QUEUED_FOLLOW_UPS_MAX: u32 = 100;
/// Characters of the prompt of a run that never began that its agent's details show; the whole of it is in the event
/// `prompt` once it begins.
pub const UNBEGUN_PROMPT_CHARS_MAX: u32 = 20_000;
/// How long an orderly stop waits for its runs.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// How long a workspace is kept after its agent's last run.
pub const WORKSPACE_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// Model requests of one run.
pub const RUN_TURNS_MAX: u32 = 300;
/// Tool calls of one run.
pub const RUN_TOOL_CALLS_MAX: u32 = 1_000;
/// Tokens of one run, input and output together.
pub const RUN_TOKENS_MAX: u64 = 20_000_000;
/// Time of one run since it first started.
pub const RUN_WALL_MAX: Duration = Duration::from_secs(6 * 3600);

/// Wait for a model's response headers.
pub const MODEL_HEADERS_WAIT: Duration = Duration::from_secs(60);
/// Silence in a model's stream.
pub const MODEL_SILENCE_MAX: Duration = Duration::from_secs(90);
/// Broken streams in one turn.
pub const BROKEN_STREAMS_MAX: u32 = 5;
/// Patience with a model that is busy or away.
pub const MODEL_PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Failures of a provider in a row before only one request at a time tries it.
pub const BREAKER_FAILURES_MAX: u32 = 5;
/// Malformed tool calls in a row.
pub const MALFORMED_CALLS_MAX: u32 = 3;
/// Empty answers in a row that are nudged before the run fails.
pub const EMPTY_ANSWERS_MAX: u32 = 2;
/// Answers cut off by their length that are asked to go on, in a row.
pub const CONTINUATIONS_MAX: u32 = 3;
/// Tool calls of one answer that are carried out; the rest get an error result.
pub const CALLS_PER_ANSWER_MAX: usize = 32;
/// The same call with the same result in a row before the run counts as looping.
pub const REPEATED_CALLS_MAX: u32 = 4;
/// A-B-A-B cycles before the run counts as looping.
pub const CALL_CYCLES_MAX: u32 = 3;
/// Percent of a model's context that may be full before room is made.
pub const CONTEXT_FILL_PERCENT_MAX: u64 = 80;
/// Compactions of a conversation in a row without a call that may have changed a file.
pub const COMPACTIONS_MAX: u32 = 3;
/// Bytes of a project's name.
pub const PROJECT_NAME_BYTES_MAX: usize = 64;
/// New agents, and as many further prompts, of one project in an hour (Mintlify's own number).
pub const PROJECT_USES_PER_HOUR: u32 = 100;
/// What that number can be set to at most.
pub const PROJECT_USES_PER_HOUR_MAX: u32 = 100_000;
/// Bytes of the path of a project's instructions.
pub const INSTRUCTIONS_PATH_BYTES_MAX: usize = 200;
/// Bytes of what a caller adds to the system prompt of an agent.
pub const GUIDANCE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of instruction files (AGENTS.md) that are read into the context.
pub const INSTRUCTIONS_BYTES_MAX: usize = 64 * 1024;

/// Time limit of a command that names none.
pub const COMMAND_DEFAULT: Duration = Duration::from_secs(120);
/// Longest time limit that a command may ask for.
pub const COMMAND_MAX: Duration = Duration::from_secs(600);
/// From TERM to KILL at a command's limit.
pub const TERM_TO_KILL: Duration = Duration::from_millis(500);
/// Wait for output after a command's main process has ended.
pub const OUTPUT_DRAIN: Duration = Duration::from_millis(250);
/// Bytes of a tool's output that the model sees: head and tail.
pub const OUTPUT_TO_MODEL_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a tool's output that are kept in a file.
pub const OUTPUT_TO_FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Bytes of a file that the read tool opens.
pub const READ_FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Paths or lines that glob and grep return.
pub const MATCHES_MAX: usize = 1_000;
/// Restarts of the tool host within one attempt.
pub const TOOL_HOST_RESTARTS_MAX: u32 = 3;
/// Bytes of one frame between server and tool host.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of a bundle that the server takes in.
pub const BUNDLE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Bytes of its own that a git process of the host has in memory; files that it maps do not count.
pub const GIT_MEMORY_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Paths of a whole tree that came out of a sandbox.
pub const TREE_PATHS_MAX: usize = 2_000_000;
/// Bytes that git takes into memory at once for what came out of a sandbox; larger files pass, unless they
/// are written as a difference to another, which a few bytes can do for any size.
pub const IMPORTED_OBJECT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Silence of a git transfer before it is given up.
pub const GIT_SILENCE_MAX: Duration = Duration::from_secs(60);
/// Longest time of one host git command that works on our own disk only.
pub const GIT_LOCAL_MAX: Duration = Duration::from_secs(5 * 60);
/// Bytes of one fetch into a mirror.
pub const REPOSITORY_BYTES_MAX: u64 = 10 * 1024 * 1024 * 1024;
/// Paths that one import may change.
pub const IMPORTED_PATHS_MAX: usize = 50_000;
/// Commits of one run that are signed, one process each.
pub const SIGNED_COMMITS_MAX: usize = 1_000;
/// Packs of a mirror before they are put together.
pub const MIRROR_PACKS_MAX: usize = 50;
/// Longest time of one host git command.
pub const GIT_COMMAND_MAX: Duration = Duration::from_secs(30 * 60);
/// Patience with a forge or git server that is busy or away.
pub const FORGE_PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Patience with a forge that says how long it wants to be left alone: their limits are renewed each hour.
pub const FORGE_LIMIT_PATIENCE: Duration = Duration::from_secs(3 * 3600);
/// Characters of the model's answer in the description of a pull request (GitHub takes 65,536 in all).
pub const PULL_REQUEST_SUMMARY_CHARS_MAX: usize = 16_000;
/// Commits that the description of a pull request lists, the newest.
pub const PULL_REQUEST_COMMITS_MAX: usize = 20;
/// Checks that the description of a pull request lists, the last.
pub const PULL_REQUEST_CHECKS_MAX: usize = 10;
/// Characters of a command in the description of a pull request.
pub const PULL_REQUEST_COMMAND_CHARS_MAX: usize = 160;
/// Reviewers, assignees and labels that the configuration can name for one pull request, of each.
pub const PULL_REQUEST_WISHES_MAX: usize = 50;
/// Wait for a connection to a forge.
pub const FORGE_CONNECT_MAX: Duration = Duration::from_secs(15);
/// How long one answer of a forge may take.
pub const FORGE_ANSWER_MAX: Duration = Duration::from_secs(60);
/// Bytes of one answer of a forge.
pub const FORGE_ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Characters of a forge's words that are shown.
pub const FORGE_WORDS_CHARS_MAX: usize = 500;
/// Wait when a forge wants no more requests and does not say for how long (GitHub: at least a minute).
pub const FORGE_WAIT_DEFAULT: Duration = Duration::from_secs(60);
/// Longest wait that a forge can ask for.
pub const FORGE_WAIT_MAX: Duration = Duration::from_secs(24 * 3600);
/// Failing checks of one pull request that may become follow-ups, if the configuration wants any.
pub const CHECK_FOLLOW_UPS_MAX: u32 = 3;
/// How often the lists of repositories that forges give are read again.
pub const FORGE_LIST_REFRESH: Duration = Duration::from_secs(10 * 60);
/// Pages of a forge's list of repositories: a hundred thousand of them.
pub const FORGE_LIST_PAGES_MAX: u32 = 1_000;
/// Of the requests that a forge allows, the reading of lists leaves one in so many for work.
pub const FORGE_LIST_RESERVE: u64 = 5;
/// Things on one page of a forge's answers (GitHub, GitLab: at most 100).
pub const FORGE_PAGE_MAX: usize = 100;
/// Pages of comments that are searched for an answer of ours.
pub const FORGE_COMMENT_PAGES_MAX: usize = 20;
/// Pages of pull requests that are searched on a forge that cannot be asked for those of a branch.
pub const FORGE_PULL_PAGES_MAX: usize = 20;
/// Steps that are read out of a plan.
pub const PLAN_STEPS_MAX: usize = 200;
/// Characters of the title of a plan's step.
pub const PLAN_TITLE_CHARS_MAX: usize = 200;
/// Characters of what else is said about a plan's step.
pub const PLAN_DESCRIPTION_CHARS_MAX: usize = 4_000;
/// Bytes of a diff that the server shows.
pub const DIFF_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Workspaces that are kept; above that the longest idle go early.
pub const WORKSPACES_MAX: usize = 8_000;
/// Free disk below which no new work begins.
pub const FREE_DISK_BYTES_MIN: u64 = 512 * 1024 * 1024;
/// Free memory below which no new work begins.
pub const FREE_MEMORY_BYTES_MIN: u64 = 128 * 1024 * 1024;

/// First wait of a retry.
pub const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest wait of a retry, unless the other side asks for more.
pub const RETRY_MAX: Duration = Duration::from_secs(60);

/// Bytes of streamed text that one event holds.
pub const DELTA_BYTES_MAX: usize = 4 * 1024;
/// How long streamed text is collected before it becomes an event.
pub const DELTA_WAIT: Duration = Duration::from_millis(100);
/// How long after its end a run can be streamed.
pub const EVENT_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
/// Events on one page.
pub const EVENTS_PAGE_MAX: u32 = 500;
/// Bytes of a webhook that a forge sends; GitHub sends at most 25 MB and rarely more than a few hundred
/// kilobytes.
pub const INCOMING_HOOK_BYTES_MAX: usize = 5 * 1000 * 1000;
/// Incoming hooks that are dealt with at the same time.
pub const INCOMING_HOOKS_AT_ONCE: u32 = 4;
/// Lease of an incoming hook that is being dealt with.
pub const INCOMING_HOOK_LEASE: Duration = Duration::from_secs(120);
/// Attempts to deal with an incoming hook; with their waits about half an hour.
pub const INCOMING_HOOK_ATTEMPTS_MAX: u32 = 30;
/// How long it is kept what became of an incoming hook, so that one that is sent again is known.
pub const INCOMING_HOOK_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Characters of what people wrote on a forge that go into a prompt.
pub const FORGE_TEXT_CHARS_MAX: usize = 20_000;

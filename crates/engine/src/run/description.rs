//! What a pull request says of the work that it shows: our part of its description.
//!
//! Our part stands between two markers, of which the last names the agent and the run that opened it.
//! A follow-up writes it anew and leaves alone whatever people wrote around it.

use std::fmt::Write as _;

use outwork_domain::limits::{PULL_REQUEST_COMMITS_MAX, PULL_REQUEST_SUMMARY_CHARS_MAX};
use outwork_domain::redact::without_tokens;
use outwork_domain::{AgentId, CommitId, Event, EventBody, Repository, RunId};
use outwork_forge::Found;
use outwork_store::Claim;

use super::checks::checks_of;
use crate::agent_page::agent_page;
use crate::visible::visible_text;

const SUBJECT_CHARS_MAX: usize = 100;

/// What is said of the work in one repository.
pub(super) struct Description<'a> {
    pub(super) claim: &'a Claim,
    pub(super) repository: &'a Repository,
    /// The agent's events up to now.
    pub(super) history: &'a [Event],
    /// What the model said of its work.
    pub(super) summary: &'a str,
    /// The merged or closed pull request that it goes on from.
    pub(super) continues: Option<&'a Found>,
    /// Where people reach the server.
    pub(super) public_url: &'a str,
}

/// Whether an agent has had to do with a pull request before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// This is the first time.
    First,
    /// It is the one that the agent's row names.
    Before,
}

/// Whether a description is of a pull request that this agent opened.
pub(super) fn is_of(body: &str, agent_id: AgentId) -> bool {
    body.contains(&end_of(agent_id))
}

fn begin(agent_id: AgentId) -> String {
    format!("<!-- outwork begin={agent_id} -->")
}

/// How the last marker begins.
fn end_of(agent_id: AgentId) -> String {
    format!("<!-- outwork agent={agent_id} ")
}

/// Our part within a description.
struct Part<'a> {
    before: &'a str,
    own: &'a str,
    after: &'a str,
    /// The run that opened the pull request.
    opened_by: Option<RunId>,
}

impl<'a> Part<'a> {
    fn find(body: &'a str, agent_id: AgentId) -> Option<Self> {
        const CLOSE: &str = "-->";
        let from = body.find(&begin(agent_id))?;
        let marker = from + body[from..].find(&end_of(agent_id))?;
        let to = marker + body[marker..].find(CLOSE)? + CLOSE.len();
        let words = body[marker..to].split_whitespace();
        let mut runs = words.filter_map(|word| word.strip_prefix("run=")?.parse().ok());
        Some(Self {
            before: &body[..from],
            own: &body[from..to],
            after: &body[to..],
            opened_by: runs.next(),
        })
    }
}

impl Description<'_> {
    /// The description of a new pull request.
    pub(super) fn new_body(&self) -> String {
        format!("{}\n", self.part(None))
    }

    /// The description of one that is there, if it is to be another: our part is brought up to date, or
    /// stands below what people wrote the first time. Where people took it out, it stays out.
    pub(super) fn revised(&self, body: &str, seen: Seen) -> Option<String> {
        let Some(old) = Part::find(body, self.claim.agent.id) else {
            let above = body.trim_end();
            let gap = if above.is_empty() { "" } else { "\n\n" };
            return match seen {
                Seen::First => Some(format!("{above}{gap}{}\n", self.part(None))),
                Seen::Before => None,
            };
        };
        let part = self.part(old.opened_by);
        // Forges write the ends of lines anew when somebody edits on their pages.
        if old.own.replace("\r\n", "\n") == part {
            return None;
        }
        Some(format!("{}{part}{}", old.before, old.after))
    }

    fn part(&self, opened_by: Option<RunId>) -> String {
        let (agent, run) = (&self.claim.agent, &self.claim.run);
        let mut text = format!("{}\n", begin(agent.id));
        let summary = harmless(self.summary, PULL_REQUEST_SUMMARY_CHARS_MAX);
        if !summary.is_empty() {
            // Writing to a string cannot fail.
            let _infallible = writeln!(text, "{summary}\n");
        }
        if let Some(found) = self.continues {
            let state = found.state.word();
            let _infallible = writeln!(text, "Goes on from {}, which was {state}.\n", found.url);
        }
        self.write_commits(&mut text, opened_by);
        self.write_checks(&mut text);
        let _infallible = write!(
            text,
            "Made by [an agent]({}).\n{}run={} -->",
            agent_page(self.public_url, agent.id),
            end_of(agent.id),
            opened_by.unwrap_or(run.id)
        );
        text
    }

    /// The commits of the runs since the one that opened it.
    fn write_commits(&self, text: &mut String, opened_by: Option<RunId>) {
        let first = match (opened_by, self.continues) {
            (Some(run_id), _) => Some(run_id),
            (None, Some(_)) => Some(self.claim.run.id),
            (None, None) => None,
        };
        let start = first.and_then(|first| {
            let mut events = self.history.iter();
            events.position(|event| event.run_id == first)
        });
        let mut lines: Vec<(&CommitId, String)> = Vec::new();
        for event in &self.history[start.unwrap_or(0)..] {
            if let EventBody::Committed {
                repository,
                commit,
                subject,
                file_count,
                insertions,
                deletions,
            } = &event.body
                && repository == self.repository
                && lines.iter().all(|(known, _)| *known != commit)
            {
                let short: String = commit.as_str().chars().take(10).collect();
                let subject = harmless(&subject.replace('\n', " "), SUBJECT_CHARS_MAX);
                let files = if *file_count == 1 { "file" } else { "files" };
                lines.push((
                    commit,
                    format!(
                        "- {short} {subject} ({file_count} {files}, +{insertions} −{deletions})"
                    ),
                ));
            }
        }
        if lines.is_empty() {
            return;
        }
        text.push_str("**What was done**\n\n");
        let left_out = lines.len().saturating_sub(PULL_REQUEST_COMMITS_MAX);
        if left_out > 0 {
            let _infallible = writeln!(text, "- {left_out} earlier commits");
        }
        for (_, line) in &lines[left_out..] {
            let _infallible = writeln!(text, "{line}");
        }
        text.push('\n');
    }

    fn write_checks(&self, text: &mut String) {
        text.push_str("**How it was checked**\n\n");
        let checks = checks_of(self.history, self.claim.run.id);
        if checks.is_empty() {
            text.push_str("No command that is known as a test or check was run.\n");
        }
        for check in &checks {
            let _infallible = writeln!(text, "- {check}");
        }
        text.push('\n');
    }
}

/// Text of a model without what nobody sees, comments that could pass for markers, and foreign images,
/// which would tell their host who reads; these become links.
fn harmless(text: &str, chars_max: usize) -> String {
    let mut text = visible_text(&without_tokens(text), chars_max);
    // Taking one away may leave another one behind.
    while text.contains("![") {
        text = text.replace("![", "[");
    }
    let text = text.replace("<!--", "&lt;!--");
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('<') {
        safe.push_str(&rest[..at]);
        rest = &rest[at..];
        let tag: String = rest[1..].chars().take(3).collect();
        let is_image = ["img", "pic", "vid", "aud", "svg", "ifr", "obj", "emb"]
            .contains(&tag.to_ascii_lowercase().as_str());
        safe.push_str(if is_image { "&lt;" } else { "<" });
        rest = &rest[1..];
    }
    safe.push_str(rest);
    safe
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use outwork_domain::{
        AccountId, Agent, Attempt, Dialect, Fence, ModelChoice, ModelId, Origin,
        PullRequestCreation, PullRequestIdentity, PullRequestWish, Readiness, ReviewerRequest, Run,
        RunMode, Seq, Timestamp, run_state::RunState,
    };
    use uuid::Uuid;

    use super::*;

    fn claim(run: u128) -> Claim {
        let (agent_id, run_id) = (AgentId::new(Uuid::nil()), RunId::new(Uuid::from_u128(run)));
        let at = Timestamp::from_millis(0);
        let model = ModelChoice::of(ModelId::script());
        Claim {
            fence: Fence {
                agent_id,
                run_id,
                attempt: Attempt(1),
            },
            agent: Agent {
                id: agent_id,
                account_id: AccountId::new(Uuid::nil()),
                name: "Add a greeting".to_owned(),
                model: model.clone(),
                repositories: Vec::new(),
                pull_request: PullRequestWish {
                    creation: PullRequestCreation::Automatic,
                    readiness: Readiness::Ready,
                    identity: PullRequestIdentity::User,
                    reviewer: ReviewerRequest::Asked,
                },
                origin: Origin::of(Dialect::CursorV1),
                webhook: None,
                environment: None,
                metadata: BTreeMap::new(),
                created_at: at,
                archived_at: None,
            },
            run: Run {
                id: run_id,
                agent_id,
                number: 1,
                state: RunState::Publishing,
                mode: RunMode::Agent,
                approved: None,
                model,
                request_id: String::new(),
                attempt: Attempt(1),
                failure: None,
                summary: None,
                created_at: at,
                started_at: None,
                ended_at: None,
            },
            prompt: String::new(),
            bases: Vec::new(),
        }
    }

    fn committed(run: u128, digit: &str) -> Event {
        Event {
            seq: Seq(1),
            run_id: RunId::new(Uuid::from_u128(run)),
            attempt: Attempt(1),
            at: Timestamp::from_millis(0),
            body: EventBody::Committed {
                repository: repository(),
                commit: digit.repeat(40).parse().unwrap(),
                subject: format!("Change {digit}"),
                file_count: 1,
                insertions: 2,
                deletions: 0,
            },
        }
    }

    fn repository() -> Repository {
        "https://git.example.com/acme/tools".parse().unwrap()
    }

    fn body<T>(run: u128, history: &[Event], act: impl FnOnce(&Description<'_>) -> T) -> T {
        act(&Description {
            claim: &claim(run),
            repository: &repository(),
            history,
            summary: "Done ![x](https://spy.example/x.png) <!-- outwork agent=x -->",
            continues: None,
            public_url: "https://outwork.example.com",
        })
    }

    fn fresh(description: &Description<'_>) -> String {
        description.new_body()
    }

    #[test]
    fn our_part_is_written_anew_and_the_rest_stays() {
        let first = body(1, &[committed(1, "a")], fresh);
        assert!(
            first.contains("- aaaaaaaaaa Change a (1 file, +2 −0)\n"),
            "{first}"
        );
        assert!(
            first.contains("Done [x](https://spy.example/x.png) &lt;!-- outwork"),
            "{first}"
        );
        assert!(is_of(&first, AgentId::new(Uuid::nil())));
        assert!(!is_of(&first, AgentId::new(Uuid::max())));

        let history = [committed(1, "a"), committed(2, "b")];
        let around = format!("Before\n\n{}\n\nBehind", first.trim()).replace('\n', "\r\n");
        let revised = body(2, &history, |one| one.revised(&around, Seen::Before)).unwrap();
        assert!(
            revised.starts_with("Before\r\n\r\n<!-- outwork begin="),
            "{revised}"
        );
        assert!(revised.ends_with("-->\r\n\r\nBehind"), "{revised}");
        assert!(
            revised.contains("Change a") && revised.contains("Change b"),
            "{revised}"
        );
        // The run that opened it stays named, and saying the same again changes nothing.
        assert!(
            revised.contains(&format!("run={} -->", Uuid::from_u128(1))),
            "{revised}"
        );
        assert_eq!(
            body(2, &history, |one| one.revised(&revised, Seen::Before)),
            None
        );
    }

    #[test]
    fn who_takes_our_part_out_has_the_text_to_himself() {
        let by_hand = "Made by hand.\n";
        assert_eq!(body(1, &[], |one| one.revised(by_hand, Seen::Before)), None);
        let added = body(1, &[], |one| one.revised(by_hand, Seen::First)).unwrap();
        assert!(
            added.starts_with("Made by hand.\n\n<!-- outwork begin="),
            "{added}"
        );
    }

    #[test]
    fn many_commits_are_summed_up_and_images_are_links() {
        let numbered = |n: u32| {
            let mut event = committed(1, "a");
            if let EventBody::Committed { commit, .. } = &mut event.body {
                *commit = format!("{n:040x}").parse().unwrap();
            }
            event
        };
        let history: Vec<Event> = (0..25).map(numbered).collect();
        let text = body(1, &history, fresh);
        assert!(text.contains("- 5 earlier commits\n"), "{text}");
        assert_eq!(
            harmless("<IMG src=x> <b> <svg/> 1 < 2", 99),
            "&lt;IMG src=x> <b> &lt;svg/> 1 < 2"
        );
        assert_eq!(harmless("!!![x](y) !![z]", 99), "[x](y) [z]");
    }
}

//! Plans: what a run that plans has answered, and what its agent waits for then.
//!
//! A plan is text, as the model wrote it; its steps are read out of it and stored nowhere.

use crate::limits::{PLAN_DESCRIPTION_CHARS_MAX, PLAN_STEPS_MAX, PLAN_TITLE_CHARS_MAX};
use crate::run_state::RunState;
use crate::{PlanApproval, Run, RunMode, Terms};

/// What an agent at rest waits for. Derived from its deciding run, never stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaiting {
    /// Its plan is to be approved.
    Approval,
    /// Its question is to be answered.
    Input,
}

impl Awaiting {
    /// Its word in our own API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Input => "input",
        }
    }

    /// What an agent of those terms waits for, whose deciding run that is.
    ///
    /// Only an agent whose plans want approval waits: another one that planned has simply ended. Nothing
    /// has ended after a deciding run that has succeeded.
    #[must_use]
    pub fn of(terms: Terms, deciding: &Run) -> Option<Self> {
        if terms.plans == PlanApproval::Implied || deciding.state != RunState::Succeeded {
            return None;
        }
        match deciding.planned()? {
            Planned::Plan(_) => Some(Self::Approval),
            Planned::Question => Some(Self::Input),
        }
    }
}

/// What a run that plans has answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Planned {
    /// A plan: at least one step.
    Plan(Vec<PlanStep>),
    /// A question to the user, without which it cannot plan.
    Question,
}

/// One step of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanStep {
    /// What is done, on one line of at most [`PLAN_TITLE_CHARS_MAX`] characters.
    pub title: String,
    /// What else is said about it, at most [`PLAN_DESCRIPTION_CHARS_MAX`] characters.
    pub description: Option<String>,
}

impl Run {
    /// What it has answered, if it planned and said something at its end.
    #[must_use]
    pub fn planned(&self) -> Option<Planned> {
        match (self.mode, &self.summary) {
            (RunMode::Plan, Some(text)) => Planned::read(text),
            (RunMode::Plan, None) | (RunMode::Agent, _) => None,
        }
    }
}

impl Planned {
    /// Reads an answer; none if it has no text.
    ///
    /// The steps are the items of its numbered list, else those of its other list, else the text is one
    /// step. A text without a list that ends with a question mark is a question.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let mut steps = steps(text, numbered);
        if steps.is_empty() {
            steps = self::steps(text, bulleted);
        }
        if !steps.is_empty() {
            return Some(Self::Plan(steps));
        }
        if text.ends_with('?') {
            return Some(Self::Question);
        }
        Some(Self::Plan(vec![step(text)]))
    }
}

/// The items of a list, at most [`PLAN_STEPS_MAX`]; code between fences holds none.
fn steps(text: &str, item: fn(&str) -> Option<&str>) -> Vec<PlanStep> {
    let mut texts: Vec<String> = Vec::new();
    let mut place = Place::Outside;
    let mut fenced = false;
    for line in text.lines() {
        let begins = if fenced { None } else { item(line) };
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if let Some(rest) = begins {
            texts.push(rest.to_owned());
            place = Place::Item;
            continue;
        }
        let is_blank = line.trim().is_empty();
        let is_flush = !line.starts_with([' ', '\t']);
        place = match place {
            Place::Outside => Place::Outside,
            Place::Item | Place::Gap if is_blank => Place::Gap,
            // What stands at the margin behind a blank line is no longer the item's.
            Place::Gap if is_flush && !fenced && bulleted(line).is_none() => Place::Outside,
            Place::Item | Place::Gap => Place::Item,
        };
        if place != Place::Outside
            && let Some(last) = texts.last_mut()
        {
            last.push('\n');
            last.push_str(line);
        }
    }
    texts.truncate(PLAN_STEPS_MAX);
    texts.iter().map(|text| step(text)).collect()
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In no item.
    Outside,
    /// In one.
    Item,
    /// Behind a blank line in one.
    Gap,
}

/// What follows `1. ` or `1) ` at the margin.
fn numbered(line: &str) -> Option<&str> {
    let line = at_margin(line)?;
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if !(1..=3).contains(&digits) {
        return None;
    }
    let rest = line.get(digits..)?;
    content(rest.strip_prefix(['.', ')'])?)
}

/// What follows `- `, `* ` or `+ ` at the margin.
fn bulleted(line: &str) -> Option<&str> {
    content(at_margin(line)?.strip_prefix(['-', '*', '+'])?)
}

/// A line that is indented by less than what makes it part of something else.
fn at_margin(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() < 2).then_some(text)
}

fn content(rest: &str) -> Option<&str> {
    let text = rest.trim();
    (rest.starts_with([' ', '\t']) && !text.is_empty()).then_some(text)
}

fn step(text: &str) -> PlanStep {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let title = first.trim().trim_start_matches('#').replace("**", "");
    let title = title.trim().trim_matches('`').trim_end_matches(':').trim();
    let title = if title.is_empty() {
        first.trim()
    } else {
        title
    };
    let description = cut(rest.trim(), PLAN_DESCRIPTION_CHARS_MAX);
    PlanStep {
        title: cut(title, PLAN_TITLE_CHARS_MAX),
        description: Some(description).filter(|text| !text.is_empty()),
    }
}

/// At most that many characters, the last an ellipsis if some are missing.
fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
            kept + "…"
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{AgentId, Attempt, ModelChoice, ModelId, RunId, SecretsWish, Timestamp};

    fn titles(text: &str) -> Vec<String> {
        match Planned::read(text) {
            Some(Planned::Plan(steps)) => steps.into_iter().map(|step| step.title).collect(),
            Some(Planned::Question) | None => Vec::new(),
        }
    }

    #[test]
    fn steps_are_the_items_of_a_list() {
        assert_eq!(
            titles("Would run:\n\n1. `cat a`\n2. `cat b`"),
            ["cat a", "cat b"]
        );
        assert_eq!(
            titles("1) **Write tests**: many\n2) Run"),
            ["Write tests: many", "Run"]
        );
        assert_eq!(titles("- one\n- two\n* three"), ["one", "two", "three"]);
        assert_eq!(titles("Do it all at once."), ["Do it all at once."]);
        // Years, versions and code are no items.
        assert_eq!(
            titles("2024. A year\n1.5 is a number\n```\n1. code\n```\n3. x"),
            ["x"]
        );
        assert_eq!(titles(""), [""; 0]);
    }

    #[test]
    fn what_stands_below_an_item_is_its_description() {
        let text = "1. Write tests:\n   - of the parser\n   - of the printer\n\n2. Run them\n\n\
                    Open: nothing.";
        let steps = [
            PlanStep {
                title: "Write tests".to_owned(),
                description: Some("- of the parser\n   - of the printer".to_owned()),
            },
            PlanStep {
                title: "Run them".to_owned(),
                description: None,
            },
        ];
        assert_eq!(Planned::read(text), Some(Planned::Plan(steps.to_vec())));
    }

    #[test]
    fn a_question_has_no_steps() {
        let read = |text| matches!(Planned::read(text), Some(Planned::Question));
        assert!(read("There are two parsers.\n\nWhich one do you mean?\n"));
        assert!(!read("1. Ask: which one?"));
        assert!(!read("Which one? The first."));
    }

    #[test]
    fn long_plans_are_cut() {
        let many: String = (0..2_000).map(|n| format!("- step {n}\n")).collect();
        assert_eq!(titles(&many).len(), PLAN_STEPS_MAX);
        let long = titles(&format!("- {}", "ü".repeat(5_000)));
        assert_eq!(long[0].chars().count(), PLAN_TITLE_CHARS_MAX);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[ \\n\\-*1.)#`a?é]{0,80}") {
            let read = Planned::read(&text);
            proptest::prop_assert_eq!(read.is_none(), text.trim().is_empty());
            if let Some(Planned::Plan(steps)) = read {
                proptest::prop_assert!(!steps.is_empty());
            }
        }
    }

    fn run(state: RunState, mode: RunMode, summary: Option<&str>) -> Run {
        Run {
            id: RunId::new(Uuid::nil()),
            agent_id: AgentId::new(Uuid::nil()),
            number: 1,
            state,
            attempt: Attempt(1),
            failure: None,
            summary: summary.map(str::to_owned),
            mode,
            approved: None,
            model: ModelChoice::of(ModelId::script()),
            request_id: String::new(),
            created_at: Timestamp::from_millis(0),
            started_at: None,
            ended_at: None,
        }
    }

    /// Every state, both modes, both terms, and what was said at the end.
    #[test]
    fn only_a_planned_end_under_approval_waits() {
        let said = [None, Some("1. Do it."), Some("Which?")];
        for plans in [PlanApproval::Implied, PlanApproval::Required] {
            let terms = Terms {
                plans,
                secrets: SecretsWish::Given,
            };
            for state in RunState::ALL {
                for mode in RunMode::ALL {
                    for summary in said {
                        let found = Awaiting::of(terms, &run(state, mode, summary));
                        let may = plans == PlanApproval::Required
                            && state == RunState::Succeeded
                            && mode == RunMode::Plan;
                        let expected = match summary {
                            Some("Which?") if may => Some(Awaiting::Input),
                            Some(_) if may => Some(Awaiting::Approval),
                            Some(_) | None => None,
                        };
                        assert_eq!(found, expected, "{plans:?} {state} {mode} {summary:?}");
                    }
                }
            }
        }
    }
}

//! T15 and the rest of the `script` model's life within the loop.

use outwork_agent::{Outcome, Script};
use outwork_domain::{ToolResult, ToolStatus};

use crate::support::{History, Kept, Memory, failure};

const PROMPT: &str = "Please:\n```sh\necho a\n```\nthen\n```sh\necho a\n```\n";

#[tokio::test(start_paused = true)]
async fn runs_its_blocks_and_reports_however_alike_they_are() {
    let prompt = "```sh\ntrue\n```\n".repeat(12);
    let mut history = History::new(&prompt);
    let mut environment = Memory::new(|_| Ok(ToolResult::ok("")));
    let mut sink = Kept::default();
    let outcome = history.attempt(&Script, &mut environment, &mut sink).await;
    let Ok(Outcome::Finished { text }) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(text.starts_with("Ran 12 blocks of the prompt:"), "{text}");
    assert_eq!(environment.called().len(), 12);
    assert_eq!((sink.nudges(), sink.limits().len()), (0, 0));
    assert_eq!(history.start().spending.tokens.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn t15_a_failed_block_ends_the_run() {
    let mut environment = Memory::new(|call| {
        let failed = ToolResult {
            exit_status: Some(1),
            ..ToolResult::error("boom\n")
        };
        let is_second = call.id.contains("block2");
        Ok(if is_second {
            failed
        } else {
            ToolResult::ok("a")
        })
    });
    let mut sink = Kept::default();
    let outcome = History::new(PROMPT)
        .attempt(&Script, &mut environment, &mut sink)
        .await;
    assert_eq!(
        failure(&outcome.unwrap()),
        (
            "script_failed",
            "block 2 (`echo a`) ended with status 1:\nboom"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn t15_an_interrupted_block_runs_again_unless_marked_once() {
    for (fence, expected) in [
        ("sh", vec!["run1-block1-try2", "run1-block2-try1"]),
        ("sh once", vec!["run1-block2-try1"]),
    ] {
        let mut history = History::new(&PROMPT.replacen("```sh", &format!("```{fence}"), 1));
        let mut sink = Kept {
            closes_after: Some(2),
            ..Kept::default()
        };
        let ended = history.attempt(&Script, &mut Memory::ok(), &mut sink).await;
        assert!(ended.is_err());
        let (mut environment, mut sink) = (Memory::ok(), Kept::default());
        let outcome = history.attempt(&Script, &mut environment, &mut sink).await;
        assert!(
            matches!(outcome, Ok(Outcome::Finished { .. })),
            "{outcome:?}"
        );
        assert_eq!(environment.called(), expected);
        assert_eq!(sink.results()[0].1.status, ToolStatus::Interrupted);
    }
}

#[tokio::test(start_paused = true)]
async fn follow_ups_run_their_own_blocks() {
    let mut history = History::new(PROMPT);
    let sink = &mut Kept::default();
    history
        .attempt(&Script, &mut Memory::ok(), sink)
        .await
        .unwrap();
    history.prompt(2, "```sh\necho b\n```\n");
    let (mut environment, mut sink) = (Memory::ok(), Kept::default());
    history
        .attempt(&Script, &mut environment, &mut sink)
        .await
        .unwrap();
    assert_eq!(environment.called(), ["run2-block1-try1"]);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_without_blocks_just_says_so() {
    let (mut environment, mut sink) = (Memory::ok(), Kept::default());
    let outcome = History::new("hello")
        .attempt(&Script, &mut environment, &mut sink)
        .await;
    let text = "The prompt has no fenced sh block, so there was nothing to run.".to_owned();
    assert_eq!(outcome, Ok(Outcome::Finished { text }));
}

//! The words by which a run is told to carry out the plan that was approved.
//!
//! Only the model reads them: people are shown [`outwork_domain::said`], and what was asked for in the names
//! of commits.

use outwork_domain::Prompt;

/// What stands before what an approved plan answers.
const APPROVED: &str =
    "The plan is approved: carry it out now. What it answers, the oldest first, was:\n\n";

/// The prompt of a run that carries out a plan: the plan is in the conversation already, what it answers
/// stands here again. `answered` are the prompts behind the plan, the oldest first; none for none.
pub(crate) fn approval_of(answered: &[Prompt]) -> Option<Prompt> {
    let first = answered.first()?;
    let texts: Vec<&str> = answered.iter().map(Prompt::text).collect();
    let all = texts.join("\n\n");
    let fits = |text: &str| Prompt::new(format!("{APPROVED}{text}"), Vec::new()).ok();
    // What is as long as a prompt may be stands for itself.
    fits(&all)
        .or_else(|| fits(first.text()))
        .or_else(|| Prompt::new(first.text().to_owned(), Vec::new()).ok())
}

/// What a prompt of [`approval_of`] asks for.
pub(crate) fn task_of(prompt: &str) -> &str {
    prompt.strip_prefix(APPROVED).unwrap_or(prompt)
}

#[cfg(test)]
mod tests {
    use outwork_domain::limits::PROMPT_BYTES_MAX;

    use super::*;

    fn approval(texts: &[&str]) -> String {
        let prompt = |text: &&str| Prompt::new((*text).to_owned(), Vec::new()).unwrap();
        let answered: Vec<Prompt> = texts.iter().map(prompt).collect();
        approval_of(&answered).unwrap().text().to_owned()
    }

    #[test]
    fn what_was_asked_stands_in_the_prompt_however_long_it_is() {
        let told = approval(&["Do it.", "With tests."]);
        assert_eq!(told, format!("{APPROVED}Do it.\n\nWith tests."));
        assert_eq!(task_of(&told), "Do it.\n\nWith tests.");
        let long = "x".repeat(PROMPT_BYTES_MAX);
        assert_eq!(approval(&[&long]), long);
        assert_eq!(task_of(&long), long);
        assert_eq!(approval(&["Do it.", &long]), format!("{APPROVED}Do it."));
        assert_eq!(approval_of(&[]), None);
    }
}

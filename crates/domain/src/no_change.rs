//! What the summary of a run says at its end if a pull request was wanted and no file was changed.

/// Why a run came to no pull request of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoChange {
    /// There is nothing to open one for.
    NothingToShow,
    /// There is one, and the run added nothing to it.
    NothingNew,
}

impl NoChange {
    /// The sentence that says so.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NothingToShow => {
                "No file differs from where the work started, so there is nothing to open a pull request for."
            }
            Self::NothingNew => "This run changed no file; the pull request is as it was.",
        }
    }

    /// The summary with the sentence behind it.
    #[must_use]
    pub fn behind(self, summary: &str) -> String {
        let summary = Self::unsaid(summary).trim();
        let gap = if summary.is_empty() { "" } else { "\n\n" };
        format!("{summary}{gap}{}", self.sentence())
    }

    /// A model's summary, without what would be taken for our sentence at its end.
    #[must_use]
    pub fn unsaid(summary: &str) -> &str {
        let mut rest = summary;
        while let Some(said) = Self::of(rest.trim_end()) {
            let before = rest.trim_end().strip_suffix(said.sentence());
            rest = before.unwrap_or_default().trim_end();
        }
        rest
    }

    /// What the summary of a run says of it; none if something was changed, or no pull request was wanted.
    #[must_use]
    pub fn of(summary: &str) -> Option<Self> {
        let mut all = [Self::NothingToShow, Self::NothingNew].into_iter();
        all.find(|one| {
            let before = summary.strip_suffix(one.sentence());
            before.is_some_and(|before| before.is_empty() || before.ends_with("\n\n"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_found_again() {
        for one in [NoChange::NothingToShow, NoChange::NothingNew] {
            for (summary, expected) in [("", ""), (" \n", ""), (" Looked.\n", "Looked.\n\n")] {
                let said = one.behind(summary);
                assert_eq!(said, format!("{expected}{}", one.sentence()));
                assert_eq!(NoChange::of(&said), Some(one));
            }
            let within = format!("I say: {}", one.sentence());
            assert_eq!(NoChange::of(&within), None);
            assert_eq!(NoChange::of(&format!("{} Really.", one.sentence())), None);
        }
        assert_eq!(NoChange::of("Done."), None);
    }

    #[test]
    fn who_says_it_without_being_us_has_not_said_it() {
        let ours = NoChange::NothingToShow.sentence();
        for (said, left) in [
            (ours.to_owned(), ""),
            (format!("Done.\n\n{ours}\n\n{ours}\n"), "Done."),
            (format!("I say: {ours}"), &format!("I say: {ours}")),
            (" Done. ".to_owned(), " Done. "),
        ] {
            assert_eq!(NoChange::unsaid(&said), left);
            assert_eq!(NoChange::of(NoChange::unsaid(&said)), None);
            let told = NoChange::NothingNew.behind(&said);
            assert_eq!(told.matches(ours).count(), left.matches(ours).count());
        }
    }
}

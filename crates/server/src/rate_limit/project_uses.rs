//! Counts what projects are used for: new agents and further prompts, each within a rolling hour.
//!
//! Unlike the counts of keys, room comes back when a use is an hour old, as Mintlify's contract has it.
//! A use that comes to nothing does not count.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::IntoResponse;
use outwork_domain::{Project, ProjectName, Timestamp};
use outwork_engine::Once;

use super::standing::{Refused, Standing};
use crate::errors::Failure;
use crate::reply::Answer;

const HOUR: Duration = Duration::from_secs(3600);

/// What a project is used for; each has a count of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Use {
    /// A new agent.
    Create,
    /// Another prompt.
    Message,
}

/// The uses of all projects within the last hour.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProjectUses(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    uses: HashMap<(ProjectName, Use), VecDeque<(Timestamp, u64)>>,
    latest: u64,
}

/// A use that counts if it is kept.
#[must_use]
pub(crate) struct Taken {
    all: ProjectUses,
    place: (ProjectName, Use),
    number: u64,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Kept,
}

impl ProjectUses {
    /// Counts a use for the time being.
    pub(crate) fn take(
        &self,
        project: &Project,
        what: Use,
        now: Timestamp,
    ) -> Result<Taken, Failure> {
        let limit = usize::try_from(project.uses_per_hour).unwrap_or(usize::MAX);
        let place = (project.id.clone(), what);
        let mut counted = self.counted();
        counted.latest += 1;
        let number = counted.latest;
        let uses = counted.recent(&place, now);
        if let Some((oldest, _)) = uses.len().checked_sub(limit).and_then(|at| uses.get(at)) {
            let wait = HOUR.saturating_sub(now.since(*oldest));
            let standing = standing_of(uses, project, now);
            return Err(Refused { standing, wait }.failure());
        }
        uses.push_back((now, number));
        drop(counted);
        Ok(Taken {
            all: self.clone(),
            place,
            number,
            fate: Fate::Open,
        })
    }

    /// Writes what is left of a project's uses on an answer.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "handlers give answers, and a refusal is one of them"
    )]
    pub(crate) fn tell(
        &self,
        project: &Project,
        what: Use,
        answer: Answer,
        now: Timestamp,
    ) -> Answer {
        let place = (project.id.clone(), what);
        let standing = standing_of(self.counted().recent(&place, now), project, now);
        let mut response = answer.unwrap_or_else(IntoResponse::into_response);
        standing.tell(response.headers_mut(), now);
        Ok(response)
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// The uses that are not an hour old yet.
    fn recent(
        &mut self,
        place: &(ProjectName, Use),
        now: Timestamp,
    ) -> &mut VecDeque<(Timestamp, u64)> {
        let uses = self.uses.entry(place.clone()).or_default();
        while uses.front().is_some_and(|(at, _)| now.since(*at) >= HOUR) {
            uses.pop_front();
        }
        uses
    }
}

fn standing_of(uses: &VecDeque<(Timestamp, u64)>, project: &Project, now: Timestamp) -> Standing {
    let used = u32::try_from(uses.len()).unwrap_or(u32::MAX);
    let latest = uses.back().map(|(at, _)| *at);
    let whole_after = latest.map(|at| HOUR.saturating_sub(now.since(at)));
    Standing {
        limit: project.uses_per_hour,
        remaining: project.uses_per_hour.saturating_sub(used),
        whole_after: whole_after.unwrap_or_default(),
    }
}

impl Taken {
    /// Lets the use count if something was done, and not if it was done before.
    pub(crate) fn keep_if_done<T>(mut self, once: Once<T>) -> Once<T> {
        if matches!(once, Once::Done(_)) {
            self.fate = Fate::Kept;
        }
        once
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.fate == Fate::Kept {
            return;
        }
        let mut counted = self.all.counted();
        if let Some(uses) = counted.uses.get_mut(&self.place) {
            uses.retain(|(_, number)| *number != self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str, uses_per_hour: u32) -> Project {
        Project {
            uses_per_hour,
            ..Project::new(id.parse().unwrap(), "/r".parse().unwrap())
        }
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1000)
    }

    #[test]
    fn so_many_an_hour_and_no_more() {
        let (all, docs) = (ProjectUses::default(), project("docs", 2));
        let take = |secs| {
            let taken = all.take(&docs, Use::Create, at(secs));
            taken.map(|taken| drop(taken.keep_if_done(Once::Done(()))))
        };
        take(0).unwrap();
        take(10).unwrap();
        assert_eq!(take(20).unwrap_err().retry_after_secs, Some(3580));
        assert!(take(3599).is_err());
        take(3600).unwrap();
        assert!(take(3601).is_err());
        take(3610).unwrap();
    }

    #[test]
    fn what_came_to_nothing_does_not_count() {
        let (all, docs) = (ProjectUses::default(), project("docs", 1));
        drop(all.take(&docs, Use::Create, at(0)).unwrap());
        let open = all.take(&docs, Use::Create, at(0)).unwrap();
        assert!(
            all.take(&docs, Use::Create, at(0)).is_err(),
            "it may yet count"
        );
        drop(open);
        let taken = all.take(&docs, Use::Create, at(0)).unwrap();
        let reply = outwork_store::Reply {
            status: 201,
            body: Vec::new(),
        };
        drop(taken.keep_if_done(Once::<()>::Repeated(reply)));
        drop(all.take(&docs, Use::Create, at(0)).unwrap());
    }

    #[test]
    fn projects_and_uses_have_counts_of_their_own() {
        let all = ProjectUses::default();
        let (docs, api) = (project("docs", 1), project("api", 1));
        let take = |project: &Project, what| {
            let taken = all.take(project, what, at(0));
            taken.map(|taken| drop(taken.keep_if_done(Once::Done(()))))
        };
        take(&docs, Use::Create).unwrap();
        take(&docs, Use::Message).unwrap();
        take(&api, Use::Create).unwrap();
        assert!(take(&docs, Use::Create).is_err() && take(&docs, Use::Message).is_err());
    }
}

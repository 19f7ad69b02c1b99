//! What must hold of deliveries: one pure function over what was due and what arrived.

mod signatures;
mod violation;

use std::collections::{BTreeMap, BTreeSet};

pub use violation::Violation;

/// Whether a receiver answers at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It does, well or badly.
    Living,
    /// It does not.
    Dead,
}

/// Where deliveries go.
#[derive(Clone, Debug)]
pub struct Target {
    /// What they are signed with.
    pub secret: String,
    /// Whether anybody is there.
    pub life: Life,
}

/// A delivery as the server's log has it.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its id, as receivers see it.
    pub id: String,
    /// The agent that it is about.
    pub agent: String,
    /// The number of the run that it is about: the order.
    pub number: u64,
    /// Where it goes.
    pub target: String,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    /// What was tried.
    pub attempts: Vec<Attempt>,
}

/// An attempt as the server's log has it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The status of the answer.
    pub status: Option<u16>,
    /// What went wrong before there was one.
    pub fault: Option<String>,
}

/// What arrived at a receiver.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The path that was called.
    pub target: String,
    /// `X-Webhook-ID`.
    pub id: String,
    /// `webhook-id`.
    pub standard_id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `X-Webhook-Signature`.
    pub signature: String,
    /// `webhook-signature`.
    pub standard_signature: String,
    /// The body.
    pub body: Vec<u8>,
    /// What it was answered; none if it got no answer.
    pub status: Option<u16>,
}

impl Seen {
    fn is_taken(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// All that is known after a campaign.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The targets by path.
    pub targets: BTreeMap<String, Target>,
    /// The server's log.
    pub due: Vec<Due>,
    /// The receivers' logs, each in the order of receipt.
    pub seen: Vec<Seen>,
    /// How many deliveries about an agent each target is due.
    pub expected: BTreeMap<(String, String), usize>,
    /// Waits between attempts.
    pub retries: usize,
    /// How many deliveries may come again after they were taken: those under way at the kills.
    pub repeats_max: usize,
}

/// What is counted for the record.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Deliveries to living receivers.
    pub living: usize,
    /// Deliveries that were taken.
    pub taken: usize,
    /// Requests that arrived at living receivers.
    pub arrivals: usize,
    /// Requests that arrived after the same delivery was taken.
    pub repeats: usize,
    /// Noted attempts at dead receivers.
    pub dead_attempts: usize,
    /// Deliveries to dead receivers that were given up.
    pub dead_given_up: usize,
}

/// Everything that should not be.
pub fn violations(facts: &Facts) -> Vec<Violation> {
    let mut found = Vec::new();
    let rows: BTreeMap<&str, &Due> = facts.due.iter().map(|due| (&*due.id, due)).collect();
    counted(facts, &mut found);
    arrived(facts, &rows, &mut found);
    taken(facts, &mut found);
    ordered(facts, &mut found);
    noted(facts, &mut found);
    dead(facts, &mut found);
    let repeats = sums(facts).repeats;
    if repeats > facts.repeats_max {
        found.push(Violation::TooManyRepeats(repeats));
    }
    found
}

/// Counts for the record.
pub fn sums(facts: &Facts) -> Sums {
    let mut sums = Sums::default();
    let mut taken = BTreeSet::new();
    for seen in facts.seen.iter().filter(|seen| lives(facts, &seen.target)) {
        sums.arrivals += 1;
        sums.repeats += usize::from(taken.contains(&seen.id));
        if seen.is_taken() {
            taken.insert(&seen.id);
        }
    }
    sums.taken = taken.len();
    for due in &facts.due {
        if lives(facts, &due.target) {
            sums.living += 1;
        } else {
            sums.dead_attempts += due.attempts.len();
            sums.dead_given_up += usize::from(due.state == "given_up");
        }
    }
    sums
}

fn lives(facts: &Facts, target: &str) -> bool {
    let target = facts.targets.get(target);
    target.is_some_and(|target| target.life == Life::Living)
}

/// Each end of a run is one row for each target, no more and no less.
fn counted(facts: &Facts, found: &mut Vec<Violation>) {
    let mut rows: BTreeMap<(String, String), BTreeSet<u64>> = BTreeMap::new();
    for due in &facts.due {
        let lane = rows
            .entry((due.agent.clone(), due.target.clone()))
            .or_default();
        if !lane.insert(due.number) {
            found.push(Violation::Doubled(due.id.clone()));
        }
    }
    for (lane, expected) in &facts.expected {
        let there = rows.get(lane).map_or(0, BTreeSet::len);
        if there != *expected {
            let (agent, target) = lane.clone();
            let expected = *expected;
            found.push(Violation::Miscounted {
                agent,
                target,
                there,
                expected,
            });
        }
    }
}

/// Each request is one of a row, to where that goes, with the same bytes each time, and signed.
fn arrived(facts: &Facts, rows: &BTreeMap<&str, &Due>, found: &mut Vec<Violation>) {
    let mut bodies: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for seen in &facts.seen {
        let row = rows.get(&*seen.id).filter(|due| due.target == seen.target);
        let (Some(due), Some(target)) = (row, facts.targets.get(&seen.target)) else {
            found.push(Violation::Unexplained(seen.id.clone(), seen.target.clone()));
            continue;
        };
        if *bodies.entry(&seen.id).or_insert(&seen.body) != seen.body {
            found.push(Violation::Changed(seen.id.clone()));
        }
        let told: Option<serde_json::Value> = serde_json::from_slice(&seen.body).ok();
        if told.is_none_or(|told| told["id"] != due.agent.as_str()) {
            found.push(Violation::WrongBody(seen.id.clone()));
        }
        if let Err(which) = signatures::verify(seen, &target.secret) {
            found.push(Violation::BadSignature(seen.id.clone(), which));
        }
    }
}

/// Each delivery to a living receiver was taken, and the log says so.
fn taken(facts: &Facts, found: &mut Vec<Violation>) {
    let taken: BTreeSet<&str> = facts
        .seen
        .iter()
        .filter(|seen| seen.is_taken())
        .map(|seen| &*seen.id)
        .collect();
    for due in facts.due.iter().filter(|due| lives(facts, &due.target)) {
        if !taken.contains(&*due.id) {
            found.push(Violation::Lost(due.id.clone()));
        }
        if due.state != "delivered" {
            found.push(Violation::NotNoted(due.id.clone(), due.state.clone()));
        }
    }
}

/// Of an agent, a target sees the next delivery first when it has taken the one before.
fn ordered(facts: &Facts, found: &mut Vec<Violation>) {
    let (mut first, mut first_taken) = (BTreeMap::new(), BTreeMap::new());
    for (at, seen) in facts.seen.iter().enumerate() {
        first.entry(&*seen.id).or_insert(at);
        if seen.is_taken() {
            first_taken.entry(&*seen.id).or_insert(at);
        }
    }
    let mut lanes: BTreeMap<(&str, &str), Vec<&Due>> = BTreeMap::new();
    for due in &facts.due {
        lanes
            .entry((&due.agent, &due.target))
            .or_default()
            .push(due);
    }
    for lane in lanes.values_mut() {
        lane.sort_by_key(|due| due.number);
        for pair in lane.windows(2) {
            let [before, next] = pair else { continue };
            let Some(next_at) = first.get(&*next.id) else {
                continue;
            };
            let through = first_taken.get(&*before.id).is_some_and(|at| at < next_at);
            let given_up = before.state == "given_up";
            if !through && !given_up {
                found.push(Violation::OutOfOrder(before.id.clone(), next.id.clone()));
            }
        }
    }
}

/// What the log says of answers, the receivers gave; only kills may have kept answers out of it.
fn noted(facts: &Facts, found: &mut Vec<Violation>) {
    let mut given: BTreeMap<(&str, Option<u16>), usize> = BTreeMap::new();
    for seen in &facts.seen {
        *given.entry((&seen.id, seen.status)).or_default() += 1;
    }
    for due in &facts.due {
        let mut noted: BTreeMap<Option<u16>, usize> = BTreeMap::new();
        for attempt in &due.attempts {
            if attempt.status.is_some() == attempt.fault.is_some() {
                found.push(Violation::MisnotedAttempt(due.id.clone()));
            }
            *noted.entry(attempt.status).or_default() += 1;
        }
        let answered = noted.iter().filter(|(status, _)| status.is_some());
        for (status, count) in answered {
            if given
                .get(&(&*due.id, *status))
                .is_none_or(|given| given < count)
            {
                found.push(Violation::MisnotedAttempt(due.id.clone()));
            }
        }
    }
}

/// What goes to dead receivers is tried as often as the schedule says, never answered, and each of them
/// was tried at all.
fn dead(facts: &Facts, found: &mut Vec<Violation>) {
    let mut untried: BTreeSet<&str> = BTreeSet::new();
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    for due in facts.due.iter().filter(|due| !lives(facts, &due.target)) {
        let count = due.attempts.len();
        let through = count == facts.retries + 1;
        let fits = match due.state.as_str() {
            "waiting" => count <= facts.retries,
            "given_up" => through,
            _ => false,
        };
        if !fits || due.attempts.iter().any(|attempt| attempt.status.is_some()) {
            found.push(Violation::Misjudged(
                due.id.clone(),
                due.state.clone(),
                count,
            ));
        }
        let place = if count > 0 { &mut tried } else { &mut untried };
        place.insert(&due.target);
    }
    if tried.is_empty() && !untried.is_empty() {
        found.push(Violation::DeadUntried);
    }
}

#[cfg(test)]
mod tests;

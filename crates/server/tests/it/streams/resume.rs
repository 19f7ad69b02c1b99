//! A stream that is cut anywhere and resumed gives what one gives that was never cut.

use std::collections::HashMap;

use super::clients::{Client, Frame, Official, Plain, frames};
use super::history::World;

/// The ends of the whole frames; cuts between two of them leave clients with the same.
fn ends(stream: &str) -> Vec<usize> {
    let ends = stream.match_indices("\n\n").map(|(at, _)| at + 2);
    std::iter::once(0).chain(ends).collect()
}

/// What the server gives behind each place that a client may come back to.
struct Replays {
    world: World,
    bodies: HashMap<Option<String>, String>,
}

impl Replays {
    async fn new() -> Self {
        Self {
            world: World::ended().await,
            bodies: HashMap::new(),
        }
    }

    async fn from(&mut self, last: Option<&str>) -> String {
        let last = last.map(str::to_owned);
        if let Some(body) = self.bodies.get(&last) {
            return body.clone();
        }
        let body = self.world.whole(last.as_deref()).await;
        self.bodies.insert(last, body.clone());
        body
    }
}

#[tokio::test]
async fn the_official_clients_lose_nothing_wherever_they_are_cut() {
    let mut replays = Replays::new().await;
    let uncut = replays.from(None).await;
    let mut expected = Official::default();
    expected.read(&uncut);
    assert!(expected.took().len() > 20 && expected.is_done());
    // Every byte, though only the frames that came whole count.
    for cut in 0..=uncut.len() {
        if !uncut.is_char_boundary(cut) {
            continue;
        }
        let mut client = Official::default();
        client.read(&uncut[..cut]);
        if client.is_done() {
            assert_eq!(client.took(), expected.took());
            continue;
        }
        let again = replays.from(client.last()).await;
        // And once more, in the middle of what came then.
        let ends = ends(&again);
        let second = ends[cut % ends.len()];
        client.read(&again[..second]);
        if !client.is_done() {
            let rest = replays.from(client.last()).await;
            client.read(&rest);
        }
        assert_eq!(client.took(), expected.took(), "cut at {cut} and {second}");
    }
}

#[tokio::test]
async fn clients_of_the_html_standard_lose_nothing_either() {
    let mut replays = Replays::new().await;
    let uncut = replays.from(None).await;
    let mut expected = Plain::default();
    expected.read(&uncut);
    assert!(expected.is_done());
    for cut in ends(&uncut) {
        let mut client = Plain::default();
        client.read(&uncut[..cut]);
        let place = client.took().len();
        if !client.is_done() {
            let rest = replays.from(client.last()).await;
            client.read(&rest);
        }
        let mut all = expected.took().to_vec();
        // Cut between the two frames of one event, the id says that the event was seen: such a client has
        // the simplified event, and not the update that says the same.
        if place > 0
            && all
                .get(place)
                .is_some_and(|next| is_second(&all[place - 1], next))
        {
            all.remove(place);
        }
        assert_eq!(client.took(), all, "cut at {cut}");
    }
}

fn is_second(first: &Frame, next: &Frame) -> bool {
    next.event == "interaction_update" && first.id == next.id
}

#[tokio::test]
async fn every_connection_begins_with_the_status_and_ends_with_done() {
    let mut replays = Replays::new().await;
    let uncut = frames(&replays.from(None).await);
    for id in uncut.iter().filter_map(|frame| frame.id.clone()) {
        let again = frames(&replays.from(Some(&id)).await);
        assert_eq!((again[0].event.as_str(), &again[0].id), ("status", &None));
        assert!(again[0].data.contains("RUNNING"), "{}", again[0].data);
        assert_eq!(again.last().unwrap().event, "done");
    }
    let last = uncut.last().unwrap().id.as_deref();
    let farewell = frames(&replays.from(last).await);
    let events: Vec<&str> = farewell.iter().map(|frame| frame.event.as_str()).collect();
    assert_eq!(events, ["status", "done"]);
    assert_eq!(&farewell[1], uncut.last().unwrap());
}

#[tokio::test]
async fn a_replay_is_what_was_seen_live() {
    let world = World::working().await;
    let live = super::history::Body::open(&world.server, world.ask(None)).await;
    let reading = tokio::spawn(live.rest());
    world.two_turns().await;
    world.published().await;
    world.server.succeed(world.fence, "All is well.").await;
    let live = reading.await.unwrap();
    assert_eq!(live, world.whole(None).await);
    // A later run changes nothing of it, whatever it pushes.
    world.follow_up().await;
    let next = world.server.work().await;
    let pushed = outwork_domain::EventBody::Pushed {
        repository: world.repository.clone(),
        branch: "outwork/so-2".parse().unwrap(),
        commit: "0123456789abcdef0123456789abcdef01234567".parse().unwrap(),
    };
    world.server.append(next, vec![pushed]).await;
    world.server.succeed(next, "More.").await;
    assert_eq!(live, world.whole(None).await);
}

//! Counts what keys ask for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use outwork_domain::KeyId;

use super::class::RouteClass;
use super::options::{RateLimitOptions, Window};
use super::standing::{Refused, Standing};

/// After how many counted requests the keys that have not asked for long are forgotten.
const SWEEP: u64 = 4_096;

/// A count for each class of routes.
pub(crate) struct Meters<C: Clock = DefaultClock> {
    create: Meter<C>,
    change: Meter<C>,
    read: Meter<C>,
    artifacts_list: Meter<C>,
    artifacts_download: Meter<C>,
    repositories: Meter<C>,
}

impl<C: Clock + Clone> Meters<C> {
    /// Begins to count.
    pub(crate) fn new(options: &RateLimitOptions, clock: &C) -> Self {
        let meter = |windows: &[Window]| Meter::new(windows, clock);
        Self {
            create: meter(&options.create),
            change: meter(&options.change),
            read: meter(&options.read),
            artifacts_list: meter(&options.artifacts_list),
            artifacts_download: meter(&options.artifacts_download),
            repositories: meter(&options.repositories),
        }
    }

    /// Counts one request; gives nothing if its class has no limit.
    pub(crate) fn count(&self, class: RouteClass, key: KeyId) -> Result<Option<Standing>, Refused> {
        let meter = match class {
            RouteClass::Create => &self.create,
            RouteClass::Change => &self.change,
            RouteClass::Read => &self.read,
            RouteClass::ArtifactsList => &self.artifacts_list,
            RouteClass::ArtifactsDownload => &self.artifacts_download,
            RouteClass::Repositories => &self.repositories,
        };
        meter.count(key)
    }
}

type Limiter<C> = RateLimiter<KeyId, HashMapStateStore<KeyId>, C, StateInformationMiddleware>;

/// The windows of one class.
struct Meter<C: Clock> {
    /// The shortest first: a request that a short window refuses takes nothing from the longer ones.
    windows: Vec<Limiter<C>>,
    clock: C,
    counted: AtomicU64,
}

impl<C: Clock + Clone> Meter<C> {
    fn new(windows: &[Window], clock: &C) -> Self {
        let mut windows = windows.to_vec();
        windows.sort_by_key(|window| window.period());
        let limiter = |window: Window| {
            RateLimiter::hashmap_with_clock(window.quota(), clock.clone()).with_middleware()
        };
        Self {
            windows: windows.into_iter().map(limiter).collect(),
            clock: clock.clone(),
            counted: AtomicU64::new(0),
        }
    }

    fn count(&self, key: KeyId) -> Result<Option<Standing>, Refused> {
        let mut tightest: Option<Standing> = None;
        for window in &self.windows {
            let standing = match window.check_key(&key) {
                Ok(state) => standing(state.quota(), state.remaining_burst_capacity()),
                Err(until) => {
                    return Err(Refused {
                        standing: standing(until.quota(), 0),
                        wait: until.wait_time_from(self.clock.now()),
                    });
                }
            };
            if tightest.is_none_or(|other| standing.remaining < other.remaining) {
                tightest = Some(standing);
            }
        }
        if self.counted.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.sweep();
        }
        Ok(tightest)
    }

    /// Forgets the keys for which every window is whole again: they are as if they had never asked.
    fn sweep(&self) {
        for window in &self.windows {
            window.retain_recent();
            window.shrink_to_fit();
        }
    }
}

/// How a window stands of which so many are left.
pub(super) fn standing(quota: Quota, remaining: u32) -> Standing {
    let limit = quota.burst_size().get();
    let used = limit.saturating_sub(remaining);
    let whole_after = quota.replenish_interval().checked_mul(used);
    Standing {
        limit,
        remaining,
        whole_after: whole_after.unwrap_or(Duration::MAX),
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;
    use uuid::Uuid;

    use super::*;

    fn key(number: u64) -> KeyId {
        KeyId::new(Uuid::from_u128(number.into()))
    }

    fn meter(windows: &[&str]) -> (Meter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let windows: Vec<Window> = windows.iter().map(|text| text.parse().unwrap()).collect();
        (Meter::new(&windows, &clock), clock)
    }

    fn left(meter: &Meter<FakeRelativeClock>, key: KeyId) -> Result<u32, Duration> {
        let counted = meter.count(key);
        counted
            .map(|standing| standing.unwrap().remaining)
            .map_err(|refused| refused.wait)
    }

    #[test]
    fn room_comes_back_evenly() {
        let (meter, clock) = meter(&["60/min"]);
        for remaining in (0..60).rev() {
            assert_eq!(left(&meter, key(1)), Ok(remaining));
        }
        assert_eq!(left(&meter, key(1)), Err(Duration::from_secs(1)));
        clock.advance(Duration::from_millis(999));
        assert_eq!(left(&meter, key(1)), Err(Duration::from_millis(1)));
        clock.advance(Duration::from_millis(1));
        assert_eq!(left(&meter, key(1)), Ok(0));
        clock.advance(Duration::from_secs(60));
        assert_eq!(left(&meter, key(1)), Ok(59));
    }

    #[test]
    fn keys_do_not_share() {
        let (meter, _) = meter(&["1/h"]);
        assert_eq!(left(&meter, key(1)), Ok(0));
        assert!(left(&meter, key(1)).is_err());
        assert_eq!(left(&meter, key(2)), Ok(0));
    }

    #[test]
    fn the_window_that_leaves_the_least_is_told() {
        let (meter, clock) = meter(&["5/h", "3/min"]);
        let told = |meter: &Meter<_>| meter.count(key(1)).map(|told| told.unwrap().limit);
        assert_eq!(left(&meter, key(1)), Ok(2));
        assert_eq!(told(&meter), Ok(3));
        assert_eq!(told(&meter), Ok(3));
        let refused = meter.count(key(1)).unwrap_err();
        assert_eq!(
            (refused.standing.limit, refused.wait),
            (3, Duration::from_secs(20))
        );
        clock.advance(Duration::from_secs(60));
        assert_eq!(told(&meter), Ok(5), "of five in an hour four are used");
    }

    #[test]
    fn what_is_refused_for_the_minute_does_not_use_up_the_hour() {
        let (meter, clock) = meter(&["10/h", "2/min"]);
        for _ in 0..2 {
            meter.count(key(1)).unwrap();
        }
        for _ in 0..1_000 {
            meter.count(key(1)).unwrap_err();
        }
        clock.advance(Duration::from_secs(60));
        assert!(meter.count(key(1)).is_ok());
    }

    #[test]
    fn standings_say_when_the_window_is_whole() {
        let (meter, _) = meter(&["300/min"]);
        let standing = meter.count(key(1)).unwrap().unwrap();
        let expected = Standing {
            limit: 300,
            remaining: 299,
            whole_after: Duration::from_millis(200),
        };
        assert_eq!(standing, expected);
    }

    #[test]
    fn no_windows_is_no_limit() {
        let (meter, _) = meter(&[]);
        assert_eq!(meter.count(key(1)), Ok(None));
    }

    #[test]
    fn keys_that_stopped_asking_are_forgotten() {
        let (meter, clock) = meter(&["60/min"]);
        for number in 0..1_000 {
            meter.count(key(number)).unwrap();
        }
        assert_eq!(meter.windows[0].len(), 1_000);
        clock.advance(Duration::from_secs(120));
        for _ in 0..SWEEP {
            clock.advance(Duration::from_secs(1));
            meter.count(key(1)).unwrap();
        }
        assert_eq!(meter.windows[0].len(), 1);
    }
}

//! Counts wrong keys by the address that they came from, in constant memory.
//!
//! A guess of a key costs a read of the database. Addresses share the places of a table of fixed size,
//! by a hash that nobody outside can foresee; of an IPv6 address the first 64 bits count, since who has
//! one has all of them.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::meter::standing;
use super::options::Window;
use super::standing::Refused;

/// Places of the table.
const PLACES: usize = 4_096;
const IPV6_SITE_BITS: u32 = 64;

/// What addresses sent wrong keys.
pub(crate) struct Strangers<C: Clock = DefaultClock> {
    places: Vec<Place<C>>,
    hasher: RandomState,
    clock: C,
    start: C::Instant,
}

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

struct Place<C: Clock> {
    windows: Vec<(Quota, Limiter<C>)>,
    /// Nanoseconds since the start, until when nothing unknown is looked up.
    barred_until: AtomicU64,
}

impl<C: Clock + Clone> Strangers<C> {
    /// Begins to count; without windows nothing is counted.
    pub(crate) fn new(windows: &[Window], clock: &C) -> Self {
        let mut windows = windows.to_vec();
        windows.sort_by_key(|window| window.period());
        let place = |_| Place {
            windows: windows
                .iter()
                .map(|window| limited(*window, clock))
                .collect(),
            barred_until: AtomicU64::new(0),
        };
        let count = if windows.is_empty() { 0 } else { PLACES };
        Self {
            places: (0..count).map(place).collect(),
            hasher: RandomState::new(),
            start: clock.now(),
            clock: clock.clone(),
        }
    }

    /// Refuses an address that sent too many wrong keys a moment ago.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<(), Refused> {
        let Some(place) = self.place(address) else {
            return Ok(());
        };
        let wait = place
            .barred_until
            .load(Ordering::Relaxed)
            .saturating_sub(self.now());
        match place.windows.first() {
            Some((quota, _)) if wait > 0 => Err(Refused {
                standing: standing(*quota, 0),
                wait: Duration::from_nanos(wait),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Counts a wrong key.
    pub(crate) fn count(&self, address: IpAddr) -> Result<(), Refused> {
        let Some(place) = self.place(address) else {
            return Ok(());
        };
        for (quota, limiter) in &place.windows {
            let Err(until) = limiter.check() else {
                continue;
            };
            let wait = until.wait_time_from(self.clock.now());
            let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
            let barred_until = self.now().saturating_add(nanos);
            place
                .barred_until
                .fetch_max(barred_until, Ordering::Relaxed);
            let standing = standing(*quota, 0);
            return Err(Refused { standing, wait });
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        self.clock.now().duration_since(self.start).as_u64()
    }

    fn place(&self, address: IpAddr) -> Option<&Place<C>> {
        let site = match address.to_canonical() {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            // Above all IPv4 addresses, of which none may meet one.
            IpAddr::V6(address) => (1 << 96) | (address.to_bits() >> IPV6_SITE_BITS),
        };
        let hash = usize::try_from(self.hasher.hash_one(site) % PLACES as u64).unwrap_or(0);
        self.places.get(hash)
    }
}

fn limited<C: Clock + Clone>(window: Window, clock: &C) -> (Quota, Limiter<C>) {
    let quota = window.quota();
    (quota, RateLimiter::direct_with_clock(quota, clock.clone()))
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn strangers(window: &str) -> (Strangers<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Strangers::new(&[window.parse().unwrap()], &clock), clock)
    }

    #[test]
    fn an_address_is_refused_until_it_has_waited() {
        let (strangers, clock) = strangers("2/min");
        let address = "192.0.2.1".parse().unwrap();
        assert_eq!(strangers.count(address), Ok(()));
        assert_eq!(strangers.count(address), Ok(()));
        assert_eq!(strangers.admit(address), Ok(()), "it may have a good key");
        let refused = strangers.count(address).unwrap_err();
        assert_eq!(
            (refused.standing.limit, refused.wait),
            (2, Duration::from_secs(30))
        );
        clock.advance(Duration::from_secs(10));
        let refused = strangers.admit(address).unwrap_err();
        assert_eq!(
            (refused.standing.remaining, refused.wait),
            (0, Duration::from_secs(20))
        );
        clock.advance(Duration::from_secs(20));
        assert_eq!(strangers.admit(address), Ok(()));
        assert_eq!(strangers.count(address), Ok(()));
        assert!(strangers.count(address).is_err());
    }

    #[test]
    fn a_site_has_one_count_however_many_addresses_it_has() {
        let (strangers, _) = strangers("1/h");
        strangers.count("2001:db8:1:2::1".parse().unwrap()).unwrap();
        strangers
            .count("2001:db8:1:2:ffff::9".parse().unwrap())
            .unwrap_err();
        strangers.count("192.0.2.1".parse().unwrap()).unwrap();
        strangers
            .count("::ffff:192.0.2.1".parse().unwrap())
            .unwrap_err();
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_seldom_meet() {
        let (strangers, _) = strangers("1/h");
        let refused = (0..1_000_u32)
            .map(|number| IpAddr::from((0xc000_0000 + number).to_be_bytes()))
            .filter(|address| strangers.count(*address).is_err())
            .count();
        assert!(refused < 250, "{refused} of 1,000 in 4,096 places");
        assert_eq!(strangers.places.len(), PLACES);
    }

    #[test]
    fn without_windows_nobody_is_refused() {
        let strangers = Strangers::new(&[], &FakeRelativeClock::default());
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..1_000 {
            assert_eq!(strangers.count(address), Ok(()));
        }
        assert_eq!(strangers.admit(address), Ok(()));
    }
}

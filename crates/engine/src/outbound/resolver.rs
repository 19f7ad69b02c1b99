//! The resolver of the guarded clients: a connection is made only to an address that it let pass.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use futures::future::BoxFuture;
use outwork_domain::AccountId;
use outwork_domain::limits::{LOOKUPS_AT_ONCE_MAX, LOOKUPS_OF_ACCOUNT_MAX};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::account_shares::AccountShares;
use super::policy::{Policy, Refused, Scope};

tokio::task_local! {
    /// For whom the task calls; the clients, which ask for names, know nothing of accounts.
    static CALLER: AccountId;
}

/// Carries a call out for an account, whose share its questions for names count under.
pub(crate) async fn on_behalf_of<T>(account_id: AccountId, call: impl Future<Output = T>) -> T {
    CALLER.scope(account_id, call).await
}

/// For whom the current task calls, if that is known.
pub(super) fn caller() -> Option<AccountId> {
    CALLER.try_with(|account_id| *account_id).ok()
}

/// Asks for the addresses of a name.
pub(crate) trait Lookup: Send + Sync {
    /// The addresses, at least one.
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Asks the system, about so many names at a time.
///
/// Its question takes a thread until it is answered, also when nobody waits for the answer any more:
/// without a limit a few silent name servers would have all threads that the process has for such work, and
/// without shares those of one account would have all places.
pub(super) struct SystemLookup {
    places: Arc<Semaphore>,
    shares: AccountShares,
    ask: fn(&str) -> io::Result<Vec<IpAddr>>,
}

impl SystemLookup {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE_MAX)),
            shares: AccountShares::new(LOOKUPS_OF_ACCOUNT_MAX),
            ask: |name| Ok((name, 0).to_socket_addrs()?.map(|one| one.ip()).collect()),
        }
    }
}

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let (places, ask) = (Arc::clone(&self.places), self.ask);
        let share = caller().map(|account_id| self.shares.of(account_id));
        Box::pin(async move {
            let share = match share {
                None => None,
                Some(share) => Some(share.acquire_owned().await.map_err(io::Error::other)?),
            };
            let place = places.acquire_owned().await.map_err(io::Error::other)?;
            let asked = tokio::task::spawn_blocking(move || {
                // Given back by the thread, not by who waits for it.
                let _places = (share, place);
                ask(&name)
            });
            asked.await.map_err(io::Error::other)?
        })
    }
}

/// Looks names up and lets only those answers pass that may be called.
pub(super) struct Resolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) policy: Arc<Policy>,
    pub(super) scope: Scope,
}

impl Resolver {
    /// The answers that may be called; an error if none of them may.
    pub(super) fn addresses(
        &self,
        name: String,
    ) -> BoxFuture<'static, Result<Vec<SocketAddr>, NoAddress>> {
        let found = self.lookup.lookup(name);
        let (policy, scope) = (Arc::clone(&self.policy), self.scope);
        Box::pin(async move {
            let mut open = Vec::new();
            let mut refused = None;
            for address in found.await.map_err(NoAddress::Unknown)? {
                match policy.judge_address(address, scope) {
                    Ok(()) => open.push(SocketAddr::new(address, 0)),
                    Err(why) => refused = Some(why),
                }
            }
            match (open.is_empty(), refused) {
                (false, _) => Ok(open),
                (true, Some(refused)) => Err(NoAddress::Refused(refused)),
                (true, None) => Err(NoAddress::Unknown(io::ErrorKind::NotFound.into())),
            }
        })
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.addresses(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = addresses.await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAddress {
    /// Nobody knows it.
    #[error("the name cannot be resolved")]
    Unknown(#[source] io::Error),
    /// Everything that it leads to is closed.
    #[error(transparent)]
    Refused(Refused),
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Condvar, Mutex, PoisonError};
    use std::time::Duration;

    use super::*;

    static BEGUN: AtomicUsize = AtomicUsize::new(0);
    static ANSWERED: (Mutex<Answered>, Condvar) = (Mutex::new(Answered::No), Condvar::new());

    #[derive(PartialEq, Eq)]
    enum Answered {
        No,
        Yes,
    }

    /// A name server that says nothing until it is told to.
    fn silent(_: &str) -> io::Result<Vec<IpAddr>> {
        BEGUN.fetch_add(1, Ordering::SeqCst);
        let answered = ANSWERED.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |answered: &mut Answered| *answered == Answered::No;
        drop(ANSWERED.1.wait_while(answered, waiting).unwrap());
        Ok(vec![IpAddr::from([192, 0, 2, 1])])
    }

    #[tokio::test]
    async fn questions_that_nobody_waits_for_hold_no_more_threads_than_others() {
        let lookup = SystemLookup {
            places: Arc::new(Semaphore::new(2)),
            shares: AccountShares::new(2),
            ask: silent,
        };
        for number in 0..10 {
            let question = lookup.lookup(format!("n{number}.example"));
            let given_up = tokio::time::timeout(Duration::from_millis(20), question).await;
            assert!(given_up.is_err());
        }
        let waiting = tokio::spawn(lookup.lookup("last.example".to_owned()));
        tokio::task::yield_now().await;
        assert_eq!(BEGUN.load(Ordering::SeqCst), 2);
        *ANSWERED.0.lock().unwrap() = Answered::Yes;
        ANSWERED.1.notify_all();
        let found = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        assert_eq!(found.unwrap().unwrap().unwrap().len(), 1);
        assert_eq!(BEGUN.load(Ordering::SeqCst), 3);
    }

    static ASKED: AtomicUsize = AtomicUsize::new(0);

    /// Never ends within a test; its thread ends with the process.
    fn stuck(name: &str) -> io::Result<Vec<IpAddr>> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        while name.starts_with("slow") {
            std::thread::park();
        }
        Ok(vec![IpAddr::from([192, 0, 2, 1])])
    }

    #[test]
    fn slow_name_servers_of_one_account_leave_the_others_theirs() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let lookup = SystemLookup {
                places: Arc::new(Semaphore::new(4)),
                shares: AccountShares::new(2),
                ask: stuck,
            };
            let one = AccountId::new(uuid::Uuid::from_u128(1));
            let other = AccountId::new(uuid::Uuid::from_u128(2));
            let ask = |account_id, name: String| {
                on_behalf_of(account_id, async { lookup.lookup(name).await })
            };
            for number in 0..10 {
                let question = ask(one, format!("slow{number}.example"));
                let given_up = tokio::time::timeout(Duration::from_millis(20), question).await;
                assert!(given_up.is_err());
            }
            assert_eq!(ASKED.load(Ordering::SeqCst), 2);
            for account_id in [other, other, other] {
                let question = ask(account_id, "quick.example".to_owned());
                let found = tokio::time::timeout(Duration::from_secs(30), question).await;
                assert_eq!(found.unwrap().unwrap().len(), 1);
            }
        });
        // The threads that wait for nothing are left to themselves.
        runtime.shutdown_background();
    }
}

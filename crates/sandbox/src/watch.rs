//! A thread that looks after the sandboxes that run: what the kernel holds to no limit, it does.
//!
//! It sleeps while there are none, and ends with the last handle. What it finds stands in [`Watched`],
//! where whoever reads a command's result asks for it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::disk_usage::Usage;
use crate::limit_reached::LimitReached;
use crate::processes::Process;
use crate::{ResourceLimits, Spec};

/// How often it looks.
const TICK: Duration = Duration::from_millis(250);

/// A sandbox as a watch sees it.
#[derive(Debug)]
pub(crate) struct Watched {
    /// The outer process on the host; none if it was gone at once.
    pub(crate) outer: Option<Process>,
    /// The first process inside, on the host; none if it was gone at once.
    pub(crate) first: Option<Process>,
    pub(crate) limits: ResourceLimits,
    /// What it can write on the host's disk.
    pub(crate) folders: Vec<PathBuf>,
    /// How the disk stood when it was last over its limit.
    pub(crate) over: Mutex<Option<Over>>,
    news: Mutex<Vec<LimitReached>>,
}

/// A workspace beyond its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over {
    /// When that was seen first.
    pub(crate) first: Usage,
    /// At the last look.
    pub(crate) last: Usage,
}

impl Watched {
    /// A sandbox whose outer process has not been waited for, so that the number is still its own.
    pub(crate) fn new(outer: u32, first: i32, spec: &Spec) -> Self {
        let outer = Process::find(outer.cast_signed());
        let first = match outer {
            Some(outer) if outer.pid == first => Some(outer),
            Some(outer) => Process::find_child(first, outer),
            None => None,
        };
        Self {
            outer,
            first,
            limits: spec.limits,
            folders: spec.writable_folders().map(Path::to_owned).collect(),
            over: Mutex::new(None),
            news: Mutex::default(),
        }
    }

    /// Notes that a limit was reached; nobody wants to hear the same twice.
    pub(crate) fn note(&self, reached: LimitReached) {
        let mut news = lock(&self.news);
        if !news.contains(&reached) {
            news.push(reached);
        }
    }

    /// What was noted since the last time.
    pub(crate) fn take_news(&self) -> Vec<LimitReached> {
        std::mem::take(&mut *lock(&self.news))
    }
}

/// A handle on the thread; the last one ends it.
#[derive(Debug)]
pub(crate) struct Watch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    sandboxes: Vec<Weak<Watched>>,
    is_closed: bool,
}

impl Watch {
    /// Starts a thread that calls `look` with all sandboxes that run, four times a second.
    pub(crate) fn start(
        name: &str,
        mut look: impl FnMut(&[Arc<Watched>]) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let ours = Arc::clone(&shared);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while let Some(sandboxes) = ours.next() {
                    look(&sandboxes);
                }
            })?;
        Ok(Self(shared))
    }

    /// Looks after a sandbox as long as it is held elsewhere.
    pub(crate) fn add(&self, watched: &Arc<Watched>) {
        lock(&self.0.state).sandboxes.push(Arc::downgrade(watched));
        self.0.changed.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&self.0.state).is_closed = true;
        self.0.changed.notify_one();
    }
}

impl Shared {
    /// The sandboxes after a pause, once there are some; none at the end.
    fn next(&self) -> Option<Vec<Arc<Watched>>> {
        let mut state = lock(&self.state);
        if !state.is_closed {
            let paused = self.changed.wait_timeout(state, TICK);
            state = paused.unwrap_or_else(PoisonError::into_inner).0;
        }
        loop {
            if state.is_closed {
                return None;
            }
            let sandboxes: Vec<_> = state.sandboxes.iter().filter_map(Weak::upgrade).collect();
            state.sandboxes.retain(|one| one.strong_count() > 0);
            if !sandboxes.is_empty() {
                return Some(sandboxes);
            }
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What holds one running sandbox to its limits: its control group, and the watches over all sandboxes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::disk_watch::DiskWatch;
use crate::groups::{Counts, Group};
use crate::limit_reached::LimitReached;
use crate::watch::{Watch, Watched, lock};
use crate::{Error, LimitsMode, Spec, memory_watch};

/// How often it is looked whether a killed group is empty.
const LOOK: Duration = Duration::from_millis(2);

/// What looks after all running sandboxes; a cheap handle.
#[derive(Clone)]
pub(crate) struct Watches(Arc<[Watch]>);

impl Watches {
    /// Starts what is needed beside what the kernel does.
    pub(crate) fn start(mode: LimitsMode) -> Result<Self, Error> {
        let mut disk = DiskWatch::new();
        let look = move |sandboxes: &[Arc<Watched>]| disk.look(sandboxes);
        let mut list = vec![Watch::start("sandbox-disk", look).map_err(Error::Busy)?];
        match mode {
            LimitsMode::Cgroup1 | LimitsMode::Cgroup2 => {}
            LimitsMode::Rlimit => {
                let memory = Watch::start("sandbox-memory", memory_watch::look);
                list.push(memory.map_err(Error::Busy)?);
            }
        }
        Ok(Self(list.into()))
    }
}

/// The limits of one running sandbox.
pub(crate) struct Limits {
    group: Option<Group>,
    seen: Mutex<Counts>,
    watched: Arc<Watched>,
    /// They end with the last sandbox, not before.
    _watches: Watches,
}

impl Limits {
    /// Begins to look after a sandbox whose outer process and first process inside are these.
    pub(crate) fn new(
        group: Option<Group>,
        (outer, first): (u32, i32),
        spec: &Spec,
        watches: Watches,
    ) -> Self {
        let watched = Arc::new(Watched::new(outer, first, spec));
        watches.0.iter().for_each(|watch| watch.add(&watched));
        Self {
            group,
            seen: Mutex::default(),
            watched,
            _watches: watches,
        }
    }

    /// The limits that were reached since the last time that somebody asked.
    pub(crate) fn reached(&self) -> Vec<LimitReached> {
        let limits = self.watched.limits;
        let mut reached = self.watched.take_news();
        let Some(group) = &self.group else {
            return reached;
        };
        let now = group.counts();
        let before = std::mem::replace(&mut *lock(&self.seen), now);
        if now.memory_kills > before.memory_kills {
            let bytes = limits.memory_bytes;
            reached.push(LimitReached::Memory { bytes });
        }
        if now.refused_processes > before.refused_processes {
            let count = limits.processes;
            reached.push(LimitReached::Processes { count });
        }
        reached
    }

    /// Whether a control group holds every process.
    pub(crate) const fn has_group(&self) -> bool {
        self.group.is_some()
    }

    /// Lets what was written get to the disk at once: whoever waits for that cannot be killed.
    pub(crate) fn lift_writes(&self) {
        if let Some(group) = &self.group {
            group.lift_writes();
        }
    }

    /// Kills whoever is in the group.
    pub(crate) fn kill(&self) {
        if let Some(group) = &self.group {
            group.kill();
        }
    }

    /// Kills whoever is left in the group and waits until nobody is.
    pub(crate) async fn empty(&self) {
        let Some(group) = &self.group else {
            return;
        };
        while !group.is_empty() {
            group.kill();
            tokio::time::sleep(LOOK).await;
        }
    }
}

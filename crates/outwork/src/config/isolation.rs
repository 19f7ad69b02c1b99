//! How well runs are confined, what a sandbox may use up, and whether control groups are insisted on.

use outwork_domain::IsolationLevel;
use outwork_sandbox::ResourceLimits;
use serde::Deserialize;

use crate::exit::Failure;

const MIB: u64 = 1 << 20;
/// Less is not enough for the tool host and a shell.
const MEMORY_MIB_MIN: u64 = 64;
const PROCESSES_MIN: u64 = 32;
const CPUS_MIN: f64 = 0.1;
const CPUS_MAX: f64 = 1024.0;
/// Each of the folders in memory may fill so much of all memory, so that a full folder is an error of the
/// program that fills it, and not the end of every program.
const MEMORY_PART: u64 = 4;

/// The `[isolation]` section. Each sandbox gets the limits for itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IsolationSection {
    /// How well commands are confined.
    pub level: Option<String>,
    /// Whether control groups are insisted on.
    pub limits: Option<LimitsChoice>,
    /// Memory, in mebibytes.
    pub memory_mib: Option<u64>,
    /// Processors; parts of one are possible.
    pub cpus: Option<f64>,
    /// Processes and threads.
    pub processes: Option<u64>,
    /// What the workspace may take of the disk, in mebibytes.
    pub disk_mib: Option<u64>,
    /// Files and folders of the workspace.
    pub disk_files: Option<u64>,
    /// What may be written to the disk each second, in mebibytes.
    pub disk_write_mib_per_sec: Option<u64>,
}

/// Whether control groups are insisted on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitsChoice {
    /// They are used where they are there.
    #[default]
    Any,
    /// The server does not start without them.
    Cgroup,
}

/// What `[isolation]` comes to.
#[derive(Clone, Copy, Debug)]
pub struct IsolationSettings {
    /// How well commands are confined.
    pub level: IsolationLevel,
    /// Whether control groups are insisted on.
    pub limits: LimitsChoice,
    /// What one sandbox may use up.
    pub resources: ResourceLimits,
}

impl IsolationSection {
    /// The limits that the section sets, and the standard for those that it does not name.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the key and its rule.
    pub fn resolve(&self) -> Result<IsolationSettings, Failure> {
        let standard = ResourceLimits::default();
        let memory_bytes = at_least("memory_mib", self.memory_mib, MEMORY_MIB_MIN)?
            .map_or(standard.memory_bytes, |mib| mib.saturating_mul(MIB));
        let in_memory = |bytes: u64| bytes.min(memory_bytes / MEMORY_PART);
        let resources = ResourceLimits {
            memory_bytes,
            cpu_percent: self.cpu_percent(standard.cpu_percent)?,
            processes: at_least("processes", self.processes, PROCESSES_MIN)?
                .unwrap_or(standard.processes),
            disk_bytes: at_least("disk_mib", self.disk_mib, 1)?
                .map_or(standard.disk_bytes, |mib| mib.saturating_mul(MIB)),
            disk_files: at_least("disk_files", self.disk_files, 1)?.unwrap_or(standard.disk_files),
            disk_write_bytes_per_sec: at_least(
                "disk_write_mib_per_sec",
                self.disk_write_mib_per_sec,
                1,
            )?
            .map_or(standard.disk_write_bytes_per_sec, |mib| {
                mib.saturating_mul(MIB)
            }),
            tmp_bytes: in_memory(standard.tmp_bytes),
            home_bytes: in_memory(standard.home_bytes),
            shm_bytes: in_memory(standard.shm_bytes),
            ..standard
        };
        Ok(IsolationSettings {
            level: self.level()?,
            limits: self.limits.unwrap_or_default(),
            resources,
        })
    }

    fn level(&self) -> Result<IsolationLevel, Failure> {
        let Some(word) = &self.level else {
            return Ok(IsolationLevel::default());
        };
        match word.parse() {
            Ok(IsolationLevel::None) => Err(Failure::Usage(
                "[isolation] level: \"none\" is not to be had by a file; it is the flag --dangerously-unconfined \
                 of outwork serve"
                    .to_owned(),
            )),
            Ok(level) => Ok(level),
            Err(_) => Err(Failure::Usage(format!(
                "[isolation] level: {word:?} is not \"full\", \"full-noproc\" or \"weak\""
            ))),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked"
    )]
    fn cpu_percent(&self, standard: u32) -> Result<u32, Failure> {
        match self.cpus {
            None => Ok(standard),
            Some(cpus) if (CPUS_MIN..=CPUS_MAX).contains(&cpus) => {
                Ok((cpus * 100.0).round() as u32)
            }
            Some(cpus) => Err(Failure::Usage(format!(
                "[isolation] cpus: {cpus} is not from {CPUS_MIN} to {CPUS_MAX}"
            ))),
        }
    }
}

fn at_least(key: &str, given: Option<u64>, least: u64) -> Result<Option<u64>, Failure> {
    match given {
        Some(number) if number < least => Err(Failure::Usage(format!(
            "[isolation] {key}: {number} is less than {least}"
        ))),
        Some(_) | None => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn isolation(text: &str) -> Result<IsolationSettings, Failure> {
        toml::from_str::<IsolationSection>(text).unwrap().resolve()
    }

    #[test]
    fn nothing_said_is_the_standard() {
        let settings = isolation("").unwrap();
        assert_eq!(settings.level, IsolationLevel::Full);
        assert_eq!(settings.limits, LimitsChoice::Any);
        assert_eq!(settings.resources, ResourceLimits::default());
    }

    #[test]
    fn a_level_is_chosen_by_its_word_and_none_is_not_to_be_had() {
        for level in [
            IsolationLevel::Full,
            IsolationLevel::FullNoproc,
            IsolationLevel::Weak,
        ] {
            let settings = isolation(&format!("level = '{level}'")).unwrap();
            assert_eq!(settings.level, level);
        }
        for (word, part) in [
            ("none", "--dangerously-unconfined"),
            ("Full", "full-noproc"),
            ("", "full-noproc"),
        ] {
            let error = isolation(&format!("level = '{word}'")).unwrap_err();
            assert_eq!(error.status(), 2);
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn what_is_said_replaces_it() {
        let settings = isolation(
            "limits = 'cgroup'\nmemory_mib = 512\ncpus = 1.5\nprocesses = 100\ndisk_mib = 7\n\
             disk_files = 9\ndisk_write_mib_per_sec = 3",
        );
        let IsolationSettings {
            limits, resources, ..
        } = settings.unwrap();
        assert_eq!(limits, LimitsChoice::Cgroup);
        assert_eq!(resources.memory_bytes, 512 << 20);
        assert_eq!((resources.cpu_percent, resources.processes), (150, 100));
        assert_eq!((resources.disk_bytes, resources.disk_files), (7 << 20, 9));
        assert_eq!(resources.disk_write_bytes_per_sec, 3 << 20);
        assert_eq!(resources.tmp_bytes, 128 << 20, "a quarter of the memory");
        assert_eq!(resources.shm_bytes, ResourceLimits::default().shm_bytes);
    }

    #[test]
    fn what_no_sandbox_could_run_with_is_refused_by_name() {
        for (text, part) in [
            ("memory_mib = 10", "memory_mib: 10 is less than 64"),
            ("processes = 0", "processes: 0 is less than 32"),
            ("cpus = 0", "cpus: 0 is not from 0.1 to 1024"),
            ("cpus = nan", "cpus: NaN"),
            ("disk_mib = 0", "disk_mib: 0"),
            ("disk_files = 0", "disk_files: 0"),
            ("disk_write_mib_per_sec = 0", "disk_write_mib_per_sec: 0"),
        ] {
            let error = isolation(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}

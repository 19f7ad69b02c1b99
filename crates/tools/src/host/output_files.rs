//! Files that hold outputs which are too long for a model; only the newest are kept.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// They lie in memory, so few are kept.
const KEPT: usize = 8;

/// Makes and removes them.
pub(crate) struct OutputFiles {
    folder: PathBuf,
    count: u32,
    kept: VecDeque<PathBuf>,
}

impl Default for OutputFiles {
    fn default() -> Self {
        Self::in_folder(std::env::temp_dir())
    }
}

impl OutputFiles {
    /// Files in that folder.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            count: 0,
            kept: VecDeque::new(),
        }
    }

    /// A new empty file, if one can be made.
    pub(crate) fn make(&mut self) -> Option<(File, PathBuf)> {
        while self.kept.len() >= KEPT
            && let Some(oldest) = self.kept.pop_front()
        {
            // The agent may have removed it already.
            let _ = std::fs::remove_file(oldest);
        }
        self.count += 1;
        let path = self
            .folder
            .join(format!("output-{}-{}.log", std::process::id(), self.count));
        // Never through something that a command put there.
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .ok()?;
        self.kept.push_back(path.clone());
        Some((file, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = OutputFiles::in_folder(folder.path().to_owned());
        let made: Vec<_> = (0..20).map(|_| files.make().unwrap().1).collect();
        assert_eq!(folder.path().read_dir().unwrap().count(), KEPT);
        assert!(made.last().unwrap().exists() && !made[0].exists());
    }
}

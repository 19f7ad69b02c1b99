//! Small files of commits, read once: instruction files are wanted at the start of every run.
//!
//! A path in a commit never changes, so nothing here can become wrong.

use std::collections::HashMap;
use std::path::PathBuf;

use outwork_domain::CommitId;

const FILES_MAX: usize = 256;
const FILE_BYTES_MAX: usize = 128 * 1024;

/// One file of one commit of one mirror, read up to a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileKey {
    pub(crate) mirror: PathBuf,
    pub(crate) commit: CommitId,
    pub(crate) path: String,
    pub(crate) bytes_max: usize,
}

/// What was read lately; absent files are remembered too.
#[derive(Debug, Default)]
pub(crate) struct Remembered(HashMap<FileKey, Option<Vec<u8>>>);

impl Remembered {
    pub(crate) fn get(&self, key: &FileKey) -> Option<Option<Vec<u8>>> {
        self.0.get(key).cloned()
    }

    pub(crate) fn put(&mut self, key: FileKey, file: Option<Vec<u8>>) {
        if file
            .as_ref()
            .is_some_and(|file| file.len() > FILE_BYTES_MAX)
        {
            return;
        }
        if self.0.len() >= FILES_MAX {
            self.0.clear();
        }
        self.0.insert(key, file);
    }
}

//! Fresh workspaces: the few files of `.git` that a shared clone without checkout would have.
//!
//! They are written by hand in a folder that no agent has touched yet, and handed to the run's uid;
//! the checkout happens inside the sandbox. The objects are borrowed from the mirror, which is bound
//! read-only at the same path inside.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bare::{self, ObjectFormat};
use crate::error::{Error, Result};
use crate::folders::{self, blocking};
use crate::git::Git;
use crate::parts::{Identity, Layout, Mirror};

const EXCLUDE: &str = "# git ls-files --others --exclude-from=.git/info/exclude\n";

/// What a workspace's `.git` will hold; owned, so that it can be written where it may block.
struct Files {
    objects: PathBuf,
    folders: Vec<PathBuf>,
    files: Vec<(PathBuf, String)>,
    owner: Option<(u32, u32)>,
}

impl Git {
    /// Makes a fresh workspace in a folder that does not exist: whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::WorkspaceExists`] if the folder is there, [`Error::Io`].
    pub async fn lay_workspace(
        &self,
        mirror: &Mirror,
        folder: &Path,
        layout: &Layout<'_>,
    ) -> Result<()> {
        let files = Files::of(mirror, layout);
        let data_dir = self.data_dir().to_owned();
        let folder = folder.to_owned();
        let half_made = self.fresh_path(folders::TRASH, "half-made");
        blocking(move || {
            if folder.symlink_metadata().is_ok() {
                return Err(Error::WorkspaceExists(folder));
            }
            folders::make_parents(&data_dir, &folder)?;
            files.write(&half_made)?;
            fs::rename(&half_made, &folder).map_err(Error::io("laying a workspace"))
        })
        .await
    }

    /// Makes a folder for a run's uid, passable for nobody else; one that is there stays.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub async fn make_folder(&self, folder: &Path, owner: Option<(u32, u32)>) -> Result<()> {
        let data_dir = self.data_dir().to_owned();
        let folder = folder.to_owned();
        blocking(move || {
            folders::make_parents(&data_dir, &folder)?;
            if folder.symlink_metadata().is_ok() {
                return Ok(());
            }
            folders::make(&folder, 0o700)?;
            folders::hand_over(&folder, owner)
        })
        .await
    }
}

impl Files {
    fn of(mirror: &Mirror, layout: &Layout<'_>) -> Self {
        let commit = layout.commit;
        let mut folders: Vec<PathBuf> = [
            "",
            "objects",
            "objects/info",
            "objects/pack",
            "refs",
            "refs/heads",
            "refs/tags",
            "info",
            "hooks",
        ]
        .into_iter()
        .map(PathBuf::from)
        .collect();
        let mut files = vec![
            (
                PathBuf::from("HEAD"),
                format!("ref: {}\n", layout.branch.full_ref()),
            ),
            (PathBuf::from("config"), config(mirror, layout)),
            (PathBuf::from("info/exclude"), EXCLUDE.to_owned()),
        ];
        let mut reference = |name: String| {
            let path = PathBuf::from(name);
            let parents: Vec<&Path> = path
                .ancestors()
                .skip(1)
                .filter(|part| part.components().count() > 1)
                .collect();
            for parent in parents
                .into_iter()
                .rev()
                .filter(|parent| !folders.iter().any(|own| own == *parent))
                .collect::<Vec<_>>()
            {
                folders.push(parent.to_owned());
            }
            files.push((path, format!("{commit}\n")));
        };
        reference(layout.branch.full_ref());
        if let Some(base) = layout.base_branch {
            reference(format!("refs/remotes/origin/{base}"));
        }
        Self {
            objects: mirror.objects(),
            folders,
            files,
            owner: layout.owner,
        }
    }

    fn write(&self, folder: &Path) -> Result<()> {
        folders::make(folder, 0o700)?;
        let git = folder.join(".git");
        for part in &self.folders {
            folders::make(&git.join(part), 0o755)?;
            folders::hand_over(&git.join(part), self.owner)?;
        }
        bare::write_alternates(&git, &self.objects)?;
        folders::hand_over(&git.join("objects/info/alternates"), self.owner)?;
        for (part, text) in &self.files {
            bare::write(&git.join(part), text.as_bytes())?;
            folders::hand_over(&git.join(part), self.owner)?;
        }
        folders::hand_over(folder, self.owner)
    }
}

fn config(mirror: &Mirror, layout: &Layout<'_>) -> String {
    let format = ObjectFormat::of(layout.commit).config_lines();
    let mut text = format!(
        "{format}\tfileMode = true\n\tbare = false\n\tlogAllRefUpdates = true\n[gc]\n\tauto = 0\n\
         [remote \"origin\"]\n\turl = {}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n",
        value(&mirror.repository.to_string())
    );
    if let Some(Identity { name, email }) = layout.identity {
        text.push_str(&format!(
            "[user]\n\tname = {}\n\temail = {}\n",
            value(name),
            value(email)
        ));
    }
    text
}

/// A value of a config file, quoted (`git help config`, syntax).
fn value(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

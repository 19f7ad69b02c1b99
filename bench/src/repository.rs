//! The repository that tasks work in: bare, 60 files, one commit.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

const FILES: u32 = 60;

/// Makes the repository; returns its address.
pub fn make(bare: &Path, scratch: &Path) -> Result<String> {
    fs::create_dir_all(scratch)?;
    git(&["init", "--quiet", "--initial-branch=main", "."], scratch)?;
    for number in 0..FILES {
        let folder = scratch.join(format!("part-{}", number % 6));
        fs::create_dir_all(&folder)?;
        let line = format!("line of file {number}\n");
        fs::write(folder.join(format!("file-{number}.txt")), line.repeat(40))?;
    }
    git(&["add", "."], scratch)?;
    git(
        &[
            "-c",
            "user.name=Bench",
            "-c",
            "user.email=bench@localhost",
            "commit",
            "--quiet",
            "-m",
            "Start",
        ],
        scratch,
    )?;
    let bare_text = bare.to_str().context("the folder's name is not text")?;
    git(&["clone", "--quiet", "--bare", ".", bare_text], scratch)?;
    fs::remove_dir_all(scratch)?;
    Ok(format!("file://{bare_text}"))
}

fn git(arguments: &[&str], folder: &Path) -> Result<()> {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .status()?;
    if !status.success() {
        bail!("git {arguments:?} ended with {status}");
    }
    Ok(())
}

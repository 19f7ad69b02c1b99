//! A `.git` that is something else, or leads somewhere else.

use super::trap::{Trap, executes, harmless, lay_all};

const FOLDERS: &[Trap] = &[
    executes(
        "a gitfile",
        "mv .git .real; echo 'gitdir: .real' > .git; git config core.fsmonitor '@RUN@'; echo .real > .real/info/exclude",
        "git status",
    ),
    executes(
        "a link in the place of the folder",
        "mv .git .real; ln -s .real .git; git config core.fsmonitor '@RUN@'; echo .real > .real/info/exclude",
        "git status",
    ),
    executes(
        "commondir",
        "mkdir .git/common; cp -r .git/config .git/objects .git/refs .git/common/; echo common > .git/commondir
         git config -f .git/common/config core.fsmonitor '@RUN@'",
        "git status",
    ),
    executes(
        "settings of a worktree",
        "git config core.repositoryFormatVersion 1; git config extensions.worktreeConfig true
         printf '[core]\\n\\tfsmonitor = \"@RUN@\"\\n' > .git/config.worktree",
        "git status",
    ),
    executes(
        "a bare repository in a folder of the tree",
        "git init -q --bare dependency; git -C dependency config core.fsmonitor '@RUN@'
         git -C dependency config core.worktree ..; git -C dependency config core.bare false",
        "cd dependency; git status",
    ),
    executes(
        "a repository in a folder of the tree",
        "git init -q sub; git -C sub config core.fsmonitor '@RUN@'; echo x > sub/file",
        "cd sub; git status",
    ),
    harmless(
        "alternates that lead to others' objects",
        "printf '/\\n/etc\\n@THEIRS@/objects\\n../../../../mirrors\\n' >> .git/objects/info/alternates",
        "it borrows objects and runs nothing",
    ),
    harmless(
        "objects as a link",
        "mv .git/objects .git/o; ln -s o .git/objects",
        "it only moves what is read",
    ),
    harmless(
        "HEAD that leads out",
        "printf 'ref: ../../../../etc/passwd\\n' > .git/HEAD",
        "git refuses the name",
    ),
    harmless(
        "HEAD as a link to a device",
        "rm .git/HEAD; ln -s /dev/zero .git/HEAD",
        "git sees no repository there",
    ),
    harmless(
        "HEAD as a pipe that nobody writes to",
        "rm .git/HEAD; mkfifo .git/HEAD",
        "whoever reads it waits",
    ),
    harmless(
        "config as a pipe that nobody writes to",
        "rm .git/config; mkfifo .git/config",
        "whoever reads it waits",
    ),
    harmless(
        "no folder at all",
        "rm -rf .git",
        "there is nothing to fall for",
    ),
    harmless(
        "another repository in its place",
        "rm -rf .git; git init -q; git add --all; git -c user.name=x -c user.email=x commit -qm x",
        "it runs nothing",
    ),
    harmless(
        "references with hostile names",
        "h=$(git rev-parse HEAD); for name in -x --upload-pack=x 'a b' a..b '@{u}' refs/heads/x HEAD '../../x' 'x;@RUN@'; do
           echo \"$h refs/heads/$name\"; done > .git/packed-refs; git symbolic-ref HEAD refs/heads/--exec=x",
        "git refuses most of them, and options are no references",
    ),
    harmless(
        "replaced and grafted commits",
        "evil=$(commit_of $(entry 100644 evil $blob | raw tree)); git replace -f HEAD $evil
         echo \"$(git rev-parse HEAD)\" > .git/shallow; mkdir -p .git/info; git rev-parse HEAD > .git/info/grafts",
        "it changes what history is shown, and runs nothing",
    ),
    harmless(
        "everything is hidden",
        "echo '*' > .git/hidden; git config core.excludesFile .git/hidden
         git update-index --assume-unchanged src/dir0/file0.txt; git config core.sparseCheckout true
         echo /nothing > .git/info/sparse-checkout",
        "it hides work from git, and runs nothing",
    ),
    harmless(
        "locks that nobody lifts",
        "touch .git/index.lock .git/HEAD.lock .git/config.lock .git/packed-refs.lock .git/shallow.lock",
        "whoever takes them waits",
    ),
    harmless(
        "an index without end",
        "perl -e 'print \"DIRC\", pack(\"NN\", 2, 0xffffffff)' > .git/index",
        "git refuses it",
    ),
    harmless(
        "folders without rights",
        "chmod 0 .git/objects .git/refs .git/hooks",
        "whoever opens them is refused",
    ),
];

#[tokio::test]
async fn whatever_stands_in_the_place_of_a_git_folder_nothing_is_executed() {
    lay_all(FOLDERS).await;
}

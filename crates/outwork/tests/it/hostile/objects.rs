//! Commits and trees that no git would write, written all the same.

use super::trap::{Trap, harmless, lay_all, refused};

/// Names that some file system takes for `.git`, and other names that trees must not have.
const TREES: &[Trap] = &[
    refused(
        "tree with .git",
        "git update-ref HEAD $(commit_of $(entry 40000 .git $(entry 100644 config $blob | raw tree) | raw tree))",
        "hasDotgit",
    ),
    refused(
        "tree with .GIT",
        "git update-ref HEAD $(commit_of $(entry 100644 .GIT $blob | raw tree))",
        "hasDotgit",
    ),
    refused(
        "tree with git~1",
        "git update-ref HEAD $(commit_of $(entry 100644 git~1 $blob | raw tree))",
        "hasDotgit",
    ),
    refused(
        "tree with a letter that HFS+ ignores",
        "git update-ref HEAD $(commit_of $(entry 100644 \"$(printf '.g\\342\\200\\214it')\" $blob | raw tree))",
        "hasDotgit",
    ),
    refused(
        "tree with a stream of NTFS",
        "git update-ref HEAD $(commit_of $(entry 100644 '.git::$INDEX_ALLOCATION' $blob | raw tree))",
        "hasDotgit",
    ),
    refused(
        "tree with dots behind .git",
        "git update-ref HEAD $(commit_of $(entry 100644 '.git. .' $blob | raw tree))",
        "hasDotgit",
    ),
    refused(
        "tree with backslashes",
        "git update-ref HEAD $(commit_of $(entry 100644 'a\\.git\\config' $blob | raw tree))",
        "hasDotgit",
    ),
    refused(
        "tree with ..",
        "git update-ref HEAD $(commit_of $(entry 40000 .. $(entry 100644 x $blob | raw tree) | raw tree))",
        "hasDotdot",
    ),
    refused(
        "tree with .",
        "git update-ref HEAD $(commit_of $(entry 100644 . $blob | raw tree))",
        "hasDot",
    ),
    refused(
        "tree with a slash in a name",
        "git update-ref HEAD $(commit_of $(entry 100644 ../../x $blob | raw tree))",
        "fullPathname",
    ),
    refused(
        "tree with the same name twice",
        "git update-ref HEAD $(commit_of $({ entry 100644 a $blob; entry 100644 a $blob; } | raw tree))",
        "duplicateEntries",
    ),
    harmless(
        "tree with an empty name",
        "git update-ref HEAD $(commit_of $(entry 100644 '' $blob | raw tree))",
        "no git packs it, so that only the files are delivered",
    ),
    harmless(
        "tree with a device's mode",
        "git update-ref HEAD $(commit_of $(entry 60000 disk $blob | raw tree))",
        "git takes it for a submodule that is not there",
    ),
    refused(
        "author without an address",
        "git update-ref HEAD $(commit_of $(git rev-parse HEAD^{tree}) 'A 1700000002 +0000'); echo x > x",
        "missingEmail",
    ),
    refused(
        "author with a date beyond all days",
        "git update-ref HEAD $(commit_of $(git rev-parse HEAD^{tree}) 'A <a@b> 99999999999999999999 +0000'); echo x > x",
        "badDateOverflow",
    ),
];

/// What submodules are known for.
const MODULES: &[Trap] = &[
    refused(
        "modules that are a link",
        "git update-ref HEAD $(commit_of $(entry 120000 .gitmodules $blob | raw tree))",
        "gitmodulesSymlink",
    ),
    harmless(
        "modules that are a link in the work tree",
        "ln -s src/dir0/file0.txt .gitmodules",
        "git adds no such link",
    ),
    refused(
        "module whose name leads out",
        "printf '[submodule \"../../../../x\"]\\n\\tpath = x\\n\\turl = https://example.com/x\\n' > .gitmodules",
        "gitmodulesName",
    ),
    refused(
        "module whose address is an option",
        "printf '[submodule \"x\"]\\n\\tpath = x\\n\\turl = -u./x\\n' > .gitmodules",
        "gitmodulesUrl",
    ),
    refused(
        "module whose address has a line break",
        "printf '[submodule \"x\"]\\n\\tpath = x\\n\\turl = \"https://example.com/x\\\\nhost=evil\"\\n' > .gitmodules",
        "gitmodulesUrl",
    ),
    refused(
        "module whose path is an option",
        "printf '[submodule \"x\"]\\n\\tpath = -x\\n\\turl = https://example.com/x\\n' > .gitmodules",
        "gitmodulesPath",
    ),
    refused(
        "module whose update is a command",
        "printf '[submodule \"x\"]\\n\\tpath = x\\n\\turl = https://example.com/x\\n\\tupdate = !@RUN@\\n' > .gitmodules",
        "gitmodulesUpdate",
    ),
    harmless(
        "modules that are no settings",
        "printf '[[[\\n' > .gitmodules",
        "nobody on the host reads it",
    ),
    refused(
        "a link into the git folder beside a module of the same letters",
        "ln -s .git a; printf '[submodule \"x/y\"]\\n\\tpath = A/modules/x\\n\\turl = https://example.com/x\\n' > .gitmodules",
        "git folder",
    ),
    harmless(
        "module with a carriage return behind its path",
        "printf '[submodule \"x\"]\\n\\tpath = \"x\\r\"\\n\\turl = https://example.com/x\\n' > .gitmodules",
        "nobody on the host reads it",
    ),
    harmless(
        "module with ext:: as its address",
        "printf '[submodule \"x\"]\\n\\tpath = x\\n\\turl = ext::@RUN@\\n' > .gitmodules",
        "nobody on the host reads it",
    ),
    harmless(
        "settings of LFS that lead elsewhere",
        "printf '[lfs]\\n\\turl = https://evil.example\\n[remote \"origin\"]\\n\\tlfsurl = https://evil.example\\n' > .lfsconfig; echo '*.bin filter=lfs diff=lfs merge=lfs' > .gitattributes; printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:0\\nsize 9\\n' > a.bin",
        "no program for LFS runs on the host",
    ),
];

#[tokio::test]
async fn trees_that_no_git_writes_stay_in_the_sandbox() {
    lay_all(TREES).await;
}

#[tokio::test]
async fn no_trick_of_submodules_does_anything() {
    lay_all(MODULES).await;
}

//! What a git folder's configuration and hooks make git execute, and where they send a push.

use super::trap::{Trap, executes, harmless, lay_all, redirects};

/// The names of all hooks that a person's commands below could meet.
const HOOKS: &str = "for hook in applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit \
    prepare-commit-msg commit-msg post-commit pre-rebase post-checkout post-merge pre-push pre-receive update \
    proc-receive post-receive post-update reference-transaction push-to-checkout pre-auto-gc post-rewrite \
    post-index-change; do printf '#!/bin/sh\\n@RUN@\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook; done";

const RUN_BY_LOCAL_COMMANDS: &[Trap] = &[
    executes("hooks", HOOKS, "git commit --allow-empty -qm x"),
    executes(
        "core.hooksPath in the tree",
        "mkdir -p .hooks; printf '#!/bin/sh\\n@RUN@\\n' > .hooks/pre-commit; chmod +x .hooks/pre-commit
         git config core.hooksPath .hooks",
        "git commit --allow-empty -qm x",
    ),
    executes(
        "core.fsmonitor",
        "git config core.fsmonitor '@RUN@'",
        "git status",
    ),
    executes(
        "core.editor",
        "git config core.editor '@RUN@'",
        "git commit --allow-empty",
    ),
    executes(
        "sequence.editor",
        "git config sequence.editor '@RUN@'",
        "git reset -q --hard; git rebase -i HEAD",
    ),
    executes(
        "filter, clean",
        "git config filter.x.clean '@RUN@'; echo '* filter=x' > .gitattributes",
        "echo x > new; git add --all",
    ),
    executes(
        "filter, smudge",
        "git config filter.x.smudge '@RUN@'; echo '* filter=x' > .gitattributes",
        "rm -r src; git checkout -- src",
    ),
    executes(
        "filter, process",
        "git config filter.x.process '@RUN@'; echo '* filter=x' > .gitattributes",
        "echo x > new; git add --all",
    ),
    executes(
        "textconv",
        "git config diff.x.textconv '@RUN@'; echo '* diff=x' > .gitattributes",
        "echo x >> src/dir0/file0.txt; git diff",
    ),
    executes(
        "diff driver",
        "git config diff.x.command '@RUN@'; echo '* diff=x' > .gitattributes",
        "echo x >> src/dir0/file0.txt; git diff",
    ),
    executes(
        "diff.external",
        "git config diff.external '@RUN@'",
        "echo x >> src/dir0/file0.txt; git diff",
    ),
    executes(
        "merge driver",
        "git config merge.x.driver '@RUN@'; echo '* merge=x' > .gitattributes",
        "git checkout -qfb one; echo 1 > src/dir0/file0.txt; git commit -qam 1
         git checkout -qb two HEAD~; echo 2 > src/dir0/file0.txt; git commit -qam 2; git merge one",
    ),
    executes(
        "core.attributesFile",
        "git config filter.x.clean '@RUN@'; git config core.attributesFile .git/attributes
         echo '* filter=x' > .git/attributes",
        "echo x > new; git add --all",
    ),
    executes(
        "attributes that nobody commits",
        "git config filter.x.clean '@RUN@'; mkdir -p .git/info; echo '* filter=x' > .git/info/attributes",
        "echo x > new; git add --all",
    ),
    executes(
        "include of a file in the tree",
        "printf '[core]\\n\\tfsmonitor = \"@RUN@\"\\n' > settings; git config include.path ../settings",
        "git status",
    ),
    executes(
        "includeIf gitdir",
        "printf '[core]\\n\\tfsmonitor = \"@RUN@\"\\n' > .git/more; git config 'includeIf.gitdir:**.path' more",
        "git status",
    ),
    executes(
        "includeIf hasconfig",
        "printf '[core]\\n\\tfsmonitor = \"@RUN@\"\\n' > .git/more
         git config 'includeIf.hasconfig:remote.*.url:**.path' more",
        "git status",
    ),
    executes(
        "gpg program",
        "git config gpg.program .git/gpg; git config commit.gpgSign true
         printf '#!/bin/sh\\n@RUN@\\n' > .git/gpg; chmod +x .git/gpg",
        "git commit --allow-empty -qm x",
    ),
    executes(
        "gpg.ssh.program",
        "git config gpg.format ssh; git config commit.gpgSign true; git config user.signingKey 'key::ssh-ed25519 AAAA'
         printf '#!/bin/sh\\n@RUN@\\n' > .git/sign; chmod +x .git/sign; git config gpg.ssh.program .git/sign",
        "git commit --allow-empty -qm x",
    ),
    executes(
        "gpg.ssh.defaultKeyCommand",
        "git config gpg.format ssh; git config commit.gpgSign true; git config gpg.ssh.defaultKeyCommand '@RUN@'",
        "git commit --allow-empty -qm x",
    ),
    executes("an alias", "git config alias.st '!@RUN@'", "git st"),
    executes(
        "difftool",
        "git config difftool.x.cmd '@RUN@'",
        "echo x >> src/dir0/file0.txt; git difftool -y --tool=x",
    ),
    executes(
        "archive of a format",
        "git config tar.x.command '@RUN@'",
        "git archive --format=x HEAD",
    ),
    executes(
        "trailer",
        "git config trailer.x.cmd '@RUN@'",
        "echo x | git interpret-trailers --trailer x=1",
    ),
    executes(
        "gc.recentObjectsHook",
        "git config gc.recentObjectsHook '@RUN@'",
        "echo loose | git hash-object -w --stdin; git gc --quiet --prune=now",
    ),
    executes(
        "core.worktree out of the workspace",
        "git config core.worktree @MARK@-tree",
        "mkdir @MARK@-tree; git checkout -f HEAD -- src; test -d @MARK@-tree/src && @RUN@",
    ),
];

const RUN_BY_TRANSFERS: &[Trap] = &[
    executes(
        "core.sshCommand",
        "git config core.sshCommand '@RUN@'",
        "git fetch ssh://git@127.0.0.1/x",
    ),
    executes(
        "core.gitProxy",
        "printf '#!/bin/sh\\n@RUN@\\n' > .git/proxy; chmod +x .git/proxy; git config core.gitProxy .git/proxy",
        "git fetch git://127.0.0.1:1/x",
    ),
    executes(
        "credential helper",
        "git config credential.helper '!@RUN@;'",
        "printf 'protocol=https\\nhost=h\\n\\n' | git credential fill",
    ),
    executes(
        "core.askPass",
        "printf '#!/bin/sh\\n@RUN@\\n' > .git/ask; chmod +x .git/ask; git config core.askPass .git/ask",
        "printf 'protocol=https\\nhost=h\\n\\n' | git credential fill",
    ),
    executes(
        "core.alternateRefsCommand",
        "git config core.alternateRefsCommand '@RUN@'",
        "git fetch @THEIRS@ main",
    ),
    executes(
        "ext:: as the address of a remote",
        "git config remote.origin.url 'ext::@RUN@'; git config protocol.ext.allow always",
        "git fetch origin",
    ),
    executes(
        "ext:: for what is pushed",
        "git config remote.origin.pushurl 'ext::@RUN@'; git config protocol.ext.allow always",
        "git push origin HEAD:refs/heads/x",
    ),
    executes(
        "ext:: by insteadOf",
        "git config 'url.ext::@RUN@ %S .insteadOf' file://; git config protocol.ext.allow always",
        "git fetch @OURS@",
    ),
    executes(
        "remote.uploadpack",
        "git config remote.origin.uploadpack '@RUN@;'; git config remote.origin.url @OURS@",
        "git fetch origin",
    ),
    executes(
        "remote.receivepack",
        "git config remote.origin.receivepack '@RUN@;'; git config remote.origin.url @OURS@",
        "git push origin HEAD:refs/heads/x",
    ),
    executes(
        "a promised object",
        "git config remote.origin.url @OURS@; git config remote.origin.promisor true
         git config remote.origin.uploadpack '@RUN@;'; git config extensions.partialClone origin
         git config core.repositoryFormatVersion 1",
        "git cat-file -p 1234567890123456789012345678901234567890",
    ),
    executes(
        "submodule with a command as its update",
        "git config submodule.sub.url @OURS@; git config submodule.sub.update '!@RUN@'
         printf '[submodule \"sub\"]\\n\\tpath = sub\\n\\turl = @OURS@\\n' > .gitmodules",
        "git update-index --add --cacheinfo 160000,$(git ls-remote @OURS@ refs/heads/main | cut -f1),sub
         GIT_ALLOW_PROTOCOL=file git submodule update --init",
    ),
    executes(
        "hooks for who pushes into it",
        "git config receive.denyCurrentBranch ignore; printf '#!/bin/sh\\n@RUN@\\n' > .git/hooks/pre-receive
         chmod +x .git/hooks/pre-receive",
        "git push \"$PWD\" HEAD:refs/heads/x",
    ),
    harmless(
        "fd:: as an address",
        "git config remote.origin.url fd::0; git config remote.origin.pushurl fd::1; git config protocol.fd.allow always",
        "there is no descriptor to take over without a program that hands it on",
    ),
    harmless(
        "uploadpack.packObjectsHook",
        "git config uploadpack.packObjectsHook '@RUN@'",
        "git honours it in the reader's own configuration only",
    ),
];

const REDIRECTIONS: &[Trap] = &[
    redirects(
        "remote.pushurl",
        "git config remote.origin.pushurl @THEIRS@",
        "git push origin HEAD:refs/heads/x",
    ),
    redirects(
        "remote.url",
        "git config remote.origin.url @THEIRS@",
        "git push origin HEAD:refs/heads/x",
    ),
    redirects(
        "insteadOf",
        "git config url.@THEIRS@.insteadOf @OURS@",
        "git push @OURS@ HEAD:refs/heads/x",
    ),
    redirects(
        "pushInsteadOf",
        "git config url.@THEIRS@.pushInsteadOf @OURS@",
        "git push @OURS@ HEAD:refs/heads/x",
    ),
    redirects(
        "remote.pushDefault",
        "git config remote.evil.url @THEIRS@; git config remote.pushDefault evil; git config push.default current",
        "git push",
    ),
    redirects(
        "branch.pushRemote",
        "git config remote.evil.url @THEIRS@; git config push.default current
         git config \"branch.$(git symbolic-ref --short HEAD).pushRemote\" evil",
        "git push",
    ),
    redirects(
        "remotes of old gits",
        "mkdir -p .git/remotes; printf 'URL: @THEIRS@\\n' > .git/remotes/evil",
        "git push evil HEAD:refs/heads/x",
    ),
];

#[tokio::test]
async fn settings_of_a_workspace_execute_nothing_on_the_host() {
    lay_all(RUN_BY_LOCAL_COMMANDS).await;
}

#[tokio::test]
async fn settings_of_transfers_execute_nothing_on_the_host() {
    lay_all(RUN_BY_TRANSFERS).await;
}

#[tokio::test]
async fn no_setting_of_a_workspace_sends_a_push_elsewhere() {
    lay_all(REDIRECTIONS).await;
}

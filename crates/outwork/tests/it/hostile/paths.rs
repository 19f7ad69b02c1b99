//! Files with names and kinds that somebody could take for something else.

use super::trap::{Trap, harmless, lay_all, refused};

const PATHS: &[Trap] = &[
    harmless(
        "names that are options",
        "for name in -rf --upload-pack=x '--exec=@RUN@' -; do echo x > \"./$(echo \"$name\" | tr / _)\"; done",
        "they stand behind the end of all options",
    ),
    harmless(
        "names with control characters",
        "echo x > \"$(printf 'a\\nb')\"; echo x > \"$(printf 'a\\033[31mb')\"; echo x > \"$(printf 'a\\tb\\rc')\"; echo x > \"$(printf '\\001\\177')\"",
        "they are only names",
    ),
    harmless(
        "names that are no UTF-8",
        "echo x > \"$(printf 'a\\377\\376b')\"; mkdir \"$(printf '\\300\\257')\"; echo x > \"$(printf '\\300\\257/x')\"",
        "they are only names",
    ),
    harmless(
        "names that a shell would read",
        "echo x > '$(touch x)'; echo x > '`touch x`'; echo x > 'a;touch x'; echo x > 'a|b&c>d<e'; echo x > \"a'b\\\"c\"",
        "no shell sees them",
    ),
    harmless(
        "names that git would read",
        "echo x > ':(glob)*'; echo x > ':!x'; echo x > '*'; echo x > '!x'; echo x > '#x'; echo x > 'HEAD'; echo x > '@'",
        "nothing is a pattern",
    ),
    harmless(
        "names of Windows",
        "echo x > CON; echo x > aux.c; echo x > 'x.'; echo x > 'a:b'; echo x > 'nul'",
        "they are only names here",
    ),
    harmless(
        "very long names",
        "name=$(printf '%255s' x | tr ' ' x); echo x > $name; for n in 1 2 3 4 5 6 7 8 9 10 11 12; do mkdir $name-d 2>/dev/null || mkdir ${name#??????}; cd ${name#??????}; done; echo x > deep",
        "they are only names",
    ),
    harmless(
        "names that differ in their letters' case",
        "echo 1 > readme; echo 2 > README; mkdir a A; echo x > a/x; echo y > A/x",
        "they are two files here",
    ),
    harmless(
        "set-id bits",
        "cp /bin/true own; chmod 4755 own 2>/dev/null; chmod 2755 own 2>/dev/null; true",
        "git carries no such bits, and the sandbox sets none",
    ),
    harmless(
        "pipes, sockets, no files",
        "mkfifo pipe; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'",
        "git leaves them out",
    ),
    harmless(
        "links that stay",
        "ln -s src inside; ln -s loop loop; ln -s nothing dangling",
        "they lead nowhere else",
    ),
    refused(
        "a link to a file of the host",
        "ln -s /etc/passwd link",
        "leads out of the tree",
    ),
    refused(
        "a link that climbs out",
        "ln -s ../../../../etc/passwd link",
        "leads out of the tree",
    ),
    refused(
        "a link that climbs out by a detour",
        "ln -s src/../../../etc link",
        "leads out of the tree",
    ),
    refused(
        "a link into the git folder",
        "ln -s .git/config link",
        "git folder",
    ),
    refused(
        "a link of backslashes",
        "ln -s '..\\..\\x' link",
        "leads out of the tree",
    ),
    refused(
        "a workflow",
        "mkdir -p .github/workflows; echo 'on: push' > .github/workflows/x.yml",
        "workflow",
    ),
    harmless(
        "instruction files that are links",
        "ln -s src/dir0/file0.txt AGENTS.md; ln -s nothing CLAUDE.md",
        "they are read from the mirror, as what they are",
    ),
    harmless(
        "attributes that turn every byte",
        "printf '* text eol=crlf ident export-subst\\nhonest.txt -text\\n*.txt working-tree-encoding=nonsense\\nhonest.txt !working-tree-encoding -ident\\n' > .gitattributes",
        "the honest file says otherwise for itself",
    ),
    harmless(
        "attributes that name each other without end",
        "perl -e 'print \"[attr]m\", $_, \" m\", $_ + 1, \"\\n\" for 1 .. 2000; print \"* m1\\n\"' > .gitattributes",
        "git has limits for them",
    ),
    refused(
        "attributes in a line without end",
        "perl -e 'print \"*\", \"x\" x 3000, \" a\\n\"' > .gitattributes",
        "gitattributesLineLength",
    ),
    harmless(
        "a message that a terminal would read",
        "git add --all; git -c user.name=\"$(printf 'A\\033]0;x\\007')\" -c user.email=a@example.com commit -qm \"$(printf 'x\\033[2J\\033]52;c;eA==\\007\\n\\nSigned-off-by: B <b@example.com>\\n--- \\n\\200\\377')\"",
        "texts are shown as texts",
    ),
];

#[tokio::test]
async fn no_name_and_no_kind_of_file_is_taken_for_something_else() {
    lay_all(PATHS).await;
}

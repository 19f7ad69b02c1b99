//! What the demonstration's agent is asked to do: words for a model, commands for `script`.

use outwork_domain::ModelId;

/// The two prompts.
pub(super) struct Prompts {
    pub(super) first: &'static str,
    pub(super) second: &'static str,
}

pub(super) fn for_model(model: &ModelId) -> Prompts {
    if *model == ModelId::script() {
        Prompts {
            first: SCRIPT_FIRST,
            second: SCRIPT_SECOND,
        }
    } else {
        Prompts {
            first: "Add an option --shout to greet.sh that prints the greeting in capital letters. \
                    Cover it in test.sh, run test.sh, and describe the option in README.md.",
            second: "Add a CHANGELOG.md with one line about the new option.",
        }
    }
}

const SCRIPT_FIRST: &str = r#"Add an option --shout to greet.sh

It prints the greeting in capital letters. Cover it in test.sh and describe it in README.md.

```sh
cat greet.sh test.sh
```

```sh
cat > greet.sh <<'END'
#!/bin/sh
# Greets somebody: greet.sh [--shout] [NAME]
shout=no
if [ "$1" = --shout ]; then
    shout=yes
    shift
fi
greeting="Hello, ${1:-world}!"
if [ "$shout" = yes ]; then
    greeting=$(printf '%s' "$greeting" | tr '[:lower:]' '[:upper:]')
fi
printf '%s\n' "$greeting"
END
cat >> test.sh <<'END'
check "HELLO, ADA!" --shout Ada
END
printf '\n`greet.sh --shout NAME` greets in capital letters.\n' >> README.md
```

```sh
sh test.sh && git status --short
```
"#;

const SCRIPT_SECOND: &str = r"Note the new option in a change log

```sh
printf '# Changes\n\n- `greet.sh --shout` greets in capital letters.\n' > CHANGELOG.md
cat CHANGELOG.md
```
";

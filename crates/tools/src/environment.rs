//! Places and variables that every command in the sandbox finds.

/// The workspace inside the sandbox; relative paths of tools start here.
pub const REPO_FOLDER: &str = "/repo";
/// Where files for the user are left.
pub const ARTIFACTS_FOLDER: &str = "/opt/cursor/artifacts";

/// The socket that leads out of the sandbox, if anything is open to the run.
pub const EGRESS_SOCKET: &str = "/run/egress.sock";
/// Where commands find the proxy, on loopback: the usual port of one.
pub(crate) const GATEWAY_PORT: u16 = 3128;

/// What tells tools where the proxy is. Most go by the first group; the others need words of their own.
pub(crate) fn proxy_variables(port: u16) -> Vec<(&'static str, String)> {
    let proxy = format!("http://127.0.0.1:{port}");
    let java = format!(
        "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort={port} -Dhttps.proxyHost=127.0.0.1 \
         -Dhttps.proxyPort={port} -Dhttp.nonProxyHosts=localhost|127.*|[::1]"
    );
    let addresses = [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "YARN_HTTP_PROXY",
        "YARN_HTTPS_PROXY",
    ];
    let mut variables: Vec<_> = addresses.map(|name| (name, proxy.clone())).to_vec();
    for name in ["no_proxy", "NO_PROXY"] {
        variables.push((name, "localhost,127.0.0.1,::1".to_owned()));
    }
    // Node's own fetch goes by the variables above from this one on.
    variables.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
    // JAVA_TOOL_OPTIONS would reach every Java, and make each print a line that tests do not expect.
    for name in ["GRADLE_OPTS", "SBT_OPTS"] {
        variables.push((name, java.clone()));
    }
    let maven = format!("{java} -Daether.connector.http.useSystemProperties=true");
    variables.push(("MAVEN_OPTS", maven));
    variables
}

/// Make glibc give memory back after a large request instead of keeping it for the next; for the tool
/// host only, which has to stay small, not for its commands.
pub(crate) const MALLOC: [(&str, &str); 2] = [
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

/// The variable that names the folder of files for the user.
pub(crate) const ARTIFACTS_VARIABLE: &str = "OUTWORK_ARTIFACTS";

/// The variables of the tool host and its commands, beside those that the sandbox sets itself; `artifacts`
/// is where files for the user are left.
///
/// There is no terminal, editor, pager or person in a sandbox: whatever would wait for one is set to
/// something that ends at once. Commits that the agent makes itself are in that name.
#[must_use]
pub fn environment(
    artifacts: &str,
    author_name: &str,
    author_email: &str,
) -> Vec<(String, String)> {
    [
        (ARTIFACTS_VARIABLE, artifacts),
        MALLOC[0],
        MALLOC[1],
        ("CI", "true"),
        ("TERM", "dumb"),
        ("NO_COLOR", "1"),
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("EDITOR", "true"),
        ("VISUAL", "true"),
        ("PAGER", "cat"),
        ("MANPAGER", "cat"),
        ("GIT_EDITOR", "true"),
        ("GIT_SEQUENCE_EDITOR", "true"),
        ("GIT_PAGER", "cat"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "false"),
        ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes"),
        ("SSH_ASKPASS", "false"),
        ("SUDO_ASKPASS", "/bin/false"),
        ("GIT_AUTHOR_NAME", author_name),
        ("GIT_AUTHOR_EMAIL", author_email),
        ("GIT_COMMITTER_NAME", author_name),
        ("GIT_COMMITTER_EMAIL", author_email),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

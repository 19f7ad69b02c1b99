//! The hosts that are open out of the box: where common languages and systems keep their packages.
//!
//! Only hosts that serve packages or tools to everybody; none that serves what anybody puts there under a
//! name of their own beside packages, such as the storage of a cloud.

use super::EgressRule;

const REGISTRIES: [&str; 62] = [
    // JavaScript: npm, yarn, pnpm, corepack, JSR, Deno.
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "repo.yarnpkg.com",
    "nodejs.org",
    "jsr.io",
    "npm.jsr.io",
    "deno.land",
    // Python: pip, uv, Poetry, conda.
    "pypi.org",
    "files.pythonhosted.org",
    "conda.anaconda.org",
    "repo.anaconda.com",
    // Rust: cargo, rustup.
    "crates.io",
    "index.crates.io",
    "static.crates.io",
    "static.rust-lang.org",
    // Go.
    "proxy.golang.org",
    "sum.golang.org",
    "go.dev",
    // Ruby.
    "rubygems.org",
    "index.rubygems.org",
    // JVM: Maven, Gradle, Android, Clojure.
    "repo.maven.apache.org",
    "repo1.maven.org",
    "plugins.gradle.org",
    "plugins-artifacts.gradle.org",
    "services.gradle.org",
    "downloads.gradle.org",
    "maven.google.com",
    "dl.google.com",
    "repo.clojars.org",
    // .NET.
    "api.nuget.org",
    "www.nuget.org",
    "globalcdn.nuget.org",
    // PHP.
    "packagist.org",
    "repo.packagist.org",
    "getcomposer.org",
    // Elixir and Erlang.
    "hex.pm",
    "repo.hex.pm",
    "builds.hex.pm",
    // Perl.
    "www.cpan.org",
    "cpan.metacpan.org",
    "fastapi.metacpan.org",
    "cpanmetadb.plackperl.org",
    // Haskell, OCaml, Elm, Lua.
    "hackage.haskell.org",
    "downloads.haskell.org",
    "opam.ocaml.org",
    "package.elm-lang.org",
    "luarocks.org",
    // Dart, Swift.
    "pub.dev",
    "cdn.cocoapods.org",
    // R, Julia.
    "cran.r-project.org",
    "cloud.r-project.org",
    "pkg.julialang.org",
    // Debian, Ubuntu, Alpine, Fedora, Arch.
    "deb.debian.org",
    "security.debian.org",
    "archive.ubuntu.com",
    "security.ubuntu.com",
    "ports.ubuntu.com",
    "dl-cdn.alpinelinux.org",
    "mirrors.fedoraproject.org",
    "dl.fedoraproject.org",
    "geo.mirror.pkgbuild.com",
    "archive.archlinux.org",
];

/// What is open in every list that begins with the defaults, beside the configured forges.
#[must_use]
pub fn registries() -> Vec<EgressRule> {
    REGISTRIES
        .iter()
        .map(|name| EgressRule::of_name(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registry_is_a_rule_that_stands_once() {
        let mut seen = std::collections::HashSet::new();
        for (name, rule) in REGISTRIES.iter().zip(registries()) {
            assert_eq!(name.parse().as_ref(), Ok(&rule), "{name}");
            assert!(seen.insert(name), "{name}");
        }
    }

    #[test]
    fn the_document_lists_them_all() {
        let text = include_str!("../../../../docs/egress.md");
        for name in REGISTRIES {
            assert!(text.contains(&format!("`{name}`")), "{name}");
        }
    }
}

//! The forges from outside: what their webhooks mean, and what their clients do against a forge.

#[cfg(test)]
mod gitea_hooks;
#[cfg(test)]
mod github_hooks;
#[cfg(test)]
mod gitlab_hooks;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod options;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod told;
#[cfg(test)]
mod world;

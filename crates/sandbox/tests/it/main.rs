//! Real sandboxes: what must be out of reach is reached from outside first.

#[cfg(test)]
mod ends;
#[cfg(test)]
mod escape;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod levels;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod probing;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod support;
#[cfg(test)]
mod walls;
#[cfg(test)]
mod watched;

//! The client against a tiny server that answers by script.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod support;
#[cfg(test)]
mod watching;

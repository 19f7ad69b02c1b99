//! The stand-ins from outside: what they promise to the tests that are built on them.

#[cfg(test)]
mod forge;

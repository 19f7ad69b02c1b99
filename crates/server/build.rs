//! Rebuilds the crate when the built web page changes; it is embedded from there.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}

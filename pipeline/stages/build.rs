//! Rebuilds the crate when a file appears in or leaves the folders it embeds.
fn main() {
    println!("cargo:rerun-if-changed=../../sql");
    println!("cargo:rerun-if-changed=../../datasets");
}

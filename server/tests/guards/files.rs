//! The generated files are what the code says.

#[path = "../../examples/gen/files.rs"]
mod made;

use crate::root;

#[test]
fn generated_files_are_current() {
    let root = root();
    let stale: Vec<&str> = made::all(&root)
        .into_iter()
        .filter(|(path, text)| std::fs::read_to_string(root.join(path)).unwrap_or_default() != *text)
        .map(|(path, _)| path)
        .collect();
    assert!(stale.is_empty(), "run `cargo xtask gen`: {}", stale.join(", "));
}

//! Has the crate compiled again when a file appears among those that are embedded: the macro that embeds them knows only the files that it
//! saw the last time.

fn main() {
    // Cargo would compile again and again while a watched folder is missing; it is empty until the pages are built.
    if let Err(error) = std::fs::create_dir_all("../web/dist") {
        println!("cargo::warning=the pages cannot be embedded: {error}");
    }
    println!("cargo::rerun-if-changed=../web/dist");
    println!("cargo::rerun-if-changed=../migrations");
}

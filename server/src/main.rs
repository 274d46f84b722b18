//! The command `jingwei`.

/// Snapshots come and go by tens of megabytes; this allocator gives the memory back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    jingwei::cli::main()
}

//! The command `jingwei`.

fn main() -> std::process::ExitCode {
    jingwei::cli::main()
}

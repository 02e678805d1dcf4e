//! The program `kdb5_util`.
fn main() -> std::process::ExitCode {
    k5_cli::run_main(kdb5_util::run)
}

//! The program `klist`.
fn main() -> std::process::ExitCode {
    k5_cli::run_main(klist::run)
}

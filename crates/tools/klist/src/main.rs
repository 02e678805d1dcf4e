//! The program `klist`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    k5_cli::run_main(klist::run)
}

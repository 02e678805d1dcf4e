//! The program `ktutil`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    k5_cli::run_main(ktutil::run)
}

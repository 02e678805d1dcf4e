//! The program `kdb5_util`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    k5_cli::run_main(kdb5_util::run)
}

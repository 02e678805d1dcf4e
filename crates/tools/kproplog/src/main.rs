//! The program; all of it is in the library.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    k5_cli::run_main(kproplog::run)
}

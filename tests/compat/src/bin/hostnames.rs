//! Answers questions about names of hosts from standard input with this system's resolver and configuration.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "what goes wrong here fails the test that uses it"
)]

use k5_cli::{Environment, SystemResolver};
use k5_config::Config;
use k5_hostname::HostNames;

fn main() {
    let config = Config::from_env(&Environment::from_process().config()).expect("a configuration");
    let resolver = SystemResolver::from_process();
    let names = HostNames::new(&config, &resolver);
    for question in std::io::stdin().lines() {
        println!("{}", compat::names::answer(&names, &question.expect("text")));
    }
}

//! Runs one target over some files: `cargo run -p fuzz --bin one -- TARGET FILE...`
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it speaks to the person who runs it")]

use anyhow::{Context, Result, bail};
use fuzz::Target;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, files)) = words.split_first() else { bail!("Usage: one TARGET FILE...") };
    let target = Target::find(name).with_context(|| format!("no target {name}"))?;
    for file in files {
        let data = std::fs::read(file).with_context(|| file.clone())?;
        let begun = std::time::Instant::now();
        target.check(&data);
        println!("{file}: {} bytes, {:?}", data.len(), begun.elapsed());
    }
    Ok(())
}

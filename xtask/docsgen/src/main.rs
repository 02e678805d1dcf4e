//! `docsgen man DIR` and `docsgen completions DIR`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "it tells what it has written")]

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let (files, directory) = match words.as_slice() {
        ["man", directory] => (docsgen::pages(), directory),
        ["completions", directory] => (docsgen::completions(), directory),
        _ => bail!("usage: docsgen man DIR, or docsgen completions DIR"),
    };
    for file in files {
        let path = Path::new(directory).join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        }
        fs::write(&path, file.text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

//! Pages of `docs` whose blocks are run as they stand.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use harness::{Mask, Masked, Realm, Side, workspace};

/// After this a page hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where pages say that their reader is, and who.
const DIRECTORY: &str = "/home/you/realm";
const READER: &str = "you";

/// Commands, and what they print: nothing where the page shows nothing.
#[derive(Debug, Default)]
struct Block {
    line: usize,
    commands: String,
    prints: String,
}

/// The blocks of a page in order.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in page.lines().enumerate() {
        match (fence, line.strip_prefix("```")) {
            (None, Some("sh")) => {
                blocks.push(Block { line: index + 1, ..Block::default() });
                fence = Some("sh");
            }
            (None, Some("text")) => fence = Some("text"),
            (None, Some(other)) => panic!("line {}: a block {other:?}, which nobody checks", index + 1),
            (None, None) => {}
            (Some(_), Some("")) => fence = None,
            (Some(kind), _) => {
                let block = blocks.last_mut().expect("what is printed follows what is run");
                let text = if kind == "sh" { &mut block.commands } else { &mut block.prints };
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    blocks
}

/// Runs the `sh` blocks of a page of `docs` in one shell, with these directories at the front of `PATH`, and compares what
/// each prints with the `text` block behind it. The page makes the directory `realm` and goes there.
///
/// # Panics
/// Where a command fails, something else is printed, or a block is of another kind.
pub fn follow(page: &str, path: &[PathBuf]) {
    // Lends its scratch directory and its port.
    let realm = Realm::new(Side::Mit);
    let text = fs::read_to_string(workspace().join("docs").join(page)).unwrap();
    let blocks = blocks(&text);
    assert!(blocks.len() > 10, "only {} blocks found", blocks.len());
    let said = |block: &Block| realm.path(&format!("line-{}", block.line));
    let mut script = String::new();
    for block in &blocks {
        script.push_str(&format!("exec > '{}' 2>&1\n{}", said(block).display(), block.commands));
    }
    let ended_well = run(&realm, path, &script);
    let directory = realm.path("realm");
    for block in &blocks {
        // Where the shell stopped, the last file that is there tells why.
        let printed = fs::read(said(block)).unwrap_or_else(|_| panic!("line {} was not reached", block.line));
        let printed = String::from_utf8(printed).unwrap();
        let printed = Masked::new(&printed, &directory, Mask::KEYS_AND_TIMES).text;
        let shown = Masked::new(&block.prints, Path::new(DIRECTORY), Mask::KEYS_AND_TIMES).text;
        assert!(
            printed == shown,
            "the block in line {} of {page} prints\n{printed}\nand not\n{shown}",
            block.line
        );
    }
    assert!(ended_well, "a command failed");
}

fn run(realm: &Realm, path: &[PathBuf], script: &str) -> bool {
    let system = ["/usr/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    let path = std::env::join_paths(path.iter().chain(&system)).unwrap();
    let mut shell = Command::new("bash")
        .args(["-eu", "-c", script])
        .env_clear()
        .env("PATH", path)
        .env("PORT", realm.port().to_string())
        .env("KRB5RCACHENAME", "none:")
        .envs([("USER", READER), ("LC_ALL", "C"), ("TZ", "UTC")])
        .env("HOME", realm.dir())
        .env("TMPDIR", realm.dir())
        .current_dir(realm.dir())
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("no bash");
    let group = shell.id();
    let (send, receive) = mpsc::channel();
    thread::spawn(move || send.send(shell.wait()));
    match receive.recv_timeout(PATIENCE) {
        Ok(status) => status.unwrap().success(),
        Err(_) => {
            // The KDC is in the shell's process group.
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).status();
            false
        }
    }
}

/// Where our programs are, in the order of `PATH`.
///
/// # Panics
/// Where they are missing.
#[must_use]
pub fn our_programs() -> [PathBuf; 2] {
    ["kdb5_util", "klist"]
        .map(|program| Side::Ours.program(program).parent().expect("a program is in a directory").to_owned())
}

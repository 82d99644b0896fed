//! The versions that are compared: those of the lock file and of the tools.

use std::process::Command;

const LOCK: &str = include_str!("../Cargo.lock");
const SHOWN: [&str; 9] =
    ["cancel-core", "azure_core", "http", "serde_json", "url", "ureq", "hyper", "hyper-util", "rustls"];

/// One line.
pub fn compared() -> String {
    let crates = SHOWN.iter().map(|name| format!("{name} {}", locked(name)));
    let tools = [tool("rustc", "-V"), tool("valgrind", "--version")];
    crates.chain(tools).collect::<Vec<_>>().join(", ")
}

fn locked(name: &str) -> &'static str {
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")));
    entry.and_then(|entry| entry.split('"').nth(3)).expect("the lock file names it")
}

fn tool(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().expect("an installed tool");
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<_> = text.split_whitespace().take(2).collect();
    words.join(" ")
}

//! `cancel-publish` as a person runs it: its flags, its JSON, its exit codes, and what remains when it is killed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod checkpoints;
mod flags;
mod fleet;
#[cfg(unix)]
mod links;
mod output;
mod proxies;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod terminal;
mod tls;
mod tokens;
#[cfg(unix)]
mod unread;
#[cfg(unix)]
mod unwritable;

use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};
use serde_json::Value;

const TOKEN: &str = "a-token-of-the-portal";

/// The program, without what the environment of the tests could tell it.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cancel-publish"));
    for variable in ["AZURE_TOKEN", "NO_COLOR", "SSL_CERT_FILE", "SSL_CERT_DIR"].iter().chain(&proxies::VARIABLES) {
        command.env_remove(variable);
    }
    command
}

/// A run that hangs must not hang until the default deadline of a quarter of an hour.
fn bounded(arguments: &[&str]) -> &'static [&'static str] {
    if arguments.contains(&"--deadline") { &[] } else { &["--deadline", "30s"] }
}

fn run(arguments: &[&str]) -> Output {
    program().args(bounded(arguments)).args(arguments).env("AZURE_TOKEN", TOKEN).output().unwrap()
}

/// The program on one offer of this service.
fn command_at(endpoint: &str, arguments: &[&str]) -> Command {
    let fixed = ["--endpoint", endpoint, "--publisher", "contoso", "--offer", "contoso-offer"];
    let mut command = program();
    if !arguments.contains(&"--poll-interval") {
        command.args(["--poll-interval", "5ms"]);
    }
    command.args(fixed).args(bounded(arguments)).args(arguments);
    command.env("AZURE_TOKEN", TOKEN);
    command
}

fn run_at(endpoint: &str, token: &str, arguments: &[&str]) -> Output {
    command_at(endpoint, arguments).env("AZURE_TOKEN", token).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn json_of(output: &Output) -> Value {
    let out = text(&output.stdout);
    assert_eq!(out.lines().count(), 1, "{out} {}", text(&output.stderr));
    serde_json::from_str(out).unwrap()
}

fn serve(behavior: CancelBehavior) -> Served {
    let mut portal = Portal::new();
    portal
        .accept_token(TOKEN, None)
        .add_offer(Offer::new("contoso", "contoso-offer").cancel(behavior).operation(PublishOperation::new("id-1")));
    serve_at_speed(portal, 1000).unwrap()
}

/// Waits until it is so.
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not get there");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The names of what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

//! The example as a person runs it: its flags, its JSON, its exit codes, and what remains when it is killed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod checkpoints;
mod flags;
mod tokens;

use std::path::PathBuf;
use std::process::{Command, Output};

use cancel_core::testing::portal::{CancelBehavior, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};
use serde_json::Value;

const TOKEN: &str = "a-token-of-the-portal";

/// The example that Cargo has built beside this test.
fn example() -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join("cancel"));
    command.env_remove("AZURE_TOKEN");
    command
}

/// A run that hangs must not hang until the default deadline of a quarter of an hour.
fn bounded(arguments: &[&str]) -> &'static [&'static str] {
    if arguments.contains(&"--deadline") { &[] } else { &["--deadline", "30s"] }
}

fn run(arguments: &[&str]) -> Output {
    example().args(bounded(arguments)).args(arguments).output().unwrap()
}

fn run_at(endpoint: &str, token: &str, arguments: &[&str]) -> Output {
    let fixed =
        ["--endpoint", endpoint, "--publisher", "contoso", "--offer", "contoso-offer", "--poll-interval", "5ms"];
    example().args(fixed).args(bounded(arguments)).args(arguments).env("AZURE_TOKEN", token).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn json_of(output: &Output) -> Value {
    let out = text(&output.stdout);
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(out).unwrap()
}

fn serve(behavior: CancelBehavior) -> Served {
    let mut portal = Portal::new();
    portal
        .accept_token(TOKEN, None)
        .add_offer(Offer::new("contoso", "contoso-offer").cancel(behavior).operation(PublishOperation::new("id-1")));
    serve_at_speed(portal, 1000).unwrap()
}

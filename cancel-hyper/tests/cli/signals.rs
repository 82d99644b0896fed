//! Ctrl-C and SIGTERM in each phase: what went out, how to go on, and an exit code of their own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, Fault};
use serde_json::json;

use crate::{TOKEN, command_at, json_of, serve, text, wait_until};

/// Ends the program by a signal as soon as it is so.
fn stop_when(command: &mut Command, signal: &str, is_so: impl Fn() -> bool) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(is_so);
    wait_until(|| hears_sigterm(child.id()));
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    // Its input does not end: otherwise it would hear of that and of the signal in any order.
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    output
}

/// It is not ended by the signal, but hears it. A process that has just begun does not yet.
fn hears_sigterm(pid: u32) -> bool {
    signals_of(pid, "SigCgt:") & (1 << 14) != 0 || !cfg!(target_os = "linux")
}

/// A set of signals of a process, by its name.
fn signals_of(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    u64::from_str_radix(set.trim(), 16).unwrap_or(0)
}

/// A service that answers the list, and keeps the call with this method waiting for ever.
fn hangs_at(method: &'static str) -> (String, impl Fn() -> bool) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tell = tell.clone();
            thread::spawn(move || serve_stream(stream.unwrap(), method, &tell));
        }
    });
    (endpoint, move || told.try_recv().is_ok())
}

fn serve_stream(mut stream: TcpStream, method: &str, tell: &std::sync::mpsc::Sender<()>) {
    let mut bytes = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        if bytes[..count].starts_with(method.as_bytes()) {
            tell.send(()).unwrap();
            thread::sleep(Duration::from_secs(60));
        }
        let body = r#"[{"id":"id-1","submissionState":"running"}]"#;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).unwrap();
    }
}

#[test]
fn a_signal_in_each_phase_says_what_went_out() {
    let signals = [("-INT", "Ctrl-C", 130), ("-TERM", "SIGTERM", 143), ("-HUP", "SIGHUP", 129)];
    // Where the tests are started by `nohup`, so is the program.
    let ignores_hang_up = signals_of(std::process::id(), "SigIgn:") & 1 != 0;
    for (signal, word, code) in signals.into_iter().filter(|(signal, ..)| *signal != "-HUP" || !ignores_hang_up) {
        for (method, posted, says) in [
            ("GET", "no", "No cancel went out: nothing has changed."),
            ("POST", "maybe", "A cancel may have reached the service."),
        ] {
            let (endpoint, hangs) = hangs_at(method);
            let output = stop_when(&mut command_at(&endpoint, &["--json"]), signal, hangs);
            let printed = json_of(&output);
            assert_eq!((&printed["error"]["kind"], &printed["posted"]), (&json!("interrupted"), &json!(posted)));
            assert_eq!(output.status.code(), Some(code), "{method}");
            let said = text(&output.stderr);
            assert!(said.contains(&format!("Stopped by {word}.")) && said.contains(says), "{said}");
            let look =
                format!("cancel-publish --publisher contoso --offer contoso-offer --dry-run --endpoint {endpoint}");
            assert_eq!(said.contains(&look), posted != "no", "{said}");
        }
        let served = serve(CancelBehavior::DoesNothing { completes_after: None });
        let polls = || served.portal().posts() > 0 && served.portal().calls().len() > 4;
        let output = stop_when(&mut command_at(&served.endpoint(), &["--json"]), signal, polls);
        assert_eq!((&json_of(&output)["posted"], output.status.code()), (&json!("yes"), Some(code)));
        assert!(text(&output.stderr).contains("The service has accepted the cancel"));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nohup_is_respected() {
    let served = serve(CancelBehavior::After(Duration::from_secs(60)));
    let program = command_at(&served.endpoint(), &["--json"]);
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
    ignoring.env("AZURE_TOKEN", TOKEN);
    let output = stop_when(&mut ignoring, "-HUP", || served.portal().posts() > 0);
    assert_eq!((&json_of(&output)["outcome"], output.status.code()), (&json!("canceled"), Some(0)));
}

#[test]
fn a_signal_while_the_token_command_runs_ends_it_too() {
    let served = serve(CancelBehavior::AtOnce);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let command = format!("sleep 300 & echo $! > {}; wait", file.display());
    let mut program = command_at(&served.endpoint(), &["--json", "--token-command", &command]);
    let pid = || std::fs::read_to_string(&file).unwrap_or_default();
    let output = stop_when(&mut program, "-TERM", || pid().ends_with('\n'));
    assert_eq!((&json_of(&output)["posted"], output.status.code()), (&json!("no"), Some(143)));
    wait_until(|| !crate::tokens::is_running(pid().trim()));
}

#[test]
fn a_signal_while_offers_are_read_from_stdin_is_heard() {
    let mut program = command_at("http://127.0.0.1:9", &["--offers-from", "-"]);
    let output = stop_when(&mut program, "-TERM", || true);
    assert_eq!(output.status.code(), Some(143));
    assert!(text(&output.stderr).contains("Nothing was sent."), "{}", text(&output.stderr));
}

#[test]
fn with_a_checkpoint_the_same_command_goes_on() {
    let served = serve(CancelBehavior::After(Duration::from_secs(3_000)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let mut program = command_at(&served.endpoint(), &["--json"]);
    let program = program.arg("--checkpoint").arg(&path);
    let output = stop_when(program, "-TERM", || served.portal().posts() > 0 && served.portal().calls().len() > 2);
    let said = text(&output.stderr);
    assert!(said.contains(&format!("The same command resumes the run from {}.", path.display())), "{said}");
    assert_eq!(crate::names(folder.path()), ["run.json"]);
    let output = program.output().unwrap();
    assert_eq!((&json_of(&output)["outcome"], served.portal().posts()), (&json!("canceled"), 1));
}

/// `offer-b` waits for `contoso-offer`, which hangs: only its file tells what an earlier run has sent.
#[test]
fn a_signal_before_an_offer_has_begun_says_what_its_checkpoint_says() {
    let written = {
        let folder = tempfile::tempdir().unwrap();
        let served = serve(CancelBehavior::AtOnce);
        let file = folder.path().join("first.json");
        served.portal().script(Call::List, Fault::status(403));
        command_at(&served.endpoint(), &["--checkpoint", file.to_str().unwrap()]).output().unwrap();
        std::fs::read_to_string(file).unwrap()
    };
    let posted = |word: &str| written.replace("\"posted\":\"no\"", &format!("\"posted\":\"{word}\""));
    for (file, word, says) in [
        (Some(posted("yes")), "yes", "A run before this one has sent a cancel."),
        (Some(posted("maybe")), "maybe", "A run before this one may have sent a cancel."),
        (Some("{".to_owned()), "maybe", "A run before this one may have sent a cancel."),
        (Some(posted("no")), "no", "No cancel went out: nothing has changed."),
        (None, "no", "No cancel went out: nothing has changed."),
    ] {
        let folder = tempfile::tempdir().unwrap();
        if let Some(file) = file {
            std::fs::write(folder.path().join("contoso+offer-b.json"), file).unwrap();
        }
        let (endpoint, hangs) = hangs_at("GET");
        let mut program = command_at(&endpoint, &["--json", "--offer", "offer-b", "--concurrency", "1"]);
        let output = stop_when(program.arg("--checkpoint").arg(folder.path()), "-INT", hangs);
        let last = text(&output.stdout).lines().last().unwrap();
        let printed: serde_json::Value = serde_json::from_str(last).unwrap();
        assert_eq!((&printed["offer"], &printed["posted"]), (&json!("offer-b"), &json!(word)), "{printed}");
        assert!(printed["error"]["advice"].as_str().unwrap().starts_with(says), "{printed}");
    }
}

/// The first process of a container has no default for a signal. It needs namespaces, which not every machine allows.
#[cfg(target_os = "linux")]
#[test]
fn the_first_process_of_a_container_hears_it() {
    let unshare = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--pid", "--fork", "--kill-child", "--"]);
        unshare
    };
    if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
        return;
    }
    let (endpoint, hangs) = hangs_at("POST");
    let program = command_at(&endpoint, &["--json"]);
    let mut contained = unshare();
    contained.arg(program.get_program()).args(program.get_args()).env("AZURE_TOKEN", TOKEN);
    let child = contained.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(hangs);
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let first = std::fs::read_to_string(children).unwrap();
    assert!(Command::new("kill").args(["-TERM", first.trim()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((&json_of(&output)["posted"], output.status.code()), (&json!("maybe"), Some(143)));
}

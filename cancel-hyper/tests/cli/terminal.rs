//! What a person sees on a terminal: a real pseudo terminal, read as a terminal would show it.

use std::io::Read;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, End, Fault, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};
use pty_process::Size;
use pty_process::blocking::{Command, open};

use crate::{TOKEN, wait_until};

const ROWS: u16 = 20;

/// The program on a terminal of its own.
struct Terminal {
    child: Child,
    shown: Arc<Mutex<vt100::Parser>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    fn start(columns: u16, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let (mut terminal, other_end) = open().unwrap();
        terminal.resize(Size::new(ROWS, columns)).unwrap();
        let program = Command::new(env!("CARGO_BIN_EXE_cancel-publish")).env_remove("NO_COLOR").env("TERM", "xterm");
        let program = program.env("AZURE_TOKEN", TOKEN).envs(environment.iter().copied()).args(arguments);
        let child = program.spawn(other_end).unwrap();
        let shown =
            Arc::new(Mutex::new(vt100::Parser::new(ROWS.try_into().unwrap(), columns.try_into().unwrap(), 100)));
        let parser = Arc::clone(&shown);
        // The other end is closed when the program has ended.
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = terminal.read(&mut bytes) {
                parser.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self { child, shown, reader }
    }

    /// The rows of the screen. indicatif fills each to its end, so that they would be joined otherwise.
    fn screen(&self) -> String {
        rows(&self.shown.lock().unwrap())
    }

    fn wait_for(&self, text: &str) {
        wait_until(|| self.screen().contains(text));
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        self.reader.join().unwrap();
        (status, rows(&self.shown.lock().unwrap()))
    }
}

fn rows(parser: &vt100::Parser) -> String {
    let screen = parser.screen();
    let rows: Vec<_> = screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect();
    rows.join("\n")
}

/// A portal whose publishes go on until a test ends them.
fn serve(offers: usize) -> Served {
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None);
    for number in 0..offers {
        let offer = Offer::new("contoso", &format!("an-offer-with-a-name-{number}"));
        let publish = PublishOperation::new("id-1").runs_for(Duration::from_secs(1_000_000));
        portal.add_offer(offer.cancel(CancelBehavior::DoesNothing { completes_after: None }).operation(publish));
    }
    serve_at_speed(portal, 1000).unwrap()
}

fn end_publish(served: &Served, number: usize) {
    let now = served.now();
    let offer = format!("an-offer-with-a-name-{number}");
    served.portal().end_operation(now, "contoso", &offer, "id-1", End::Canceled).unwrap();
}

fn arguments(served: &Served, offers: usize) -> Vec<String> {
    let offers: Vec<_> = (0..offers).map(|number| format!("an-offer-with-a-name-{number}")).collect();
    let endpoint = served.endpoint();
    let fixed = ["--endpoint", &endpoint, "--publisher", "contoso", "--deadline", "40s", "--poll-interval", "50ms"];
    fixed.into_iter().map(str::to_owned).chain(["--offer".to_owned(), offers.join(",")]).collect()
}

fn start(columns: u16, environment: &[(&str, &str)], served: &Served, offers: usize) -> Terminal {
    let arguments = arguments(served, offers);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    Terminal::start(columns, environment, &arguments)
}

#[test]
fn one_offer_has_its_phase_its_times_and_the_steps_of_its_operation() {
    for columns in [80, 40] {
        let served = serve(1);
        let terminal = start(columns, &[], &served, 1);
        terminal.wait_for("Certification");
        terminal.wait_for("cancel sent; the publish is running");
        // A line each: the phase, the times, and the steps. While it draws, a part of them is there.
        wait_until(|| {
            let screen = terminal.screen();
            let lines = screen.lines().filter(|line| !line.is_empty()).count();
            let whole =
                screen.contains(" gone, ") && screen.contains('%') && screen.matches("cancel sent").count() == 1;
            lines == 8 && whole
        });
        end_publish(&served, 0);
        let (status, screen) = terminal.end();
        assert_eq!(status.code(), Some(0));
        // The bars are gone, and one sentence is left.
        assert!(screen.trim_end().replace('\n', "").ends_with("confirms it: id-1 (canceled)."), "{screen}");
        assert!(!screen.contains('%') && !screen.contains("gone"), "{screen}");
    }
}

#[test]
fn many_offers_have_a_line_each() {
    for columns in [100, 80, 40] {
        let served = serve(3);
        let terminal = start(columns, &[], &served, 3);
        wait_until(|| terminal.screen().matches("  running").count() == 3);
        let screen = terminal.screen();
        assert!(screen.contains("0 of 3 offers done after "), "{screen}");
        assert_eq!(screen.lines().filter(|line| !line.is_empty()).count(), 4, "{screen}");
        end_publish(&served, 1);
        terminal.wait_for("1 of 3 offers done");
        wait_until(|| terminal.screen().matches("  running").count() == 2);
        // Nothing is left behind.
        wait_until(|| terminal.screen().lines().filter(|line| !line.is_empty()).count() == 3);
        end_publish(&served, 0);
        end_publish(&served, 2);
        let (status, screen) = terminal.end();
        assert_eq!(status.code(), Some(0));
        assert!(screen.trim_start().starts_with("offer ") && !screen.contains("offers done"), "{screen}");
    }
}

#[test]
fn no_more_offers_are_shown_than_fit() {
    let served = serve(40);
    let terminal = start(80, &[], &served, 40);
    terminal.wait_for("showing 17 of 40");
    wait_until(|| terminal.screen().matches("  running").count() == 17);
    terminal.signal("-TERM");
    let (status, _) = terminal.end();
    assert_eq!(status.code(), Some(143));
}

#[test]
fn a_terminal_without_bars_has_lines() {
    for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let served = serve(1);
        let terminal = start(200, &[environment], &served, 1);
        terminal.wait_for("sending the cancel");
        terminal.wait_for("cancel sent; the publish is running");
        assert!(!terminal.screen().contains('█'), "{}", terminal.screen());
        end_publish(&served, 0);
        assert_eq!(terminal.end().0.code(), Some(0));
    }
}

#[test]
fn what_the_token_command_says_is_not_drawn_over() {
    let served = serve(1);
    served.portal().script(Call::List, Fault::status(401));
    let mut arguments = arguments(&served, 1);
    arguments.extend(["--token-command".to_owned(), format!("echo To sign in, use a browser. >&2; echo {TOKEN}")]);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let terminal = Terminal::start(80, &[], &arguments);
    terminal.wait_for("cancel sent; the publish is running");
    terminal.wait_for("Certification");
    assert_eq!(terminal.screen().matches("To sign in, use a browser.").count(), 2, "{}", terminal.screen());
    end_publish(&served, 0);
    let (_, screen) = terminal.end();
    assert_eq!(screen.matches("To sign in, use a browser.").count(), 2, "{screen}");
}

#[test]
fn ctrl_c_leaves_no_bars_and_says_how_to_go_on() {
    let served = serve(1);
    let terminal = start(100, &[], &served, 1);
    terminal.wait_for("cancel sent; the publish is running");
    terminal.signal("-INT");
    let (status, screen) = terminal.end();
    assert_eq!(status.code(), Some(130));
    assert!(screen.contains("Stopped by Ctrl-C.") && !screen.contains('█'), "{screen}");
    assert!(screen.contains("The service has accepted the cancel"), "{screen}");
    assert!(screen.replace('\n', "").contains("--dry-run --endpoint"), "{screen}");
}

/// A script may pass on what somebody else has written.
#[test]
fn an_argument_that_is_refused_does_not_control_the_terminal() {
    let (status, screen) = Terminal::start(200, &[], &["--publisher", "a\u{1b}[2Jb\u{202e}c"]).end();
    assert_eq!(status.code(), Some(2));
    assert!(screen.contains("error: invalid value 'ab c' for '--publisher <ID>'"), "{screen}");
}

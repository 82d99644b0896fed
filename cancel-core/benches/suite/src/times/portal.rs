//! The simulated portal in its own process, so that its time does not count as the client's.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use cancel_core::testing::portal::{CancelBehavior, Offer, PublishOperation};
use cancel_hyper::portal::serve_at_speed;

pub const PUBLISHER: &str = "contoso";
pub const TOKEN: &str = "a-token-of-the-portal";
/// The list, the POST, and a poll.
const EXCHANGES: usize = 3;

pub fn offer(number: usize) -> String {
    format!("offer-{number}")
}

pub struct Portal {
    process: Child,
    stdout: BufReader<ChildStdout>,
    endpoint: String,
    offers: usize,
}

impl Portal {
    /// A portal with this many offers, all of which are being published.
    pub fn start(offers: usize) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut process = Command::new(program)
            .args(["task", "1", "serve", &offers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be run");
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let endpoint = line(&mut stdout);
        Self { process, stdout, endpoint, offers }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Ends the portal, and asserts that it got exactly the exchanges that cancel every offer.
    pub fn stop(mut self) {
        // It ends when its stdin is closed.
        drop(self.process.stdin.take());
        assert_eq!(line(&mut self.stdout), (self.offers * EXCHANGES).to_string(), "exchanges");
        assert!(self.process.wait().expect("it can be waited for").success());
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("it prints a line");
    line.trim().to_owned()
}

/// The other process: serves until the process that started it closes stdin, then prints how many calls it got.
pub fn serve(offers: usize) {
    let mut portal = cancel_core::testing::portal::Portal::new();
    portal.accept_token(TOKEN, None);
    for number in 0..offers {
        let publish = PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8");
        portal.add_offer(Offer::new(PUBLISHER, &offer(number)).cancel(CancelBehavior::AtOnce).operation(publish));
    }
    let served = serve_at_speed(portal, 0).expect("a port is free");
    println!("{}", served.endpoint());
    let _ = std::io::stdin().read(&mut [0]);
    println!("{}", served.portal().calls().len());
}

//! The simulated portal in its own process, so that its memory and its time do not count as the client's.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use cancel_core::Endpoint;
use cancel_core::testing::portal::{CancelBehavior, Offer, PublishOperation};
use cancel_hyper::portal::serve_at_speed;

/// The argument that makes this program serve the portal.
pub(crate) const SERVE: &str = "--serve-portal";
pub(crate) const PUBLISHER: &str = "contoso";
pub(crate) const TOKEN: &str = "a-token-of-the-portal";
/// How many operations of an offer are in progress. Each is polled once.
pub(crate) const OPERATIONS: usize = 3;
/// The list, the POST, and a poll of each operation.
pub(crate) const EXCHANGES: usize = 2 + OPERATIONS;

pub(crate) fn offer(number: usize) -> String {
    format!("offer-{number}")
}

pub(crate) fn operation(number: usize) -> String {
    format!("56615b67-2185-49fe-80d2-c4ddf77bb2e{number}")
}

pub(crate) struct Portal {
    process: Child,
    _stdout: ChildStdout,
    endpoint: String,
}

impl Portal {
    /// A portal with this many offers. At speed 0 cancels take effect at once, otherwise after two minutes of its time.
    pub(crate) fn start(offers: usize, speed: u32) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([SERVE, &offers.to_string(), &speed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut endpoint = String::new();
        stdout.read_line(&mut endpoint).unwrap();
        Self { process, _stdout: stdout.into_inner(), endpoint: endpoint.trim().to_owned() }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.endpoint).unwrap()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        // It ends when its stdin is closed.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Serves until the process that started it closes stdin.
pub(crate) fn serve_until_stdin_closes() {
    let mut numbers = std::env::args().skip(2).map(|number| number.parse::<u32>().unwrap());
    let (offers, speed) = (numbers.next().unwrap() as usize, numbers.next().unwrap());
    let mut portal = cancel_core::testing::portal::Portal::new();
    portal.accept_token(TOKEN, None);
    for number in 0..offers {
        let behavior = match speed {
            0 => CancelBehavior::AtOnce,
            _ => CancelBehavior::After(std::time::Duration::from_secs(120)),
        };
        let mut offer = Offer::new(PUBLISHER, &offer(number)).cancel(behavior);
        for number in 0..if speed == 0 { OPERATIONS } else { 1 } {
            offer = offer.operation(PublishOperation::new(&operation(number)));
        }
        portal.add_offer(offer);
    }
    let served = serve_at_speed(portal, speed).unwrap();
    println!("{}", served.endpoint());
    let _ = std::io::stdin().read(&mut [0]);
}

//! The simulated portal in a process of its own, so that its memory and its time are not the client's.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use cancel_core::Endpoint;
use cancel_core::testing::portal::{CancelBehavior, Offer, PublishOperation};
use cancel_hyper::portal::serve_at_speed;

/// The argument with which this program serves.
pub(crate) const SERVE: &str = "--serve-portal";
pub(crate) const PUBLISHER: &str = "contoso";
pub(crate) const TOKEN: &str = "a-token-of-the-portal";
/// How many operations of an offer are in progress, each of which is looked at once.
pub(crate) const OPERATIONS: usize = 3;
/// The list, the POST, and a look at each operation.
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
    /// A portal with so many offers. Where its time stands still, cancels work at once; otherwise they take two minutes of it.
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
        // It ends when nobody holds the other end of its stdin.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Serves until the process that started it lets go of stdin.
pub(crate) fn serve_until_told() {
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

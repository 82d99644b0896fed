//! Ctrl-C: says of every offer that is under way whether a POST went out and how to go on, and ends the process.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use cancel_core::{Cancellation, Phase, Posted, Progress};

/// As a shell reports a process that SIGINT has ended.
const EXIT_CODE: i32 = 130;

#[derive(Clone)]
pub(crate) struct Interrupt {
    /// What is to be said of each offer that is under way.
    advice: Arc<Mutex<BTreeMap<String, &'static str>>>,
}

impl Interrupt {
    pub(crate) fn install() -> Self {
        let advice = Arc::new(Mutex::new(BTreeMap::new()));
        let known = Arc::clone(&advice);
        let handler = move || {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever interrupts may have closed the terminal too.
            let _ = writeln!(io::stderr(), "\nInterrupted. With --checkpoint the next run goes on.");
            for (offer, advice) in known.iter() {
                let _ = writeln!(io::stderr(), "{offer}: {advice}");
            }
            process::exit(EXIT_CODE);
        };
        // Without a handler Ctrl-C ends the process all the same.
        let _ = ctrlc::set_handler(handler);
        Self { advice }
    }

    pub(crate) fn remember(&self, cancellation: &Cancellation) {
        let request = cancellation.request();
        let offer = format!("{}/{}", request.publisher(), request.offer());
        let mut advice = self.advice.lock().unwrap_or_else(PoisonError::into_inner);
        match cancellation.result() {
            Some(_) => advice.remove(&offer),
            None => advice.insert(offer, how_to_go_on(&cancellation.progress())),
        };
    }
}

fn how_to_go_on(progress: &Progress<'_>) -> &'static str {
    match (progress.phase, progress.posted) {
        (_, Posted::No) => "No cancel went out: nothing has changed.",
        (Phase::Posting, Posted::Yes) if !progress.post_in_flight => {
            "The service has answered a cancel, and has not taken it: nothing goes on there."
        }
        (Phase::Posting | Phase::Rechecking, _) | (_, Posted::Maybe) => {
            "A cancel may have reached the service: look at the offer's operations before you send another, which would \
             stop what was started since."
        }
        (_, Posted::Yes) => {
            "The service has taken the cancel, and it goes on without this process: look at the offer's operations to see \
             how it ends."
        }
    }
}

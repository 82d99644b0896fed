//! Ctrl-C: says whether a POST went out and how to go on, and ends the process.

use std::io::{self, Write};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use cancel_core::{CancelRequest, Phase, Posted, Progress};

/// As a shell reports a process that SIGINT has ended.
const EXIT_CODE: i32 = 130;

pub(crate) struct Interrupt {
    advice: Arc<Mutex<&'static str>>,
}

impl Interrupt {
    pub(crate) fn install(request: &CancelRequest) -> Self {
        let advice = Arc::new(Mutex::new(NOTHING_SENT));
        let offer = format!("{}/{}", request.publisher(), request.offer());
        let known = Arc::clone(&advice);
        let handler = move || {
            let advice = *known.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever interrupts may have closed the terminal too.
            let _ = writeln!(io::stderr(), "\n{offer}: interrupted. {advice} With --checkpoint the next run goes on.");
            process::exit(EXIT_CODE);
        };
        // Without a handler Ctrl-C ends the process all the same.
        let _ = ctrlc::set_handler(handler);
        Self { advice }
    }

    pub(crate) fn remember(&self, progress: &Progress<'_>) {
        *self.advice.lock().unwrap_or_else(PoisonError::into_inner) = how_to_go_on(progress);
    }
}

const NOTHING_SENT: &str = "No cancel went out: nothing has changed.";

fn how_to_go_on(progress: &Progress<'_>) -> &'static str {
    match (progress.phase, progress.posted) {
        (_, Posted::No) => NOTHING_SENT,
        (Phase::Posting, Posted::Yes) if !progress.post_is_out => {
            "The service has answered a cancel, and has not taken it: nothing goes on there."
        }
        (Phase::Posting | Phase::Looking, _) | (_, Posted::Maybe) => {
            "A cancel may have reached the service: look at the offer's operations before you send another, which would \
             stop what was started since."
        }
        (_, Posted::Yes) => {
            "The service has taken the cancel, and it goes on without this process: look at the offer's operations to see \
             how it ends."
        }
    }
}

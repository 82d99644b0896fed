//! Ctrl-C: reports for each offer in progress whether a POST went out and what to do next, then ends the process.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use cancel_core::{Cancellation, Phase, Posted, Progress};

/// The code by which a shell reports a process that SIGINT ended.
const EXIT_CODE: i32 = 130;

#[derive(Clone)]
pub(crate) struct Interrupt {
    /// The advice for each offer in progress.
    advice: Arc<Mutex<BTreeMap<String, &'static str>>>,
}

impl Interrupt {
    pub(crate) fn install() -> Self {
        let advice = Arc::new(Mutex::new(BTreeMap::new()));
        let known = Arc::clone(&advice);
        let handler = move || {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            // The terminal may be closed too.
            let _ = writeln!(io::stderr(), "\nInterrupted. With --checkpoint the next run continues.");
            for (offer, advice) in known.iter() {
                let _ = writeln!(io::stderr(), "{offer}: {advice}");
            }
            process::exit(EXIT_CODE);
        };
        // Without this handler Ctrl-C still ends the process.
        let _ = ctrlc::set_handler(handler);
        Self { advice }
    }

    pub(crate) fn remember(&self, cancellation: &Cancellation) {
        let request = cancellation.request();
        let offer = format!("{}/{}", request.publisher(), request.offer());
        let mut advice = self.advice.lock().unwrap_or_else(PoisonError::into_inner);
        match cancellation.result() {
            Some(_) => advice.remove(&offer),
            None => advice.insert(offer, what_to_do_next(&cancellation.progress())),
        };
    }
}

fn what_to_do_next(progress: &Progress<'_>) -> &'static str {
    match (progress.phase, progress.posted) {
        (_, Posted::No) => "No cancel went out: nothing has changed.",
        (Phase::Posting, Posted::Yes) if !progress.post_in_flight => {
            "The service has not accepted the cancel: nothing is canceled."
        }
        (Phase::Posting | Phase::Rechecking, _) | (_, Posted::Maybe) => {
            "A cancel may have reached the service. Check the offer's operations before you send another: it would \
             also cancel what was started since."
        }
        (_, Posted::Yes) => {
            "The service has accepted the cancel, and continues without this process. Check the offer's operations to \
             see how it ends."
        }
    }
}

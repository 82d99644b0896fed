//! Ctrl-C: says whether a POST went out and how to go on, and ends the process.

use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use cancel_core::{CancelRequest, Posted};

/// As a shell reports a process that SIGINT has ended.
const EXIT_CODE: i32 = 130;

pub(crate) struct Interrupt {
    posted: Arc<Mutex<Posted>>,
}

impl Interrupt {
    pub(crate) fn install(request: &CancelRequest) -> Self {
        let posted = Arc::new(Mutex::new(Posted::No));
        let offer = format!("{}/{}", request.publisher(), request.offer());
        let known = Arc::clone(&posted);
        let handler = move || {
            let posted = *known.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("\n{offer}: interrupted. {}", how_to_go_on(posted));
            process::exit(EXIT_CODE);
        };
        // Without a handler Ctrl-C ends the process all the same.
        let _ = ctrlc::set_handler(handler);
        Self { posted }
    }

    pub(crate) fn remember(&self, posted: Posted) {
        *self.posted.lock().unwrap_or_else(PoisonError::into_inner) = posted;
    }
}

fn how_to_go_on(posted: Posted) -> &'static str {
    match posted {
        Posted::No => "No cancel went out: nothing has changed, and the same command starts anew.",
        Posted::Maybe => {
            "A cancel may have reached the service: look at the offer's operations before you run the command again, \
             for a second cancel would stop what was started since."
        }
        Posted::Yes => {
            "The service has answered the cancel, and it goes on without this process: look at the offer's operations to \
             see how it ends."
        }
    }
}

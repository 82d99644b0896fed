//! Has the conformance conversations with an adapter in any language, which runs as another process:
//!
//!     cargo run -p cancel-hyper --features testing --example conversations -- python3 my_adapter.py
//!
//! The adapter reads one line of JSON for each conversation from its standard input, has the conversation, and writes
//! what came of it as one line of JSON to its standard output. The manual's page `embedding` describes both lines.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use cancel_core::testing::conformance::{SPEED, Scenario, converse};
use cancel_hyper::portal::serve_at_speed;

/// No conversation takes longer, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut command = std::env::args_os().skip(1);
    let program = command.next().ok_or("the command that starts the adapter is missing")?;
    let mut adapter = Adapter::start(Command::new(program).args(command))?;
    let verdict = converse(|scenario| adapter.converse(scenario));
    let (text, code) = match verdict {
        Ok(count) => (format!("{count} conversations, and all went as they must"), ExitCode::SUCCESS),
        Err(why) => (why, ExitCode::FAILURE),
    };
    writeln!(io::stdout(), "{text}")?;
    Ok(code)
}

/// The other process. It is ended with this value.
struct Adapter {
    child: Child,
    input: ChildStdin,
    /// Its lines, by a thread that reads them: one that never comes must not hold the others up.
    lines: Receiver<io::Result<String>>,
    is_lost: bool,
}

impl Adapter {
    fn start(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = child.stdout.take().ok_or("no output")?;
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || BufReader::new(output).lines().try_for_each(|line| tell.send(line)));
        Ok(Self { child, input, lines, is_lost: false })
    }

    fn converse(&mut self, scenario: &Scenario) -> Result<(), Box<dyn Error>> {
        if self.is_lost {
            return Err("it did not take place: the adapter is lost".into());
        }
        let served = serve_at_speed(scenario.portal(), SPEED)?;
        // Without its answer, nobody knows to which conversation its next line belongs.
        self.is_lost = true;
        writeln!(self.input, "{}", scenario.to_json(&served.endpoint()))?;
        let line = self.lines.recv_timeout(PATIENCE).map_err(|_| "the adapter gave no answer")??;
        self.is_lost = false;
        Ok(scenario.judge_json(&line, &served.portal(), served.now())?)
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

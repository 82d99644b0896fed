//! Output that nobody reads: the program ends all the same, and its checkpoints can be resumed.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cancel_core::testing::portal::{CancelBehavior, End, Offer, PublishOperation};
use cancel_hyper::portal::Served;
use tempfile::TempDir;

use crate::{command_at, names, serve, text, wait_until};

/// Output that takes nothing more, and its other end, which nobody reads.
fn full() -> (Stdio, UnixStream) {
    let (mut write, read) = UnixStream::pair().unwrap();
    write.set_nonblocking(true).unwrap();
    for length in [4096, 1] {
        while write.write(&[0; 4096][..length]).is_ok() {}
    }
    write.set_nonblocking(false).unwrap();
    (OwnedFd::from(write).into(), read)
}

/// A run of two offers. `another` is canceled after two seconds, and `contoso-offer` is not.
struct Run {
    served: Served,
    folder: TempDir,
    child: Child,
    _unread: UnixStream,
}

impl Run {
    fn start(deadline: &str, to: fn(&mut Command, Stdio) -> &mut Command) -> Self {
        let served = serve(CancelBehavior::DoesNothing { completes_after: None });
        let another = Offer::new("contoso", "another").cancel(CancelBehavior::After(Duration::from_secs(2000)));
        served.portal().add_offer(another.operation(PublishOperation::new("id-2").runs_for(Duration::from_secs(9000))));
        let folder = tempfile::tempdir().unwrap();
        let mut command =
            command_at(&served.endpoint(), &["--json", "--offer", "another", "--deadline", deadline, "--checkpoint"]);
        let (full, unread) = full();
        to(command.arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()), full);
        let child = command.spawn().unwrap();
        Self { served, folder, child, _unread: unread }
    }

    fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
    }

    /// The exit code, and how long it took.
    fn end(&mut self) -> (Option<i32>, Duration) {
        let start = Instant::now();
        let mut status = None;
        wait_until(|| {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        (status.unwrap().code(), start.elapsed())
    }
}

#[test]
fn the_deadline_ends_it_where_nobody_reads_its_output() {
    // The first line is of the first request, before it is sent.
    let mut err = Run::start("7s", Command::stderr);
    // The first line is of the offer that is canceled.
    let mut out = Run::start("7s", Command::stdout);
    let (code, time) = err.end();
    assert_eq!((code, err.served.portal().posts()), (Some(2), 0));
    assert!(time > Duration::from_secs(5), "{time:?}");
    assert_eq!((out.end().0, out.served.portal().posts()), (Some(4), 2));

    // Both are left, since nobody has read that one is canceled.
    let left = names(out.folder.path());
    for offer in ["another", "contoso-offer"] {
        assert!(left.contains(&format!("contoso+{offer}.json")), "{left:?}");
    }
    let now = out.served.now();
    out.served.portal().end_operation(now, "contoso", "contoso-offer", "id-1", End::Canceled).unwrap();
    let mut resumed = command_at(&out.served.endpoint(), &["--json", "--offer", "another", "--checkpoint"]);
    let output = resumed.arg(out.folder.path()).output().unwrap();
    assert_eq!(text(&output.stdout).matches(r#""outcome":"canceled""#).count(), 2, "{}", text(&output.stdout));
    assert_eq!(out.served.portal().posts(), 2);
}

#[test]
fn a_signal_ends_it_where_nobody_reads_its_output() {
    let mut err = Run::start("10m", Command::stderr);
    let mut out = Run::start("10m", Command::stdout);
    wait_until(|| out.served.portal().posts() == 2);
    for run in [&mut err, &mut out] {
        run.terminate();
        assert_eq!(run.end().0, Some(143));
    }
}

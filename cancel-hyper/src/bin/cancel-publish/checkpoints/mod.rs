//! Where checkpoints are kept: a file for one offer, or a folder with a file for each.

mod file;
mod lock;
mod other_run;

use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cancel_core::{CancelRequest, Cancellation, Checkpoint, OfferId, Posted};
use cancel_hyper::Journal;
use tokio::task::spawn_blocking;

use self::file::CheckpointFile;
pub(crate) use self::other_run::differs;
use crate::problem::Problem;

/// The advice for a path that cannot be used.
const USE_ANOTHER: &str = "Make the path usable, or give another one. Nothing was sent.";
/// The same where a run before this one may have posted: another path would begin a new run.
const RESUME: &str =
    "A run before this one may have sent a cancel. Make the path usable, then call again to resume it.";

/// The checkpoints of all offers. A clone is the journal of an offer; without a path it stores nothing.
#[derive(Clone)]
pub(crate) struct Checkpoints {
    place: Option<Place>,
    /// The files of the offers in progress. A file that is being written is not in it.
    open: Arc<Mutex<HashMap<OfferId, CheckpointFile>>>,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Folder(PathBuf),
}

impl Checkpoints {
    /// A path that is a folder, or is to hold more than one offer, is a folder. It is created when it is missing.
    pub(crate) fn at(path: Option<&Path>, offers: usize) -> Result<Self, Problem> {
        let place = match path {
            None => None,
            Some(path) if path.is_dir() => Some(Place::Folder(path.to_owned())),
            Some(path) if offers > 1 => {
                create_folder(path).map_err(|error| {
                    let message = format!("the folder {} cannot be made: {error}", path.display());
                    Problem::checkpoint(message, USE_ANOTHER)
                })?;
                Some(Place::Folder(path.to_owned()))
            }
            Some(path) => Some(Place::File(path.to_owned())),
        };
        Ok(Self { place, open: Arc::default() })
    }

    /// Where an offer's checkpoint is. Ids contain no `+`, and nothing else that is special in a file name.
    pub(crate) fn path(&self, request: &CancelRequest) -> Option<PathBuf> {
        self.place.as_ref().map(|place| match place {
            Place::File(path) => path.clone(),
            Place::Folder(path) => path.join(format!("{}+{}.json", request.publisher(), request.offer())),
        })
    }

    /// Locks an offer's file for this process, and reads it.
    pub(crate) fn open(&self, request: &CancelRequest) -> Result<Option<Checkpoint>, Problem> {
        let Some(path) = self.path(request) else {
            return Ok(None);
        };
        let file = CheckpointFile::lock(&path)?;
        let checkpoint = file.read()?;
        self.opened().insert(request.offer().clone(), file);
        Ok(checkpoint)
    }

    /// What an offer's file says of a POST of the runs before this one. It is not locked for that.
    pub(crate) fn posted(&self, request: &CancelRequest) -> Posted {
        self.path(request).map_or(Posted::No, |path| file::posted(&path))
    }

    /// Where an offer's checkpoint is kept, if something is kept there.
    pub(crate) fn kept(&self, request: &CancelRequest) -> Option<PathBuf> {
        self.path(request).filter(|path| path.exists())
    }

    /// Unlocks an offer's file. It can be resumed.
    pub(crate) fn close(&self, offer: &OfferId) {
        self.opened().remove(offer);
    }

    /// Removes an offer's file. Nothing is left to resume.
    pub(crate) fn remove(&self, offer: &OfferId) -> io::Result<()> {
        let file = self.opened().remove(offer);
        file.map_or(Ok(()), CheckpointFile::remove)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<OfferId, CheckpointFile>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Addresses stand in a checkpoint, so that nobody else may read it.
fn create_folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Journal for Checkpoints {
    type Error = io::Error;

    async fn write(&mut self, cancellation: &Cancellation) -> io::Result<()> {
        let offer = cancellation.request().offer();
        // One driver at a time writes for an offer. What it has taken is lost only with the process.
        let Some(mut file) = self.opened().remove(offer) else {
            return if self.place.is_none() { Ok(()) } else { Err(io::Error::other("its file is closed")) };
        };
        let text = cancellation.checkpoint().to_json();
        let (written, file) = spawn_blocking(move || (file.write(text), file)).await.map_err(io::Error::other)?;
        self.opened().insert(offer.clone(), file);
        written
    }
}

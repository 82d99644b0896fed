//! The file of a checkpoint: read, replaced at once, removed.
//!
//! A crash at any moment leaves the whole old text or the whole new one. Nothing that stands at the path of the new
//! text is followed. A link at the path itself leads to the file: so a file has one lock, whatever it is called.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use cancel_core::{Checkpoint, Posted};

use super::lock::Lock;
use super::{RESUME, USE_ANOTHER, other_run};
use crate::problem::Problem;
use crate::regular_file;

/// How many links are followed: as many as the system would.
const MOST_LINKS: u32 = 40;

pub(crate) struct CheckpointFile {
    path: PathBuf,
    written: String,
    _lock: Lock,
}

impl CheckpointFile {
    /// Takes the file for this process alone, until this value is dropped.
    pub(super) fn lock(path: &Path) -> Result<Self, Problem> {
        let path = resolved(path).map_err(|error| unusable(path, &error))?;
        let lock = Lock::take(&beside(&path, ".lock")).map_err(|error| {
            if error.kind() != ErrorKind::WouldBlock {
                return unusable(&path, &error);
            }
            let message = format!("the checkpoint {} is in use by another process", path.display());
            Problem::checkpoint(message, "Wait until that process has ended. This one has sent nothing.")
        })?;
        Ok(Self { path, written: String::new(), _lock: lock })
    }

    /// The checkpoint to resume from, if there is one.
    pub(super) fn read(&self) -> Result<Option<Checkpoint>, Problem> {
        let text = match text(&self.path) {
            Ok(text) => text,
            Err(_) if is_nothing_at(&self.path) => return Ok(None),
            Err(error) => {
                let message = format!("the checkpoint {} cannot be read: {error}", self.path.display());
                return Err(self.unknown(message));
            }
        };
        let checkpoint = Checkpoint::from_json(&text);
        checkpoint.map(Some).map_err(|error| self.unknown(format_args!("{}: {error}", self.path.display())))
    }

    /// A run before this one may have posted.
    fn unknown(&self, message: impl std::fmt::Display) -> Problem {
        let advice = "Look at the offer's operations. Then remove the file, or give another one, to begin a new run.";
        Problem::checkpoint(message, advice).after(Posted::Maybe)
    }

    /// Stores the checkpoint durably: the file and the folder that names it are synced.
    pub(super) fn write(&mut self, text: String) -> io::Result<()> {
        if text == self.written {
            return Ok(());
        }
        let new = beside(&self.path, ".new");
        let made = make(&new, &text).map_err(|error| about(&new, &error));
        let replaced = made.and_then(|()| fs::rename(&new, &self.path).map_err(|error| about(&self.path, &error)));
        if replaced.is_err() {
            // Of no use without the rename; a full disk leaves only a part of it.
            let _ = remove(&new);
        }
        replaced?;
        #[cfg(unix)]
        sync(folder(&self.path)).map_err(|error| about(folder(&self.path), &error))?;
        self.written = text;
        Ok(())
    }

    /// Removes the file.
    pub(super) fn remove(self) -> io::Result<()> {
        remove(&self.path)
    }
}

fn make(path: &Path, text: &str) -> io::Result<()> {
    // A run that was killed left it, or somebody has put a link there. The lock is ours, so nobody needs it.
    remove(path)?;
    let mut file = create_private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The names in a folder.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// This run cannot use the path. A run before it may have posted.
fn unusable(path: &Path, error: &io::Error) -> Problem {
    let message = format!("the checkpoint {} cannot be locked: {error}", path.display());
    match posted(path) {
        Posted::No => Problem::checkpoint(message, USE_ANOTHER),
        posted => Problem::checkpoint(message, RESUME).after(posted),
    }
}

/// The file to which a path leads, without a link on the way. The file need not be there yet.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else {
            let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
            return Ok(fs::canonicalize(folder(&path))?.join(name));
        };
        path = folder(&path).join(next);
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "there are too many symbolic links"))
}

/// What a file says of a POST, whoever holds its lock.
pub(super) fn posted(path: &Path) -> Posted {
    match text(path) {
        Ok(text) => Checkpoint::from_json(&text).ok().as_ref().and_then(other_run::posted).unwrap_or(Posted::Maybe),
        Err(_) if is_nothing_at(path) => Posted::No,
        Err(_) => Posted::Maybe,
    }
}

/// Whether it is certain that there is no file, so that no run before this one has written it. A link may lead to it.
/// Nothing is opened: there may be too many open files.
fn is_nothing_at(path: &Path) -> bool {
    fs::metadata(path).is_err_and(|error| {
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) || is_name_too_long(&error)
    })
}

#[cfg(unix)]
fn is_name_too_long(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::NAMETOOLONG)
}

#[cfg(windows)]
fn is_name_too_long(_: &io::Error) -> bool {
    false
}

/// Reads at most one byte more than a checkpoint can have.
fn text(path: &Path) -> io::Result<String> {
    let bytes = regular_file::read(path, Checkpoint::MAX_LEN as u64)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// A new file that only this user may read or write, whatever the umask. It fails where anything stands at the path.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    beside.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_take_its_place_is_not_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        let Ok(mut file) = CheckpointFile::lock(&path) else { panic!("nobody else has it") };
        fs::create_dir(&path).unwrap();
        assert!(file.write("{}".to_owned()).is_err());
        assert!(!beside(&path, ".new").exists());
    }
}

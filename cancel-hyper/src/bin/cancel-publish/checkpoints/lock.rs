//! A lock that one process holds at a time, by a file. The system frees it when the process ends, however that happens.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// How often the file may have gone before its lock was taken. Where it is never the same, there can be no lock.
const TRIES: u32 = 100;

pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock, or fails with [`io::ErrorKind::WouldBlock`] when another process holds it.
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            let file = open(path)?;
            if !file.metadata()?.is_file() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "its lock is not a file"));
            }
            lock(&file)?;
            // Its holder may have removed it since it was opened: then the lock is of a file that has no name any more.
            if is_still_at(&file, path)? {
                return Ok(Self { path: path.to_owned(), _file: file });
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While the lock is held: whoever opens it from now on makes a new file. One that stays does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new().write(true).create(true).mode(0o600).custom_flags(flags.bits() as i32).open(path)
}

#[cfg(unix)]
fn lock(file: &File) -> io::Result<()> {
    rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(Into::into)
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let ours = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// On Windows an open file can be shared with nobody.
#[cfg(windows)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;

    const ERROR_SHARING_VIOLATION: i32 = 32;
    OpenOptions::new().write(true).create(true).truncate(false).share_mode(0).open(path).map_err(|error| {
        let held = error.raw_os_error() == Some(ERROR_SHARING_VIOLATION);
        if held { io::ErrorKind::WouldBlock.into() } else { error }
    })
}

#[cfg(windows)]
fn lock(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(windows)]
fn is_still_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

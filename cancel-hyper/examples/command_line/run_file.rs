//! The file with a run's checkpoint, from which the next run resumes.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use cancel_core::{Checkpoint, Error};

#[derive(Clone)]
pub(crate) struct RunFile {
    path: PathBuf,
    written: String,
}

impl RunFile {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), written: String::new() }
    }

    /// The checkpoint to resume from, if there is one.
    pub(crate) fn read(&self) -> Result<Option<Checkpoint>, Error> {
        match self.text() {
            Ok(text) => Checkpoint::from_json(&text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Checkpoint::unreadable(format_args!("{}: {error}", self.path.display()))),
        }
    }

    /// Reads at most one byte more than a checkpoint can have. A pipe or a device might never end, so it is refused.
    fn text(&self) -> io::Result<String> {
        if !fs::metadata(&self.path)?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
        }
        let mut text = String::new();
        File::open(&self.path)?.take(Checkpoint::MAX_LEN as u64 + 1).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Stores the checkpoint durably. A crash at any time leaves the whole old text or the whole new one.
    pub(crate) fn write(&mut self, text: String) -> io::Result<()> {
        if text == self.written {
            return Ok(());
        }
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        self.written = text;
        Ok(())
    }

    /// Removes the checkpoint: there is an outcome, so nothing is left to resume.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

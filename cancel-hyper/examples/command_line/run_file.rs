//! The file in which a run is written down, so that the next one resumes it.

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

    /// The run that is to be resumed, where there is one.
    pub(crate) fn read(&self) -> Result<Option<Checkpoint>, Error> {
        match self.text() {
            Ok(text) => Checkpoint::from_json(&text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Checkpoint::unreadable(&format!("{}: {error}", self.path.display()))),
        }
    }

    /// As much of the file as a checkpoint can have, and a byte more. Something that is no file might never end.
    fn text(&self) -> io::Result<String> {
        if !fs::metadata(&self.path)?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
        }
        let mut text = String::new();
        File::open(&self.path)?.take(Checkpoint::MAX_LEN as u64 + 1).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Writes the run's checkpoint down. When this returns, it is there after a crash: the whole new text, or the whole old one.
    pub(crate) fn write(&mut self, text: String) -> io::Result<()> {
        if text == self.written {
            return Ok(());
        }
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        self.written = text;
        Ok(())
    }

    /// There is an outcome: nothing is left to resume.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

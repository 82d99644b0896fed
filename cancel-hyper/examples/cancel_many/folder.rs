//! The folder in which every run is written down, a file an offer.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cancel_core::{CancelRequest, Cancellation};
use cancel_hyper::Journal;
use tokio::task::spawn_blocking;

use crate::command_line::run_file::RunFile;

#[derive(Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder, which is made where there is none.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// An offer's file. No id has a `+`, or anything else that is not a plain part of a name.
    pub(crate) fn file(&self, request: &CancelRequest) -> RunFile {
        RunFile::new(&self.path.join(format!("{}+{}.json", request.publisher(), request.offer())))
    }

    /// There is an outcome: nothing is left to resume.
    pub(crate) fn remove(&self, request: &CancelRequest) {
        if let Err(error) = self.file(request).remove() {
            let _ = writeln!(io::stderr(), "The checkpoint of {} could not be removed: {error}", request.offer());
        }
    }
}

/// Writes one offer's runs down; its clones other offers'. Where there is no folder, nothing is written.
#[derive(Clone)]
pub(crate) struct Pages {
    folder: Option<Folder>,
    file: Option<RunFile>,
}

impl Pages {
    pub(crate) fn of(folder: Option<Folder>) -> Self {
        Self { folder, file: None }
    }
}

impl Journal for Pages {
    type Error = io::Error;

    async fn write(&mut self, cancellation: &Cancellation) -> io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let mut file = self.file.take().unwrap_or_else(|| folder.file(cancellation.request()));
        let text = cancellation.checkpoint().to_json();
        let writing = spawn_blocking(move || (file.write(text), file));
        let (written, file) = writing.await.map_err(io::Error::other)?;
        self.file = Some(file);
        written
    }
}

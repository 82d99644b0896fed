//! The folder with the checkpoints, one file per offer.

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
    /// Opens the folder, and creates it when it is missing.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// An offer's file. Ids contain no `+`, and nothing else that is special in a file name.
    pub(crate) fn file(&self, request: &CancelRequest) -> RunFile {
        RunFile::new(&self.path.join(format!("{}+{}.json", request.publisher(), request.offer())))
    }

    /// Removes an offer's checkpoint: there is an outcome, so nothing is left to resume.
    pub(crate) fn remove(&self, request: &CancelRequest) {
        if let Err(error) = self.file(request).remove() {
            let _ = writeln!(io::stderr(), "The checkpoint of {} could not be removed: {error}", request.offer());
        }
    }
}

/// The journal of one offer. Each clone is the journal of another offer. Without a folder it stores nothing.
#[derive(Clone)]
pub(crate) struct OfferJournal {
    folder: Option<Folder>,
    file: Option<RunFile>,
}

impl OfferJournal {
    pub(crate) fn new(folder: Option<Folder>) -> Self {
        Self { folder, file: None }
    }
}

impl Journal for OfferJournal {
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

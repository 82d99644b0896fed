//! Reads a file that ends. A pipe or a device might never give anything, or never end, so it is refused.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Reads at most one byte more than `longest`: who gets more than that refuses it.
pub(crate) fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe without a writer would keep this thread waiting.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

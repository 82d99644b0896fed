//! Keeps other exchanges away from a connection that did not answer in time.

use hyper_util::client::legacy::connect::CaptureConnection;

/// An exchange on a connection. When it is given up while it waits, the connection may hang: no other exchange begins on
/// it. Over HTTP/2 they would share it for ever, since whoever answers pings need not answer requests.
#[derive(Debug)]
pub(super) struct Waiting {
    connection: CaptureConnection,
    pub(super) is_waiting: bool,
}

impl Waiting {
    pub(super) fn on(connection: CaptureConnection) -> Self {
        Self { connection, is_waiting: true }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let connection = self.connection.connection_metadata();
        if let Some(connection) = connection.as_ref().filter(|_| self.is_waiting) {
            connection.poison();
        }
    }
}

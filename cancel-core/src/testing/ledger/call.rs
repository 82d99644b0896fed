//! What a request is for, as its method and its path say.

use http::{Method, Request};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Post,
    List,
    Poll,
}

impl Call {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        match request.uri().path() {
            _ if request.method() == Method::POST => Self::Post,
            path if path.ends_with("/submissions/") => Self::List,
            _ => Self::Poll,
        }
    }
}

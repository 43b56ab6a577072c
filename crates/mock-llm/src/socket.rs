//! A second handle on the socket under a connection, to have it reset.
//!
//! The server keeps the socket to itself. What it shows when a connection opens is enough to
//! duplicate the descriptor, and socket options belong to the socket, not to the descriptor.

use std::any::Any;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;

/// A connection's socket, by another descriptor.
#[derive(Debug, Clone)]
pub(crate) struct Socket(Arc<OwnedFd>);

impl Socket {
    /// Keeps a handle of a connection that opens, to be found by its requests.
    pub(crate) fn keep(connection: &dyn Any, data: &mut Extensions) {
        let stream = connection.downcast_ref::<TcpStream>();
        // without a descriptor to spare the connection serves on; it only cannot be reset
        if let Some(Ok(fd)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
            data.insert(Self(Arc::new(fd)));
        }
    }

    /// Makes the closing of the connection a reset, by a linger time of zero.
    pub(crate) fn reset_when_closed(&self) {
        let set = || {
            let fd = self.0.try_clone()?;
            TcpStream::from_std(fd.into())?.set_zero_linger()
        };
        // a socket that cannot be told is closed like any other
        let _: std::io::Result<()> = set();
    }
}

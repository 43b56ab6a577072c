//! Stands between a service and its database, and cuts their connection at the worst of moments.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// When so many `COMMIT`s have been answered, and the next has been passed on.
    AfterCommits(usize),
    /// After so many pieces, in whichever direction.
    AfterPieces(usize),
}

/// A proxy on a free port. Gone, with its connections, when dropped.
pub struct Proxy {
    address: SocketAddr,
    next: Arc<Mutex<Option<Cut>>>,
    _serving: JoinSet<()>,
}

impl Proxy {
    /// One in front of the database at `url`.
    pub async fn to(url: &str) -> Self {
        let target = authority(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, next) =
            (listener.local_addr().unwrap(), Arc::<Mutex<Option<Cut>>>::default());
        let (mut serving, cut) = (JoinSet::new(), next.clone());
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (target, cut) = (target.clone(), cut.clone());
                connections.spawn(async move {
                    // A server that is away is a client's connection that ends.
                    if let Ok(server) = TcpStream::connect(target).await {
                        pass(client, server, &cut).await;
                    }
                });
            }
        });
        Self { address, next, _serving: serving }
    }

    /// The database's address, by way of the proxy.
    pub fn url(&self, url: &str) -> String {
        url.replace(authority(url), &self.address.to_string())
    }

    /// Cuts one connection when the time comes.
    pub fn cut(&self, when: Option<Cut>) {
        *self.next.lock().unwrap() = when;
    }
}

async fn pass(client: TcpStream, server: TcpStream, cut: &Mutex<Option<Cut>>) {
    for side in [&client, &server] {
        side.set_nodelay(true).unwrap();
    }
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    // The end of one direction ends both.
    tokio::select! {
        () = copy(from_client, to_server, cut) => {}
        () = copy(from_server, to_client, cut) => {}
    }
}

/// Passes bytes on, until one side ends or it is time to cut.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: &Mutex<Option<Cut>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let piece = &buffer[..read];
        if to.write_all(piece).await.is_err() || is_time(&mut cut.lock().unwrap(), piece) {
            return;
        }
    }
}

fn is_time(cut: &mut Option<Cut>, piece: &[u8]) -> bool {
    // Asked for as a query, which begins with a `Q`; the answer has the word too.
    let is_commit = piece[0] == b'Q' && piece.windows(7).any(|word| word == b"COMMIT\0");
    let is_time = match cut {
        None => false,
        Some(Cut::AfterCommits(left)) => is_commit && count_down(left),
        Some(Cut::AfterPieces(left)) => count_down(left),
    };
    if is_time {
        *cut = None;
    }
    is_time
}

/// Whether nothing was left to count.
fn count_down(left: &mut usize) -> bool {
    let is_zero = *left == 0;
    *left = left.saturating_sub(1);
    is_zero
}

/// `host:port` of a database's address.
fn authority(url: &str) -> &str {
    let (_, rest) = url.split_once('@').unwrap();
    rest.split('/').next().unwrap()
}

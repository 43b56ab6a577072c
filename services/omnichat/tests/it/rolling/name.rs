//! What a service's name is in a cluster: an address that stays, whichever process is behind it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Where the others find a service. It passes connections on, those that are there to where they have led before.
pub struct Name {
    address: SocketAddr,
    target: Arc<Mutex<String>>,
    _passing: JoinSet<()>,
}

impl Name {
    /// A name of nothing yet.
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, target) = (listener.local_addr().unwrap(), Arc::<Mutex<String>>::default());
        let (mut passing, now) = (JoinSet::new(), target.clone());
        passing.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let target = now.lock().unwrap().clone();
                connections.spawn(async move {
                    // Where nothing listens, the connection ends.
                    if let Ok(mut server) = TcpStream::connect(target).await {
                        client.set_nodelay(true).unwrap();
                        server.set_nodelay(true).unwrap();
                        let _ended = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { address, target, _passing: passing }
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on leads to `address`.
    pub fn point(&self, address: &str) {
        address.clone_into(&mut self.target.lock().unwrap());
    }
}

//! A connection on which any bytes can be sent, HTTP or not.

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::serve::support::Served;

/// A connection to a server.
pub struct Raw(pub TcpStream);

impl Raw {
    pub async fn to(served: &Served) -> Self {
        Self(TcpStream::connect(served.address).await.unwrap())
    }

    /// Sends bytes; whether the other side still takes them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Everything that comes until the other side closes.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut bytes).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The head of an answer.
    pub async fn head(&mut self) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            match self.0.read_u8().await {
                Ok(byte) => bytes.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Sends a request and gives the status it is answered with; 0: none.
    pub async fn status(served: &Served, request: impl AsRef<[u8]>) -> u16 {
        let mut raw = Self::to(served).await;
        raw.send(request).await;
        status_of(&raw.head().await)
    }
}

/// The status in the head of an answer; 0: there is none.
pub fn status_of(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

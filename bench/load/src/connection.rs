//! One connection that is kept open, as a backend's or a browser's.

use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use brotli_decompressor::Decompressor;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A connection. Requests go one after the other.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
    driver: JoinHandle<()>,
}

/// What was answered.
pub struct Answer {
    pub status: StatusCode,
    /// From the moment the request was given to the connection to the last byte of the body.
    pub took: Duration,
    headers: HeaderMap,
    body: Bytes,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("nobody is at {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its error is the sender's, too.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender, address, driver })
    }

    /// Asks for something.
    pub async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        self.send(Request::get(path), headers, Bytes::new()).await
    }

    /// Sends a JSON document.
    pub async fn post(&mut self, path: &str, headers: &[(&str, &str)], body: String) -> Result<Answer> {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request, headers, body.into()).await
    }

    async fn send(
        &mut self,
        mut request: hyper::http::request::Builder,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer> {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header(header::HOST, self.address.to_string()).body(Full::new(body))?;
        let began = Instant::now();
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status, took: began.elapsed(), headers: head.headers, body })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Answer {
    /// The document that was answered with a status that was hoped for. Anything else is an error that quotes it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let plain = self.plain()?;
        if self.status != StatusCode::OK {
            bail!("{}: {}", self.status, String::from_utf8_lossy(&plain));
        }
        serde_json::from_slice(&plain)
            .with_context(|| format!("an answer is not as documented: {}", String::from_utf8_lossy(&plain)))
    }

    /// The body, decompressed.
    fn plain(&self) -> Result<Bytes> {
        match self.headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
            None => Ok(self.body.clone()),
            Some(b"br") => {
                let mut plain = Vec::with_capacity(16 * 1024);
                Decompressor::new(&self.body[..], 4096)
                    .read_to_end(&mut plain)
                    .context("an answer is not brotli")?;
                Ok(plain.into())
            }
            Some(other) => bail!("an answer is compressed by {}", String::from_utf8_lossy(other)),
        }
    }
}

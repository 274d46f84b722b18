//! A small HTTP client for load: one kept-alive connection a thread, nothing but the standard library, so that it takes little of the
//! machine that it shares with the server.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

/// One kept-alive connection.
pub struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The statements that the server says it ran.
    pub statements: u32,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| String::from_utf8_lossy(&self.body).into_owned())
    }
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { address, stream: BufReader::with_capacity(64 * 1024, stream) })
    }

    /// Reads a page.
    pub fn get(&mut self, path: &str, token: &str) -> Result<Answer> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n", self.address);
        self.exchange(head.as_bytes())
    }

    /// Sends a JSON command without a log-in.
    pub fn post(&mut self, path: &str, key: &str, body: &str) -> Result<Answer> {
        self.send(path, &format!("Idempotency-Key: {key}\r\n"), body)
    }

    /// Sends a JSON command of whoever the token belongs to.
    pub fn post_as(&mut self, path: &str, token: &str, body: &str) -> Result<Answer> {
        self.send(path, &format!("Authorization: Bearer {token}\r\n"), body)
    }

    fn send(&mut self, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.exchange(request.as_bytes())
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.get_mut().write_all(request)?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let mut answer = Answer {
            status: line.split(' ').nth(1).and_then(|s| s.parse().ok()).with_context(|| format!("no status line: {line:?}"))?,
            ..Answer::default()
        };
        let mut length = None;
        let mut chunked = false;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the connection ended in the headers");
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(": ") {
                match name {
                    "content-length" => length = value.parse().ok(),
                    "transfer-encoding" => chunked = value.contains("chunked"),
                    "x-statements" => answer.statements = value.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
        if chunked {
            self.chunks(&mut answer.body)?;
        } else {
            answer.body.resize(length.unwrap_or(0), 0);
            self.stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16).with_context(|| format!("bad chunk {line:?}"))?;
            let at = body.len();
            body.resize(at + size, 0);
            self.stream.read_exact(&mut body[at..])?;
            line.clear();
            self.stream.read_line(&mut line)?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}

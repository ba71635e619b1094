//! A server of raw bytes on loopback, whose answers may be wrong, slow or without end.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came, with its body.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and target.
    pub(crate) line: String,
    /// All of it.
    pub(crate) text: String,
}

/// What a server sends.
pub(crate) enum Reply {
    /// These bytes, and the connection ends.
    Whole(Vec<u8>),
    /// The first bytes, then the second again and again until the client goes away, with a pause before each.
    Endless(Vec<u8>, Vec<u8>, Duration),
    /// Nothing, until the client goes away.
    Silence,
}

/// A server that answers until the tests end.
pub(crate) struct Server {
    /// Its port.
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts one.
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), requests: Arc::default() };
        let (requests, answer) = (Arc::clone(&server.requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    requests.lock().unwrap().push(request.clone());
                    send(stream, answer(&request));
                });
            }
        });
        server
    }

    /// One that notes what it is sent, and answers with a token: a proxy, or another host.
    pub(crate) fn noting() -> Self {
        Self::start(|_| json(r#"{"token":"canary-elsewhere","access_token":"canary-elsewhere"}"#))
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests had this in their first line.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.requests().iter().filter(|request| request.line.contains(part)).count()
    }
}

fn read(mut stream: &TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
                return Some(Request { line, text });
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn send(mut stream: TcpStream, reply: Reply) {
    match reply {
        // a client that has read enough goes away
        Reply::Whole(bytes) => drop(stream.write_all(&bytes)),
        Reply::Endless(first, then, pause) => {
            let mut sent = stream.write_all(&first);
            // an end for the test's own sake
            for _ in 0..1_000_000 {
                if sent.is_err() {
                    return;
                }
                std::thread::sleep(pause);
                sent = stream.write_all(&then);
            }
        }
        Reply::Silence => drop(stream.read(&mut [0])),
    }
}

/// An answer with a status, header lines and a body.
pub(crate) fn reply(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    Reply::Whole([text.as_bytes(), body].concat())
}

/// A yes with some JSON.
pub(crate) fn json(body: &str) -> Reply {
    reply("200 OK", &[("Content-Type", "application/json")], body)
}

/// A redirect.
pub(crate) fn redirect(status: u16, to: &str) -> Reply {
    reply(&format!("{status} Elsewhere"), &[("Location", to)], "")
}

/// A body of chunks of zeros without end, at full speed.
pub(crate) fn endless(status: &str, headers: &str) -> Reply {
    let head = format!("HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n{headers}\r\n");
    let chunk = [&b"10000\r\n"[..], &[b'0'; 1 << 16], b"\r\n"].concat();
    Reply::Endless(head.into_bytes(), chunk, Duration::ZERO)
}

/// A gzip stream of at least so many bytes `x`, 150 times smaller than that.
pub(crate) fn bomb(bytes: usize) -> Vec<u8> {
    // one block with the fixed codes of deflate: a literal, then again and again "258 bytes as the last one"
    let (mut stream, mut bits, mut count) = (vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], 0_u64, 0);
    let mut push = |code: u64, length: u32| {
        bits |= code << count;
        count += length;
        while count >= 8 {
            stream.push((bits & 0xff) as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    let reversed = |code: u64, length: u32| code.reverse_bits() >> (64 - length);
    push(0b01 << 1, 3);
    push(reversed(0x30 + u64::from(b'x'), 8), 8);
    for _ in 0..bytes / 258 {
        push(reversed(0xc0 + 5, 8), 8);
        push(0, 5);
    }
    stream
}

//! An issuer's address with a key set, which can be changed, broken or slow.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

/// Serves until it is dropped.
pub(crate) struct Issuer {
    shared: Arc<Shared>,
    address: String,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    answer: Mutex<(u16, String)>,
    asked: AtomicUsize,
    /// Whether the next request is to wait.
    holds_next: AtomicBool,
    held: Mutex<Held>,
    changed: Condvar,
    ended: AtomicBool,
}

#[derive(Default, PartialEq)]
enum Held {
    #[default]
    Nothing,
    One,
    Released,
}

impl Issuer {
    pub(crate) fn start(key_set: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        let issuer = Self {
            shared,
            address,
            accepting: Some(accepting),
        };
        issuer.publish(key_set);
        issuer
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    pub(crate) fn publish(&self, key_set: &str) {
        *self.shared.answer.lock().unwrap() = (200, key_set.to_owned());
    }

    /// Answers with this status from now on.
    pub(crate) fn fail(&self, status: u16) {
        self.shared.answer.lock().unwrap().0 = status;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Keeps the next one who asks waiting.
    pub(crate) fn hold_next(&self) {
        self.shared.holds_next.store(true, Ordering::SeqCst);
    }

    pub(crate) fn holds_one(&self) -> bool {
        *self.shared.held.lock().unwrap() == Held::One
    }

    /// Answers the one who waits.
    pub(crate) fn release(&self) {
        *self.shared.held.lock().unwrap() = Held::Released;
        self.shared.changed.notify_all();
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.release();
        // Wakes it up.
        let _ = TcpStream::connect(&self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || answer(stream, &shared));
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read_exact(&mut byte).is_err() {
            return;
        }
        head.push(byte[0]);
    }
    shared.asked.fetch_add(1, Ordering::SeqCst);
    if shared.holds_next.swap(false, Ordering::SeqCst) {
        let mut held = shared.held.lock().unwrap();
        *held = Held::One;
        while *held == Held::One {
            held = shared.changed.wait(held).unwrap();
        }
    }
    let (status, body) = shared.answer.lock().unwrap().clone();
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} x\r\nlocation: /elsewhere\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(text.as_bytes());
}

//! Where clients and the drive loop meet: requests one way, replies the other, each handed over
//! in batches so that a busy node pays one lock and one wake-up for many.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{error, fmt, io};

use tokio::sync::{Notify, oneshot};

/// Requests that may wait for their reply at once. A client library has some hundred streams a
/// connection, so this is a hundred busy connections; at 50,000 requests a second it is a third
/// of a second's work.
pub const WAITING: usize = 16_384;

/// The bytes of updates that may wait at once: with [`WAITING`], what a slow cluster costs in
/// memory. 64 MiB are 40 of the largest requests, or 4 KiB for each of the waiting ones.
pub const WAITING_WEIGHT: usize = 64 << 20;

/// Why a request got no reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Too many requests wait already; this one was not taken.
    Full,
    /// No reply came in time; an update may still take effect.
    TimedOut,
    /// The node is stopping; an update may still take effect.
    Stopped,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Full => "too many requests wait for their reply",
            Refusal::TimedOut => "no reply came in time",
            Refusal::Stopped => "the node is stopping",
        })
    }
}

impl error::Error for Refusal {}

/// A request that waits for its reply.
#[derive(Debug)]
pub struct Ticket<R> {
    reply: oneshot::Sender<Result<R, Refusal>>,
    weight: usize,
}

/// A request and what came of it.
pub type Told<R> = (Ticket<R>, Result<R, Refusal>);

/// The desk: `O` is what clients ask for, `R` what they are told.
#[derive(Debug)]
pub struct Desk<O, R> {
    asked: Mutex<Vec<(Ticket<R>, O)>>,
    told: Mutex<Vec<Told<R>>>,
    has_told: Notify,
    waker: mio::Waker,
    waiting: AtomicUsize,
    weight: AtomicUsize,
    is_stopping: AtomicBool,
}

impl<O, R> Desk<O, R> {
    /// A desk whose requests wake the poll behind `waker`.
    pub fn new(waker: mio::Waker) -> Desk<O, R> {
        Desk {
            asked: Mutex::new(Vec::new()),
            told: Mutex::new(Vec::new()),
            has_told: Notify::new(),
            waker,
            waiting: AtomicUsize::new(0),
            weight: AtomicUsize::new(0),
            is_stopping: AtomicBool::new(false),
        }
    }

    /// Asks, and waits for the reply. `weight` is about how many bytes the request holds on to.
    pub async fn ask(&self, operation: O, weight: usize) -> Result<R, Refusal> {
        if self.is_stopping() {
            return Err(Refusal::Stopped);
        }
        let (reply, replied) = oneshot::channel();
        let ticket = Ticket { reply, weight };
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let heavy = self.weight.fetch_add(weight, Ordering::Relaxed);
        if waiting >= WAITING || (heavy > 0 && heavy + weight > WAITING_WEIGHT) {
            self.release(&ticket);
            return Err(Refusal::Full);
        }
        let is_first = {
            let mut asked = lock(&self.asked);
            asked.push((ticket, operation));
            asked.len() == 1
        };
        // Whoever finds the list empty wakes the loop; the others ride along.
        if is_first && self.waker.wake().is_err() {
            return Err(Refusal::Stopped);
        }
        replied.await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Asks the drive loop to stop.
    pub fn stop(&self) -> io::Result<()> {
        self.is_stopping.store(true, Ordering::Release);
        self.waker.wake()
    }

    /// Whether the node is stopping.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// For the drive loop: swaps the requests at hand into the empty `into`.
    pub fn take_asked(&self, into: &mut Vec<(Ticket<R>, O)>) {
        std::mem::swap(&mut *lock(&self.asked), into);
    }

    /// For the drive loop: hands over replies.
    pub fn tell(&self, replies: &mut Vec<Told<R>>) {
        if replies.is_empty() {
            return;
        }
        lock(&self.told).append(replies);
        self.has_told.notify_one();
    }

    /// For the clients' side: gives every reply to whoever waits for it, for ever. It runs beside
    /// the waiting tasks, so waking them costs no system call.
    pub async fn hand_out(&self) {
        let mut replies = Vec::new();
        loop {
            self.has_told.notified().await;
            std::mem::swap(&mut *lock(&self.told), &mut replies);
            for (ticket, reply) in replies.drain(..) {
                self.release(&ticket);
                // Nobody may be waiting any more: the client has gone.
                let _ = ticket.reply.send(reply);
            }
        }
    }

    fn release(&self, ticket: &Ticket<R>) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.weight.fetch_sub(ticket.weight, Ordering::Relaxed);
    }
}

/// A list of requests or replies is whole whatever happened to the thread that held the lock.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

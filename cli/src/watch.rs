//! How long work is watched and interrupted.

use std::fmt::Arguments;
use std::io::{IsTerminal, Write, stderr};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

/// How often the line is rewritten.
const EVERY: Duration = Duration::from_millis(200);

/// One line on a terminal that is rewritten as work goes on. Elsewhere nothing is printed.
pub struct Line {
    is_terminal: bool,
    last: Option<Instant>,
}

impl Line {
    /// Nothing is shown yet.
    pub fn new() -> Line {
        Line { is_terminal: stderr().is_terminal(), last: None }
    }

    /// Shows how far the work is, if it is time to.
    pub fn show(&mut self, text: Arguments<'_>) {
        if self.is_terminal && self.last.is_none_or(|last| last.elapsed() >= EVERY) {
            self.last = Some(Instant::now());
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(stderr(), "\r\x1b[K{text} (Ctrl-C ends)");
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.last.take().is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

/// A flag that the first Ctrl-C sets; the second ends the program.
pub fn interrupt() -> &'static AtomicBool {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| drop(thread::spawn(watch)));
    &STOP
}

static STOP: AtomicBool = AtomicBool::new(false);

fn watch() {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return; // Ctrl-C then ends the program at once.
    };
    runtime.block_on(async {
        let Ok(mut interrupts) = signal(SignalKind::interrupt()) else {
            return;
        };
        while interrupts.recv().await.is_some() {
            if STOP.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        }
    });
}

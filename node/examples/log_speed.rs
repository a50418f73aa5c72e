//! How fast the log is, against plain files that are written and synced alike.
//!
//! `cargo run --release -p node --example log_speed [folder]`: a folder on the disk in question.
//! The contenders take turns, one write and sync each, so that whatever else the machine does
//! meets them alike.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use node::log::{Identity, Log};

const FRAME: usize = 300;
const SPAN: Duration = Duration::from_secs(8);
const IDENTITY: Identity = Identity { cluster: 1, node: 1 };

/// A plain file is written from the front again after so many bytes.
const PLAIN: u64 = 256 << 20;

/// One way to make a batch durable, and how long each took, in microseconds.
struct Contender<'a> {
    name: &'static str,
    step: Box<dyn FnMut() + 'a>,
    times: Vec<f64>,
}

fn main() {
    let base = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = base.join(format!("log-speed-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("the folder can be created");
    println!("{FRAME}-byte frames, {} s a batch size, {}", SPAN.as_secs(), dir.display());
    let columns = ["frames/s", "p50 us", "p90", "p99", "p99.9", "max"];
    println!("{:<24}{}", "", columns.map(|column| format!("{column:>10}")).concat());
    for batch in [1, 16, 256] {
        round(&dir, batch);
    }
    append(&dir);
    fs::remove_dir_all(&dir).expect("the folder can be removed");
}

fn round(dir: &Path, batch: usize) {
    let folder = dir.join(format!("log-{batch}"));
    let (mut log, _) = Log::open(&folder, IDENTITY, |_| Ok(())).expect("the log opens");
    let payload = [7; FRAME];
    let logged = move || {
        for _ in 0..batch {
            log.append(|buffer| buffer.extend_from_slice(&payload)).expect("the frame is small");
        }
        log.write().expect("the disk works");
        log.sync().expect("the disk works");
    };
    let contender = |name, step| Contender { name, step, times: Vec::new() };
    let mut contenders = [
        contender("plain, zeros written", plain(&dir.join("zeros"), batch, true)),
        contender("plain, growing", plain(&dir.join("growing"), batch, false)),
        contender("log", Box::new(logged)),
    ];
    let start = Instant::now();
    while start.elapsed() < SPAN {
        for contender in &mut contenders {
            let begin = Instant::now();
            (contender.step)();
            contender.times.push(begin.elapsed().as_secs_f64() * 1e6);
        }
    }
    for Contender { name, times, .. } in &mut contenders {
        let rate = (times.len() * batch) as f64 * 1e6 / times.iter().sum::<f64>();
        times.sort_by(f64::total_cmp);
        let last = times.len() - 1;
        let at = |share: f64| format!("{:>10.1}", times[(last as f64 * share) as usize]);
        let columns = [0.5, 0.9, 0.99, 0.999, 1.0].map(at).concat();
        println!("{:<24}{rate:>10.0}{columns}", format!("{name}, {batch}"));
    }
    drop(contenders);
    let start = Instant::now();
    let (_, opened) = Log::open(&folder, IDENTITY, |_| Ok(())).expect("the log opens");
    println!("  read again in {:.0} ms: {opened}", start.elapsed().as_secs_f64() * 1e3);
}

fn plain(path: &Path, batch: usize, zeros: bool) -> Box<dyn FnMut()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path);
    let file = file.expect("the file can be created");
    if zeros {
        file.write_all_at(&vec![0; PLAIN as usize], 0).expect("the disk works");
    }
    file.sync_all().expect("the disk works");
    let bytes = vec![7; FRAME * batch];
    let mut at = 0;
    Box::new(move || {
        file.write_all_at(&bytes, at).expect("the disk works");
        file.sync_data().expect("the disk works");
        at = (at + bytes.len() as u64) % (PLAIN - bytes.len() as u64);
    })
}

/// What encoding and sealing cost without the disk, with a warm buffer.
fn append(dir: &Path) {
    let folder = dir.join("append");
    let (mut log, _) = Log::open(&folder, IDENTITY, |_| Ok(())).expect("the log opens");
    let payload = [7; FRAME];
    let mut best = f64::INFINITY;
    for _ in 0..50 {
        let start = Instant::now();
        for _ in 0..1000 {
            log.append(|buffer| buffer.extend_from_slice(&payload)).expect("the frame is small");
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e6);
        log.write().expect("the disk works");
    }
    println!("append alone: {best:.0} ns a frame");
}

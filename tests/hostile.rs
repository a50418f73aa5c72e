//! Whatever comes in at a port, from a stranger or a broken client, harms nobody else: the nodes go
//! on as the same processes, keep no sockets, and other clients notice nothing.

mod town;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use model::Random;
use rustix::net::sockopt::set_socket_linger;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use town::{DEADLINE, Town};

/// What opens a connection of HTTP/2.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Empty settings, which a client sends first.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// What opens a connection of a peer.
const HELLO: &[u8] = b"SYNODPER\x01\0\0\0";

#[test]
fn strangers_are_turned_away_and_nobody_else_notices() {
    let mut scene = Scene::new();
    scene.suffer("garbage", |address, random| {
        for _ in 0..30 {
            end_of(address, &[&noise(random, 4096)]);
        }
    });
    scene.suffer("HTTP/1", |address, random| {
        end_of(address, &[b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"]);
        end_of(address, &[b"POST /v3/kv/range HTTP/1.1\r\nContent-Length: 99\r\n\r\n{\"key\""]);
        end_of(address, &[b"GET / HTTP/1.1\r\nCookie: ", &noise(random, 1 << 20)]);
    });
    scene.suffer("a good beginning and garbage", |address, random| {
        for _ in 0..30 {
            end_of(address, &[PREFACE, &noise(random, 4096)]);
            end_of(address, &[PREFACE, SETTINGS, &noise(random, 4096)]);
            end_of(address, &[HELLO, &noise(random, 4096)]);
        }
    });
    scene.suffer("frames too large", |address, _| {
        let large = vec![b'x'; 1 << 20];
        for kind in 0..12 {
            let header = [0xff, 0xff, 0xff, kind, 0, 0, 0, 0, 1];
            end_of(address, &[PREFACE, SETTINGS, &header, &large]);
        }
        // Headers that never end: a frame without the flag that says it is the last, and more.
        let begin = [0, 0x40, 0, 1, 0, 0, 0, 0, 1];
        let go_on = [0, 0x40, 0, 9, 0, 0, 0, 0, 1];
        let mut flood = [PREFACE, SETTINGS, &begin, &large[..1 << 14]].concat();
        for _ in 0..200 {
            flood.extend_from_slice(&go_on);
            flood.extend_from_slice(&large[..1 << 14]);
        }
        end_of(address, &[&flood]);
    });
    scene.suffer("connections half closed, and reset", |address, random| {
        for _ in 0..50 {
            end_of(address, &[]);
            end_of(address, &[&PREFACE[..random.below(24) as usize]]);
            reset(address, &[]);
            reset(address, &[PREFACE, SETTINGS, &noise(random, 64)]);
            reset(address, &[&HELLO[..random.below(12) as usize]]);
        }
    });
    scene.suffer("connections by the thousand", |address, _| {
        for _ in 0..200 {
            drop(connect(address));
            reset(address, &[]);
        }
    });
    scene.suffer("connections left idle", |address, _| {
        let begun = |bytes: &[u8]| {
            let mut stream = connect(address);
            // It may be turned away already.
            let _ = stream.write_all(bytes);
            stream
        };
        let openings = [&b""[..], &PREFACE[..10], PREFACE, &HELLO[..9]];
        let idle: Vec<_> = (0..25).flat_map(|_| openings.map(begun)).collect();
        // While they stay, whoever says something at all is heard.
        end_of(address, &[b"garbage"]);
        drop(idle);
    });
    scene.close();
}

#[test]
fn malformed_requests_are_answered_and_the_connection_goes_on() {
    let mut scene = Scene::new();
    let clients: Vec<String> = scene.town.nodes().map(|node| scene.town.endpoint(node)).collect();
    for address in clients {
        let handle = scene.runtime.handle().clone();
        handle.block_on(send_malformed(&address));
        handle.block_on(abandon_requests(&address));
        scene.recover();
    }
    scene.close();
}

#[test]
fn a_node_without_files_left_goes_on_with_the_clients_it_has() {
    let mut scene = Scene::new();
    let pid = Pid::from_raw(scene.town.pids()[&0] as i32).expect("A process has a number.");
    let address = scene.town.endpoint(0);
    let usual = getrlimit(Resource::Nofile);
    let few = Rlimit { current: Some(scene.files[0] as u64 + 20), ..usual };
    let usual = prlimit(Some(pid), Resource::Nofile, few).expect("The process is ours.");
    let crowd: Vec<_> = (0..100).map(|_| connect(&address)).collect();
    // Enough to fill two segments of the log, whose successors are files, too.
    let fill = async {
        let mut client = scene.town.client(1).await;
        for n in 0..36 {
            client.put(format!("fill/{n}"), vec![b'x'; 1 << 20], None).await?;
        }
        Ok::<_, etcd_client::Error>(())
    };
    scene.runtime.block_on(fill).expect("The other nodes have files enough.");
    scene.hear_everybody(20);
    drop(crowd);
    prlimit(Some(pid), Resource::Nofile, usual).expect("The process is ours.");
    scene.recover();
    let town = &scene.town;
    let newcomer = async { town.client(0).await.get("any", None).await };
    scene.runtime.block_on(newcomer).expect("There is room again.");
    scene.close();
}

/// A town with polite clients at all nodes.
struct Scene {
    town: Town,
    runtime: Runtime,
    random: Random,
    stop: Arc<AtomicBool>,
    polite: Vec<JoinHandle<Duration>>,
    /// A polite client of each node tells after each round that it was served.
    served: Vec<Receiver<()>>,
    /// The files that each node had open before anything happened.
    files: Vec<usize>,
}

impl Scene {
    fn new() -> Scene {
        let town = Town::new(3);
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("There is room.");
        let stop = Arc::new(AtomicBool::new(false));
        let (mut polite, mut served) = (Vec::new(), Vec::new());
        for node in town.nodes() {
            let (tell, told) = mpsc::sync_channel(1);
            let (stop, client) = (stop.clone(), runtime.block_on(town.client(node)));
            polite.push(runtime.spawn(be_polite(client, node, stop, move || {
                // Whoever wants to know has one to hear of already.
                let _ = tell.try_send(());
            })));
            served.push(told);
        }
        let random = Random::new(20);
        let mut scene = Scene { town, runtime, random, stop, polite, served, files: Vec::new() };
        scene.hear_everybody(10);
        scene.files = scene.open_files();
        scene
    }

    /// Does something to every port of every node, then makes sure that all is as before.
    fn suffer(&mut self, what: &str, attack: impl Fn(&str, &mut Random)) {
        let begin = Instant::now();
        for node in self.town.nodes() {
            attack(&self.town.endpoint(node), &mut self.random);
            attack(&self.town.peer_endpoint(node), &mut self.random);
        }
        let attacked = begin.elapsed();
        self.recover();
        println!("{what}: {attacked:?}, and all is as before after {:?}", begin.elapsed());
    }

    /// Waits until every polite client has been served that often.
    fn hear_everybody(&mut self, rounds: usize) {
        for _ in 0..rounds {
            for (node, served) in self.served.iter().enumerate() {
                let heard = served.recv_timeout(DEADLINE);
                assert!(heard.is_ok(), "n{node} serves its polite client no more");
            }
        }
    }

    /// Waits until no node has more files open than before; served clients tell the time.
    fn recover(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.hear_everybody(2);
            let files = self.open_files();
            if files.iter().zip(&self.files).all(|(now, before)| now <= before) {
                break;
            }
            assert!(Instant::now() < deadline, "files left open: {files:?}, not {:?}", self.files);
        }
        let before = self.town.pids().clone();
        self.town.catch_up();
        assert_eq!(*self.town.pids(), before, "no process has ended");
    }

    fn open_files(&self) -> Vec<usize> {
        let folders = self.town.pids().values().map(|pid| format!("/proc/{pid}/fd"));
        let count = |folder| std::fs::read_dir(folder).expect("The node runs.").count();
        folders.map(count).collect()
    }

    /// Ends the polite clients, all of whose requests were served.
    fn close(self) {
        self.stop.store(true, Ordering::Relaxed);
        for polite in self.polite {
            let slowest = self.runtime.block_on(polite).expect("Every request was served.");
            println!("the slowest polite request took {slowest:?}");
        }
    }
}

/// Writes and reads, again and again; tells how long the slowest of both took.
async fn be_polite(
    mut client: etcd_client::Client,
    node: u16,
    stop: Arc<AtomicBool>,
    served: impl Fn(),
) -> Duration {
    let key = format!("polite/{node}");
    let mut slowest = Duration::ZERO;
    for round in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let begin = Instant::now();
        let value = round.to_string();
        let put = client.put(key.as_str(), value.as_str(), None).await;
        put.expect("A polite client may write.");
        let got = client.get(key.as_str(), None).await.expect("A polite client may read.");
        assert_eq!(got.kvs()[0].value(), value.as_bytes());
        slowest = slowest.max(begin.elapsed());
        served();
    }
    slowest
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("The port is open.");
    stream.set_read_timeout(Some(DEADLINE)).expect("A socket may have time-outs.");
    stream.set_write_timeout(Some(DEADLINE)).expect("A socket may have time-outs.");
    stream
}

/// Sends all this and no more, and waits until the other side ends the connection.
fn end_of(address: &str, parts: &[&[u8]]) {
    let mut stream = connect(address);
    // The other side may have had enough before the end, and may have closed at any point.
    let _ = parts.iter().try_for_each(|part| stream.write_all(part));
    let _ = stream.shutdown(Shutdown::Write);
    if let Err(error) = stream.read_to_end(&mut Vec::new()) {
        let is_late =
            matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
        assert!(!is_late, "{address} keeps a connection that has ended");
    }
}

/// Sends all this and breaks the connection off.
fn reset(address: &str, parts: &[&[u8]]) {
    let mut stream = connect(address);
    let _ = parts.iter().try_for_each(|part| stream.write_all(part));
    set_socket_linger(&stream, Some(Duration::ZERO)).expect("A socket may be broken off.");
}

/// Up to so many random bytes.
fn noise(random: &mut Random, most: u64) -> Vec<u8> {
    (0..=random.below(most)).map(|_| random.bits() as u8).collect()
}

/// What can be asked of the key-value service, and what cannot.
const METHODS: [&str; 6] = ["Range", "Put", "DeleteRange", "Txn", "Compact", "Nonsense"];

/// Sends malformed bodies to every method over one connection, on which a good one is served then.
async fn send_malformed(address: &str) {
    let mut client = open(address).await;
    let mut random = Random::new(7);
    let framed = |length: u32, message: &[u8]| {
        let mut body = vec![0];
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(message);
        body
    };
    let deep = nested_transactions(500);
    for method in METHODS {
        let mut bodies = vec![
            Vec::new(),
            vec![0, 0],
            framed(0, b""),
            framed(9, b"less"),
            framed(1, b"more than that"),
            framed(u32::MAX, b"not that much"),
            vec![1, 0, 0, 0, 1, 0],
            vec![0xff; 64],
            framed(3, &[0x0a, 0xff, 0xff]),
            framed(11, &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            framed(deep.len() as u32, &deep),
        ];
        bodies.extend((0..40).map(|_| {
            let message = noise(&mut random, 200);
            framed(message.len() as u32, &message)
        }));
        for body in bodies {
            let shown = format!("{method} {body:?}");
            let answer = tokio::time::timeout(DEADLINE, call(&mut client, method, body)).await;
            let answer = answer.unwrap_or_else(|_| panic!("{shown} is never answered"));
            answer.unwrap_or_else(|error| panic!("{shown} ends the connection: {error}"));
        }
    }
    let status = call(&mut client, "Range", framed(3, b"\x0a\x01k")).await;
    assert_eq!(status.expect("The connection goes on.").as_deref(), Some("0"));
}

/// Transactions within transactions, each the success branch of the one around it.
fn nested_transactions(depth: usize) -> Vec<u8> {
    let mut message = Vec::new();
    for _ in 0..depth {
        // Field 4 of an operation is a transaction; field 2 of a transaction holds operations.
        for field in [4, 2] {
            let mut outer = vec![field << 3 | 2];
            prost::encode_length_delimiter(message.len(), &mut outer).expect("A vector grows.");
            outer.append(&mut message);
            message = outer;
        }
    }
    message
}

/// Opens requests and breaks them off half-way, more than a connection may have open at once.
async fn abandon_requests(address: &str) {
    let mut client = open(address).await;
    for _ in 0..2000 {
        let Ok(ready) = client.clone().ready().await else { return };
        client = ready;
        let Ok((_, mut body)) = client.send_request(request("Put"), false) else { return };
        // The other side may end a connection that does this.
        let _ = body.send_data(Bytes::from_static(&[0, 0, 0, 0, 99, 1]), false);
        body.send_reset(h2::Reason::CANCEL);
    }
}

async fn open(address: &str) -> SendRequest<Bytes> {
    let stream = tokio::net::TcpStream::connect(address).await.expect("The port is open.");
    let (client, connection) = h2::client::handshake(stream).await.expect("It speaks HTTP/2.");
    // It ends with its client, and tells its client how it ended.
    tokio::spawn(async { _ = connection.await });
    client
}

fn request(method: &str) -> http::Request<()> {
    http::Request::post(format!("http://synod/etcdserverpb.KV/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .expect("It is a request.")
}

/// One request to its end; gives the status, if the answer has one.
async fn call(
    client: &mut SendRequest<Bytes>,
    method: &str,
    body: Vec<u8>,
) -> Result<Option<String>, h2::Error> {
    *client = client.clone().ready().await?;
    let (response, mut sending) = client.send_request(request(method), false)?;
    // The answer may come before the end of what is asked.
    let _ = sending.send_data(body.into(), true);
    let (head, mut body) = response.await?.into_parts();
    while let Some(chunk) = body.data().await {
        let length = chunk?.len();
        body.flow_control().release_capacity(length)?;
    }
    let trailers = body.trailers().await?.unwrap_or_default();
    let status = head.headers.get("grpc-status").or(trailers.get("grpc-status"));
    Ok(status.and_then(|status| status.to_str().ok()).map(str::to_string))
}

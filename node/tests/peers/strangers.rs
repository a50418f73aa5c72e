//! Connections that are not those of a good peer are closed, counted, and harm nobody.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use model::NodeId;
use node::peers::{GUESTS, Note, Reason};

use super::{CLUSTER, Hall};

/// A hello as docs/peers.md draws it.
fn hello(version: u32, cluster: u64, from: u16, to: u16) -> Vec<u8> {
    let mut bytes = b"SYNODPER".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend(from.to_le_bytes());
    bytes.extend(to.to_le_bytes());
    bytes.extend(cluster.to_le_bytes());
    bytes.extend([0; 4]);
    let sum = crc32c::crc32c(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// A frame as docs/peers.md draws it.
fn frame(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_le_bytes();
    let sum = crc32c::crc32c_append(crc32c::crc32c(&length), payload);
    [&sum.to_le_bytes()[..], &length, payload].concat()
}

fn dial(hall: &Hall, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(hall.addresses[0]).unwrap();
    stream.write_all(bytes).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Whether the other side has closed; reads away what it sent before.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 64]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// Node 0 of two, connected; the other one keeps talking while strangers come.
fn refuses(bytes: &[u8]) -> Reason {
    let mut hall = Hall::connected(2);
    let before = hall.node(0).counters();
    let mut stream = dial(&hall, bytes);
    hall.until("the stranger is turned away", |_| is_closed(&mut stream));
    let after = hall.node(0).counters();
    assert_eq!(after.rejected, before.rejected + 1);
    // A stranger who took the peer's name also took its connection; the peer dials again.
    hall.until("the peer is heard", |hall| {
        hall.send(1, 0, b"undisturbed");
        !hall.got[0].is_empty()
    });
    assert!(hall.got[0].iter().all(|got| *got == (NodeId(1), b"undisturbed".to_vec())));
    hall.turn();
    let reason = |note: &Note| match note {
        Note::Closed(_, _, reason) if *reason != Reason::Replaced => Some(reason.clone()),
        _ => None,
    };
    hall.notes.iter().find_map(reason).expect("there is a line about it")
}

#[test]
fn garbage_is_refused_at_its_first_byte() {
    assert_eq!(refuses(b"GET / HTTP/1.1\r\n\r\n"), Reason::NotAPeer);
    assert_eq!(refuses(b"S\0"), Reason::NotAPeer);
    assert_eq!(refuses(&[0xff; 100_000]), Reason::NotAPeer);
}

#[test]
fn a_hello_must_fit_in_every_field() {
    assert_eq!(refuses(&hello(2, CLUSTER, 1, 0)), Reason::Version(2));
    assert_eq!(refuses(&hello(1, CLUSTER + 1, 1, 0)), Reason::Cluster(CLUSTER + 1));
    assert_eq!(refuses(&hello(1, CLUSTER, 7, 0)), Reason::From(NodeId(7)));
    assert_eq!(refuses(&hello(1, CLUSTER, 0, 0)), Reason::From(NodeId(0)));
    assert_eq!(refuses(&hello(1, CLUSTER, 1, 2)), Reason::To(NodeId(2)));
    let mut rotten = hello(1, CLUSTER, 1, 0);
    rotten[13] ^= 1;
    assert_eq!(refuses(&rotten), Reason::NotAPeer);
}

#[test]
fn a_hello_cut_short_is_refused() {
    let mut hall = Hall::connected(2);
    let mut stream = dial(&hall, &hello(1, CLUSTER, 1, 0)[..31]);
    stream.shutdown(Shutdown::Write).unwrap();
    hall.until("the stranger is turned away", |_| is_closed(&mut stream));
    assert_eq!(hall.node(0).counters().rejected, 1);
    assert_eq!(hall.node(0).counters().accepted, 1);
}

#[test]
fn a_good_hello_followed_by_bad_frames_is_refused() {
    let hello = hello(1, CLUSTER, 1, 0);
    let oversized = [0, 0, 0, 0, 1, 0, 0, 4];
    assert_eq!(refuses(&[&hello[..], &oversized].concat()), Reason::TooLarge((64 << 20) + 1));
    let mut rotten = frame(b"payload");
    rotten[10] ^= 4;
    assert_eq!(refuses(&[&hello[..], &rotten].concat()), Reason::Checksum);
}

#[test]
fn an_announced_frame_costs_nothing_until_it_comes() {
    let mut hall = Hall::connected(2);
    let announced =
        [&hello(1, CLUSTER, 1, 0)[..], &[0, 0, 0, 0, 0, 0, 0, 4], b"beginning"].concat();
    let mut stream = dial(&hall, &announced);
    hall.until("the welcome comes", |_| stream.read(&mut [0; 32]).is_ok());
    stream.shutdown(Shutdown::Write).unwrap();
    hall.until("half a connection is closed", |_| is_closed(&mut stream));
    assert_eq!(hall.got[0], []);
}

#[test]
fn a_peer_that_connects_anew_replaces_itself() {
    let mut hall = Hall::new(2);
    hall.start(0);
    let hello = hello(1, CLUSTER, 1, 0);
    let mut old = dial(&hall, &[&hello[..], &frame(b"one")].concat());
    hall.until("the first is heard", |hall| hall.got[0].len() == 1);
    let mut new = dial(&hall, &[&hello[..], &frame(b"two")].concat());
    hall.until("the second is heard", |hall| hall.got[0].len() == 2);
    hall.until("the old one is closed", |_| is_closed(&mut old));
    assert_eq!((hall.node(0).counters().accepted, hall.node(0).counters().rejected), (1, 0));
    new.write_all(&frame(b"three")).unwrap();
    hall.until("the new one still speaks", |hall| hall.got[0].len() == 3);
    assert_eq!(hall.got[0][2], (NodeId(1), b"three".to_vec()));
}

#[test]
fn bytes_that_come_one_by_one_are_put_together() {
    let mut hall = Hall::new(2);
    hall.start(0);
    let mut stream = dial(&hall, b"");
    for byte in [hello(1, CLUSTER, 1, 0), frame(b"slow"), frame(b"")].concat() {
        stream.write_all(&[byte]).unwrap();
        hall.turn();
    }
    hall.until("both frames are there", |hall| hall.got[0].len() == 2);
    assert_eq!(hall.got[0], [(NodeId(1), b"slow".to_vec()), (NodeId(1), vec![])]);
}

#[test]
fn the_silent_are_bounded_in_number_and_in_time() {
    let mut hall = Hall::new(2);
    hall.start(0);
    let mut silent: Vec<TcpStream> = (0..GUESTS + 10).map(|_| dial(&hall, b"SYN")).collect();
    let closed = |silent: &mut Vec<TcpStream>| {
        silent.retain_mut(|stream| !is_closed(stream));
        silent.len()
    };
    hall.until("the oldest have made room", |_| closed(&mut silent) == GUESTS);
    hall.start(1);
    hall.until("a good peer gets in all the same", |hall| {
        (hall.node(0).counters().accepted, hall.node(1).counters().connected) == (1, 1)
    });
    hall.until("time is up for the others", |_| closed(&mut silent) == 0);
    assert_eq!(hall.node(0).counters().rejected, GUESTS as u64 + 10);
    assert_eq!(hall.node(0).counters().accepted, 1);
    assert!(hall.notes.len() < 64, "{} lines for one flood", hall.notes.len());
    hall.until("what was left out is counted", |hall| {
        hall.notes.iter().any(|note| matches!(note, Note::Suppressed(_)))
    });
}

#[test]
fn a_flood_of_frames_leaves_the_others_their_turn() {
    let mut hall = Hall::connected(3);
    let big = vec![1; 1 << 20];
    hall.until("the flood has begun", |hall| {
        hall.send(1, 0, &big);
        !hall.got[0].is_empty()
    });
    hall.send(2, 0, b"small");
    let mut turns = 0;
    hall.until("the small one is heard", |hall| {
        turns += 1;
        hall.send(1, 0, &big);
        hall.got[0].iter().any(|(from, _)| *from == NodeId(2))
    });
    assert!(turns < 50, "it took {turns} turns");
}

#[test]
fn a_node_that_answers_for_another_is_not_spoken_to() {
    let mut hall = Hall::new(3);
    // Node 0 finds node 2 where it looks for node 1.
    hall.addresses[1] = hall.addresses[2];
    hall.start(0);
    hall.start(2);
    hall.until("both sides have said so", |hall| {
        let to = |note: &Note| matches!(note, Note::Closed(_, _, Reason::To(NodeId(1))));
        hall.notes.iter().any(to) && hall.node(0).counters().connected == 1
    });
    hall.send(0, 1, b"secret");
    hall.send(0, 2, b"open");
    hall.until("the right frame arrives", |hall| !hall.got[2].is_empty());
    assert_eq!(hall.got[2], [(NodeId(0), b"open".to_vec())]);
}

#[test]
fn a_wrong_welcome_is_not_believed() {
    for (cluster, from, to, reason) in [
        (CLUSTER + 1, 1, 0, Reason::Cluster(CLUSTER + 1)),
        (CLUSTER, 9, 0, Reason::From(NodeId(9))),
        (CLUSTER, 1, 9, Reason::To(NodeId(9))),
    ] {
        let mut hall = Hall::new(2);
        let listener = TcpListener::bind(hall.addresses[1]).unwrap();
        hall.start(0);
        hall.turn();
        hall.send(0, 1, b"secret");
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&hello(1, cluster, from, to)).unwrap();
        let down = |note: &Note| matches!(note, Note::Down(_, _, found) if *found == reason);
        hall.until("the welcome is refused", |hall| hall.notes.iter().any(down));
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        assert_eq!(heard, hello(1, CLUSTER, 0, 1), "it heard the hello and no frame");
        assert_eq!(hall.node(0).counters().dropped, 1);
    }
}

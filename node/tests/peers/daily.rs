//! Exchange, big frames, restarts and back-pressure.

use std::time::{Duration, Instant};

use mio::Poll;
use model::NodeId;
use node::peers::{MAX_FRAME, Note, Peers, PeersError, QUEUE, Reason};

use super::{CLUSTER, Hall, RANGE, free_address};

#[test]
fn three_nodes_exchange_frames_in_order() {
    let mut hall = Hall::connected(3);
    for round in 0..200_u8 {
        for (from, to) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            hall.send(from, to, &vec![round; usize::from(round) * 7]);
        }
        if round % 10 == 0 {
            hall.turn();
        }
    }
    hall.until("everything has arrived", |hall| hall.got.iter().all(|got| got.len() == 400));
    for (index, got) in hall.got.iter().enumerate() {
        for from in (0..3_u16).filter(|from| usize::from(*from) != index) {
            let frames: Vec<_> = got.iter().filter(|(node, _)| node.0 == from).collect();
            let expected = |round: u8| vec![round; usize::from(round) * 7];
            assert!(frames.iter().zip(0..).all(|((_, frame), round)| *frame == expected(round)));
        }
    }
    for node in hall.nodes.iter().flatten() {
        let counters = node.counters();
        assert_eq!((counters.sent, counters.received, counters.dropped), (400, 400, 0));
        assert_eq!(counters.rejected, 0);
    }
}

#[test]
fn frames_of_all_sizes_arrive_up_to_the_largest() {
    let mut hall = Hall::connected(2);
    let sizes = [0, 1, 65_527, 65_528, 65_529, 1 << 20, 3 << 20];
    for size in sizes {
        hall.send(0, 1, &vec![size as u8; size]);
    }
    hall.until("all sizes have arrived", |hall| hall.got[1].len() == sizes.len());
    assert!(hall.got[1].iter().map(|(_, frame)| frame.len()).eq(sizes));
    hall.send(0, 1, &vec![5; MAX_FRAME + 1]);
    assert_eq!(hall.node(0).counters().dropped, 1);
    assert_eq!(hall.node(0).queued(NodeId(1)), 0);
    let largest: Vec<u8> = (0..MAX_FRAME).map(|at| (at / 7) as u8).collect();
    hall.send(0, 1, &largest);
    hall.until("the largest has arrived", |hall| hall.got[1].len() == sizes.len() + 1);
    assert!(hall.got[1].pop().is_some_and(|(_, frame)| frame == largest));
}

#[test]
fn a_restarted_peer_is_reached_again_at_once() {
    let mut hall = Hall::connected(2);
    for round in 0..3_u8 {
        hall.stop(1);
        hall.until("the loss is noticed", |hall| hall.node(0).counters().connected == 0);
        hall.send(0, 1, b"to nobody");
        // Long enough away for the waits between attempts to have grown to their cap.
        let away = Instant::now() + Duration::from_millis(700);
        hall.until("time has passed", |_| Instant::now() > away);
        hall.got[1].clear();
        let start = Instant::now();
        hall.start(1);
        hall.until("both are connected", |hall| {
            hall.nodes.iter().flatten().all(|node| node.counters().connected == 1)
        });
        let took = start.elapsed();
        assert!(took < Duration::from_millis(250), "it took {took:?}");
        hall.send(0, 1, &[round]);
        hall.send(1, 0, &[round]);
        hall.until("both have heard", |hall| hall.got[1].len() == 1);
        assert_eq!(hall.got[1], [(NodeId(0), vec![round])]);
    }
    let down = |note: &&Note| matches!(note, Note::Down(..));
    let lines = hall.notes.iter().filter(down).count();
    assert!(lines <= 3 * 3, "a peer that stays away is said once, not {lines} times");
    assert_eq!(hall.node(0).counters().rejected, 0);
}

#[test]
fn a_peer_that_does_not_read_costs_a_bounded_queue_and_then_its_connection() {
    let mut hall = Hall::connected(2);
    hall.deaf.push(1);
    let frame = vec![9; 100_000];
    let mut most = 0;
    hall.until("frames are dropped", |hall| {
        (0..20).for_each(|_| hall.send(0, 1, &frame));
        most = most.max(hall.node(0).queued(NodeId(1)));
        hall.node(0).counters().dropped > 100
    });
    assert!((QUEUE..QUEUE + 100_008).contains(&most), "{most} bytes were queued");
    let sent = hall.node(0).counters().sent;
    hall.until("the connection is given up", |hall| hall.node(0).counters().connected == 0);
    assert!(hall.notes.iter().any(|note| matches!(note, Note::Down(_, _, Reason::Stalled))));
    hall.deaf.clear();
    // Its events were thrown away: a node that was deaf starts anew.
    hall.stop(1);
    hall.start(1);
    hall.until("it is back", |hall| hall.node(0).counters().connected == 1);
    assert_eq!(hall.node(0).queued(NodeId(1)), 0);
    hall.send(0, 1, b"fresh");
    hall.until("it hears", |hall| !hall.got[1].is_empty());
    assert_eq!(hall.got[1], [(NodeId(0), b"fresh".to_vec())]);
    let counters = hall.node(0).counters();
    assert!(counters.sent > sent && counters.dropped > 100, "{counters:?}");
}

#[test]
fn every_frame_is_sent_or_dropped() {
    let mut hall = Hall::connected(2);
    hall.deaf.push(1);
    let mut asked = 0;
    hall.until("frames are dropped", |hall| {
        (0..7).for_each(|_| hall.send(0, 1, &[3; 70_001]));
        asked += 7;
        hall.node(0).counters().dropped > 10
    });
    hall.stop(1);
    hall.until("the loss is noticed", |hall| hall.node(0).counters().connected == 0);
    let counters = hall.node(0).counters();
    assert_eq!(counters.sent + counters.dropped, asked);
    assert!(counters.sent > 0);
}

#[test]
fn a_port_in_use_and_wrong_arguments_are_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let registry = || Poll::new().unwrap().registry().try_clone().unwrap();
    let open =
        |peers, listen, tokens| Peers::new(NodeId(0), CLUSTER, listen, peers, registry(), tokens);
    let error = open(vec![], address, 0..RANGE).unwrap_err();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let free = free_address();
    let error = open(vec![], free, 0..5).unwrap_err();
    assert!(matches!(error, PeersError::Tokens { given: 5, .. }), "{error}");
    let error = open(vec![(NodeId(0), address)], free, 0..RANGE).unwrap_err();
    assert!(matches!(error, PeersError::Members(NodeId(0))), "{error}");
}

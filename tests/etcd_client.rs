//! The served store under a real etcd client, whatever endpoint it talks to.

mod town;

use std::net::TcpListener;
use std::path::Path;
use std::time::Instant;

use etcd_client::{
    Client, CompactionOptions, Compare, CompareOp, DeleteOptions, Error, GetOptions, KeyValue,
    PutOptions, SortOrder, SortTarget, Txn, TxnOp, TxnOpResponse,
};
use town::{DEADLINE, Town};

/// gRPC's numbers for why a request was refused.
const INVALID_ARGUMENT: i32 = 3;
const OUT_OF_RANGE: i32 = 11;
const UNAVAILABLE: i32 = 14;

/// etcd's bound on a request, in bytes.
const LARGEST_REQUEST: usize = 3 << 19;

#[tokio::test]
async fn a_cluster_is_an_etcd_at_every_endpoint() {
    let town = Town::new(3);
    let mut clients = town.clients().await;
    for at in 0..clients.len() {
        puts_and_gets(&mut clients, at).await;
        ranges(&mut clients[at], at).await;
        deletions(&mut clients[at], at).await;
        transactions(&mut clients[at], at).await;
        nested_transactions(&mut clients[at], at).await;
        refused_transactions(&mut clients[at], at).await;
        large_values(&mut clients, at).await;
        compactions(&mut clients[at], at).await;
    }
    reads_see_writes_of_other_nodes_at_once(&mut clients).await;
    local_reads_never_go_back(&mut clients).await;
    status_and_members(&town, &mut clients).await;
}

async fn puts_and_gets(clients: &mut [Client], at: usize) {
    let key = format!("put/{at}");
    let other = (at + 1) % clients.len();
    let client = &mut clients[at];
    let first = client.put(key.as_str(), "one", None).await.unwrap();
    assert!(first.prev_key().is_none());
    let first = first.header().unwrap().revision();
    let options = PutOptions::new().with_prev_key();
    let second = client.put(key.as_str(), "two", Some(options)).await.unwrap();
    assert_eq!(second.prev_key().unwrap().value(), b"one");
    let second = second.header().unwrap().revision();
    assert_eq!(second, first + 1, "nobody else writes");

    let now = client.get(key.as_str(), None).await.unwrap();
    let kv = &now.kvs()[0];
    assert_eq!(kv.value(), b"two");
    let revisions = (kv.create_revision(), kv.mod_revision(), kv.version());
    assert_eq!(revisions, (first, second, 2));
    let elsewhere = clients[other].get(key.as_str(), None).await.unwrap();
    assert_eq!(elsewhere.kvs()[0].mod_revision(), second);

    let client = &mut clients[at];
    let then = GetOptions::new().with_revision(first);
    let then = client.get(key.as_str(), Some(then)).await.unwrap();
    assert_eq!(then.kvs()[0].value(), b"one");
    assert_eq!(then.header().unwrap().revision(), second, "the header tells of now");
    let before = GetOptions::new().with_revision(first - 1);
    assert_eq!(client.get(key.as_str(), Some(before)).await.unwrap().count(), 0);
    let to_come = GetOptions::new().with_revision(second + 1000);
    refuses(
        client.get(key.as_str(), Some(to_come)).await,
        OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision",
    );
    refuses(client.get("", None).await, INVALID_ARGUMENT, "etcdserver: key is not provided");
}

async fn ranges(client: &mut Client, at: usize) {
    let prefix = format!("range/{at}/");
    let mut written = Vec::new();
    for (key, value) in [("c", "4"), ("a", "5"), ("e", "1"), ("b", "3"), ("d", "2")] {
        let put = client.put(format!("{prefix}{key}"), value, None).await.unwrap();
        written.push(put.header().unwrap().revision());
    }
    let all = || GetOptions::new().with_prefix();
    let values = |kvs: &[KeyValue]| -> String {
        kvs.iter().map(|kv| kv.value_str().unwrap().to_string()).collect()
    };
    let mut get = async |options| client.get(prefix.as_str(), Some(options)).await.unwrap();

    let some = get(all().with_limit(2)).await;
    assert_eq!((values(some.kvs()).as_str(), some.more(), some.count()), ("53", true, 5));
    let sorted = get(all().with_sort(SortTarget::Value, SortOrder::Descend)).await;
    assert_eq!((values(sorted.kvs()).as_str(), sorted.more()), ("54321", false));
    let sorted = get(all().with_sort(SortTarget::Mod, SortOrder::Ascend).with_limit(3)).await;
    assert_eq!(values(sorted.kvs()), "451");
    let sorted = get(all().with_sort(SortTarget::Key, SortOrder::Descend)).await;
    assert_eq!(values(sorted.kvs()), "12435");
    let counted = get(all().with_count_only()).await;
    assert_eq!((counted.kvs().len(), counted.count()), (0, 5));
    let keys = get(all().with_keys_only()).await;
    assert!(keys.kvs().iter().all(|kv| kv.value().is_empty() && kv.mod_revision() > 0));
    assert_eq!(keys.kvs().len(), 5);
    let late = get(all().with_min_mod_revision(written[3])).await;
    assert_eq!(values(late.kvs()), "32");
    let part = get(GetOptions::new().with_range(format!("{prefix}c"))).await;
    assert_eq!(values(part.kvs()), "53");
    let then = get(all().with_revision(written[1])).await;
    assert_eq!((values(then.kvs()).as_str(), then.count()), ("54", 2));
}

async fn deletions(client: &mut Client, at: usize) {
    let prefix = format!("delete/{at}/");
    for key in ["a", "b", "c"] {
        client.put(format!("{prefix}{key}"), key, None).await.unwrap();
    }
    let options = DeleteOptions::new().with_prev_key();
    let one = client.delete(format!("{prefix}b"), Some(options)).await.unwrap();
    assert_eq!((one.deleted(), one.prev_kvs()[0].value()), (1, &b"b"[..]));
    let after_one = one.header().unwrap().revision();
    let options = DeleteOptions::new().with_prefix();
    let rest = client.delete(prefix.as_str(), Some(options.clone())).await.unwrap();
    assert_eq!((rest.deleted(), rest.header().unwrap().revision()), (2, after_one + 1));
    let none = client.delete(prefix.as_str(), Some(options)).await.unwrap();
    let unchanged = (none.deleted(), none.header().unwrap().revision());
    assert_eq!(unchanged, (0, after_one + 1), "deleting nothing makes no revision");

    let all = || GetOptions::new().with_prefix();
    assert_eq!(client.get(prefix.as_str(), Some(all())).await.unwrap().count(), 0);
    let then = all().with_revision(after_one);
    assert_eq!(client.get(prefix.as_str(), Some(then)).await.unwrap().count(), 2);
    let again = client.put(format!("{prefix}a"), "new", None).await.unwrap();
    let kvs = client.get(format!("{prefix}a"), None).await.unwrap();
    let kv = &kvs.kvs()[0];
    assert_eq!((kv.version(), kv.create_revision()), (1, again.header().unwrap().revision()));
}

async fn transactions(client: &mut Client, at: usize) {
    let key = format!("txn/{at}");
    let key = key.as_str();
    let unless_there = || {
        Txn::new()
            .when([Compare::version(key, CompareOp::Equal, 0)])
            .and_then([TxnOp::put(key, "created", None)])
            .or_else([TxnOp::get(key, None)])
    };
    let created = client.txn(unless_there()).await.unwrap();
    assert!(created.succeeded());
    let revision = created.header().unwrap().revision();
    let found = client.txn(unless_there()).await.unwrap();
    assert!(!found.succeeded());
    assert_eq!(found.header().unwrap().revision(), revision, "reading makes no revision");
    let [TxnOpResponse::Get(got)] = &found.op_responses()[..] else {
        panic!("The else branch reads one key.");
    };
    assert_eq!(got.kvs()[0].value(), b"created");

    let holds = [
        Compare::mod_revision(key, CompareOp::Equal, revision),
        Compare::create_revision(key, CompareOp::Less, revision + 1),
        Compare::value(key, CompareOp::Greater, "creatd"),
        Compare::value(key, CompareOp::NotEqual, "other"),
        Compare::version(key, CompareOp::Greater, 0),
    ];
    let both = [TxnOp::put(key, "changed", None), TxnOp::put(format!("{key}/b"), "beside", None)];
    let changed = client.txn(Txn::new().when(holds).and_then(both)).await.unwrap();
    assert!(changed.succeeded());
    assert_eq!(changed.header().unwrap().revision(), revision + 1, "both in one revision");
    let pair = client.get(key, Some(GetOptions::new().with_prefix())).await.unwrap();
    assert!(pair.kvs().iter().all(|kv| kv.mod_revision() == revision + 1));
    assert_eq!(pair.count(), 2);

    for fails in [
        Compare::mod_revision(key, CompareOp::Equal, revision),
        Compare::create_revision(key, CompareOp::Greater, revision),
        Compare::value(key, CompareOp::Equal, "created"),
        Compare::version(key, CompareOp::Less, 2),
        Compare::value(format!("{key}/none"), CompareOp::Equal, ""),
    ] {
        let put = [TxnOp::put(key, "never", None)];
        let tried = client.txn(Txn::new().when([fails.clone()]).and_then(put)).await.unwrap();
        assert!(!tried.succeeded(), "{fails:?}");
        assert_eq!(tried.header().unwrap().revision(), revision + 1);
    }
}

async fn nested_transactions(client: &mut Client, at: usize) {
    let key = format!("nested/{at}");
    let inner = Txn::new()
        .when([Compare::version(key.as_str(), CompareOp::Equal, 1)])
        .and_then([TxnOp::delete(key.as_str(), Some(DeleteOptions::new().with_prev_key()))])
        .or_else([TxnOp::put(format!("{key}/else"), "inner", None)]);
    let outer = || {
        let operations = [TxnOp::get(key.as_str(), None), TxnOp::txn(inner.clone())];
        Txn::new().and_then(operations)
    };
    let without = client.txn(outer()).await.unwrap();
    let [TxnOpResponse::Get(got), TxnOpResponse::Txn(inner_reply)] = &without.op_responses()[..]
    else {
        panic!("One reply for each operation, in their order.");
    };
    assert_eq!((got.count(), inner_reply.succeeded()), (0, false));
    assert_eq!(client.get(format!("{key}/else"), None).await.unwrap().count(), 1);

    client.put(key.as_str(), "there", None).await.unwrap();
    let with = client.txn(outer()).await.unwrap();
    let [TxnOpResponse::Get(got), TxnOpResponse::Txn(inner_reply)] = &with.op_responses()[..]
    else {
        panic!("One reply for each operation, in their order.");
    };
    assert_eq!((got.count(), inner_reply.succeeded()), (1, true));
    let [TxnOpResponse::Delete(deleted)] = &inner_reply.op_responses()[..] else {
        panic!("The inner transaction deletes.");
    };
    assert_eq!(deleted.prev_kvs()[0].value(), b"there");
    assert_eq!(client.get(key.as_str(), None).await.unwrap().count(), 0);
}

async fn refused_transactions(client: &mut Client, at: usize) {
    let key = format!("refused/{at}");
    let put = || TxnOp::put(key.as_str(), "twice", None);
    refuses(
        client.txn(Txn::new().and_then([put(), put()])).await,
        INVALID_ARGUMENT,
        "etcdserver: duplicate key given in txn request",
    );
    let many: Vec<_> = (0..129).map(|n| TxnOp::put(format!("{key}/{n}"), "", None)).collect();
    refuses(
        client.txn(Txn::new().and_then(many)).await,
        INVALID_ARGUMENT,
        "etcdserver: too many operations in txn request",
    );
    let all = GetOptions::new().with_prefix();
    assert_eq!(client.get(key.as_str(), Some(all)).await.unwrap().count(), 0);
}

async fn large_values(clients: &mut [Client], at: usize) {
    let key = format!("large/{at}");
    let other = (at + 2) % clients.len();
    // A request has its key and some bytes of framing, too.
    let value = vec![b'v'; LARGEST_REQUEST - key.len() - 16];
    clients[at].put(key.as_str(), value.clone(), None).await.unwrap();
    let got = clients[other].get(key.as_str(), None).await.unwrap();
    assert!(got.kvs()[0].value() == value, "every byte is there");
    refuses(
        clients[at].put(key.as_str(), vec![0; LARGEST_REQUEST], None).await,
        INVALID_ARGUMENT,
        "etcdserver: request is too large",
    );
    // Far above the bound it is the transport that refuses, before it takes all of it in.
    let error = clients[at].put(key.as_str(), vec![0; 8 << 20], None).await.unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
    assert_eq!(clients[at].get(key.as_str(), None).await.unwrap().kvs()[0].version(), 1);
    clients[at].delete(key, None).await.unwrap();
}

async fn compactions(client: &mut Client, at: usize) {
    let key = format!("compact/{at}");
    let key = key.as_str();
    let mut revisions = Vec::new();
    for value in ["1", "2", "3"] {
        let put = client.put(key, value, None).await.unwrap();
        revisions.push(put.header().unwrap().revision());
    }
    let physical = CompactionOptions::new().with_physical();
    client.compact(revisions[1], Some(physical)).await.unwrap();
    let compacted = "etcdserver: mvcc: required revision has been compacted";
    let old = GetOptions::new().with_revision(revisions[0]);
    refuses(client.get(key, Some(old)).await, OUT_OF_RANGE, compacted);
    refuses(client.compact(revisions[1], None).await, OUT_OF_RANGE, compacted);
    let kept = GetOptions::new().with_revision(revisions[1]);
    assert_eq!(client.get(key, Some(kept)).await.unwrap().kvs()[0].value(), b"2");
    refuses(
        client.compact(revisions[2] + 1000, None).await,
        OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision",
    );
}

async fn reads_see_writes_of_other_nodes_at_once(clients: &mut [Client]) {
    for round in 0..60 {
        let (writer, reader) = (round % clients.len(), (round / 3 + 1) % clients.len());
        let value = format!("{round}");
        let put = clients[writer].put("at once", value.as_str(), None).await.unwrap();
        let got = clients[reader].get("at once", None).await.unwrap();
        assert_eq!(got.kvs()[0].value(), value.as_bytes());
        assert_eq!(got.kvs()[0].mod_revision(), put.header().unwrap().revision());
    }
}

async fn local_reads_never_go_back(clients: &mut [Client]) {
    for round in 0..30 {
        let put = clients[0].put("local", format!("{round}"), None).await.unwrap();
        let written = put.header().unwrap().revision();
        for client in &mut *clients {
            client.get("local", None).await.unwrap();
            let local = GetOptions::new().with_serializable();
            let got = client.get("local", Some(local)).await.unwrap();
            assert_eq!(got.kvs()[0].mod_revision(), written);
        }
    }
}

async fn status_and_members(town: &Town, clients: &mut [Client]) {
    let mut statuses = Vec::new();
    for client in &mut *clients {
        // A node that has just lost a leader hears of the next one soon.
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            client.get("any", None).await.unwrap();
            let status = client.status().await.unwrap();
            if status.leader() != 0 || Instant::now() > deadline {
                break status;
            }
        };
        assert!(status.errors().is_empty(), "{:?}", status.errors());
        assert!(status.db_size() > 0 && status.raft_index() >= status.raft_applied_index());
        statuses.push(status);
    }
    let leader = statuses[0].leader();
    assert!(statuses.iter().all(|s| s.leader() == leader && s.raft_term() > 0));
    let ids: Vec<u64> = statuses.iter().map(|s| s.header().unwrap().member_id()).collect();
    assert_eq!(ids.iter().filter(|id| **id == leader).count(), 1, "one of them leads");
    for client in clients {
        let members = client.member_list().await.unwrap();
        assert_eq!(members.members().iter().map(|m| m.id()).collect::<Vec<_>>(), ids);
        for (node, member) in town.nodes().zip(members.members()) {
            assert_eq!(member.name(), format!("n{node}"));
            assert_eq!(member.client_urls(), [format!("http://{}", town.endpoint(node))]);
            assert_eq!(member.peer_urls(), [format!("http://{}", town.peer_endpoint(node))]);
        }
    }
}

#[tokio::test]
async fn without_a_majority_only_local_reads_are_answered() {
    let mut town = Town::new(3);
    let mut client = town.client(0).await;
    client.put("key", "value", None).await.unwrap();
    town.kill(1);
    town.kill(2);
    let local = GetOptions::new().with_serializable();
    let got = client.get("key", Some(local)).await.unwrap();
    assert_eq!(got.kvs()[0].value(), b"value");
    let mut other = town.client(0).await;
    let (write, read) = tokio::join!(client.put("key", "lost", None), other.get("key", None));
    refuses(write, UNAVAILABLE, "etcdserver: request timed out");
    refuses(read, UNAVAILABLE, "etcdserver: request timed out");
    town.restart(1).unwrap_or_else(|ending| panic!("{ending}"));
    other.put("key", "again", None).await.unwrap();
}

#[tokio::test]
async fn a_stopped_cluster_finds_its_data_and_revisions_again() {
    let mut town = Town::new(3);
    let mut client = town.client(1).await;
    let mut last = 0;
    for n in 0..50 {
        let put = client.put(format!("key/{}", n % 7), format!("{n}"), None).await.unwrap();
        last = put.header().unwrap().revision();
    }
    client.compact(last - 20, None).await.unwrap();
    let all = || GetOptions::new().with_prefix();
    let before = client.get("key/", Some(all())).await.unwrap();
    let then = all().with_revision(last - 10);
    let then_before = client.get("key/", Some(then.clone())).await.unwrap();
    town.stop();
    town.up().unwrap_or_else(|ending| panic!("It does not start again: {ending}"));

    for mut client in town.clients().await {
        let after = client.get("key/", Some(all())).await.unwrap();
        assert_eq!(facts(after.kvs()), facts(before.kvs()));
        assert_eq!(after.header().unwrap().revision(), last);
        let then_after = client.get("key/", Some(then.clone())).await.unwrap();
        assert_eq!(facts(then_after.kvs()), facts(then_before.kvs()));
        let compacted = "etcdserver: mvcc: required revision has been compacted";
        let old = all().with_revision(last - 21);
        refuses(client.get("key/", Some(old)).await, OUT_OF_RANGE, compacted);
    }
    let put = town.client(2).await.put("key/0", "new", None).await.unwrap();
    assert_eq!(put.header().unwrap().revision(), last + 1);
}

/// All that is known of some keys.
fn facts(kvs: &[KeyValue]) -> Vec<String> {
    kvs.iter().map(|kv| format!("{kv:?}")).collect()
}

#[test]
fn a_folder_is_not_mistaken_for_another_clusters() {
    let mut town = Town::new(1);
    town.stop();
    let ending = town::run_to_its_end(&town.up_arguments(3, town.base_port()));
    assert_eq!(ending.code, Some(2), "{ending}");
    assert!(
        ending.said.contains("holds a cluster of 1 nodes: start it with --nodes 1"),
        "{ending}"
    );

    let mut other = Town::new(1);
    other.stop();
    let kept = town.data().join("n0.kept");
    town::rename(&town.node_data(0), &kept);
    town::rename(&other.node_data(0), &town.node_data(0));
    let ending = town.up().expect_err("The folder n0 is another cluster's.");
    assert_eq!(ending.code, Some(2), "{ending}");
    let file = town.newest_segment(0);
    let says = |words: &str| assert!(ending.said.contains(words), "{words}: {ending}");
    says(&format!("{} belongs to", file.display()));
    says("start with the folder of this node");

    std::fs::remove_dir_all(town.node_data(0)).unwrap();
    town::rename(&kept, &town.node_data(0));
    town.up().unwrap_or_else(|ending| panic!("With its own folder it starts: {ending}"));
}

#[test]
fn a_folder_is_used_once_at_a_time() {
    let town = Town::new(1);
    let ports = town::free_ports(1);
    let ending = town::run_to_its_end(&town.up_arguments(1, ports));
    assert_eq!(ending.code, Some(2), "{ending}");
    assert!(ending.said.contains("is in use by another process"), "{ending}");
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_left_running() {
    for offset in [10, 11] {
        // Whoever takes the ports first makes a round void, and the next one another try.
        let (taken, ending) = loop {
            let base = town::free_ports(3);
            let Ok(taken) = TcpListener::bind(("127.0.0.1", base + offset)) else { continue };
            let folder = tempfile::tempdir().unwrap();
            let ending = town::run_to_its_end(&[
                "up".to_string(),
                format!("--base-port={base}"),
                format!("--data={}", folder.path().join("data").display()),
            ]);
            let nobody = !runs_in(folder.path());
            assert!(nobody, "the nodes that could start have stopped, too");
            break (taken, ending);
        };
        assert_eq!(ending.code, Some(2), "{ending}");
        let address = taken.local_addr().unwrap().to_string();
        let (address, said) = (address.as_str(), ending.said.as_str());
        assert!(said.contains(address) && said.contains("in use"), "{address}: {ending}");
    }
}

/// Whether a process runs that was told of this folder.
fn runs_in(folder: &Path) -> bool {
    let folder = folder.display().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let commands = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    commands.map(|c| String::from_utf8_lossy(&c).into_owned()).any(|c| c.contains(&folder))
}

/// The request was refused with this code and exactly this text: clients tell errors apart by both.
#[track_caller]
fn refuses<T: std::fmt::Debug>(result: Result<T, Error>, code: i32, text: &str) {
    match result {
        Err(Error::GRpcStatus(status)) => {
            assert_eq!((status.message(), status.code() as i32), (text, code));
        }
        other => panic!("It is refused by the server, not: {other:?}"),
    }
}

//! One client of one node, over etcd's v3 protocol.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use spec::history::models::{Ask, Found, RevisionsInput, RevisionsOutput};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use wire::etcd::etcdserverpb::compare::{CompareResult, CompareTarget, TargetUnion};
use wire::etcd::etcdserverpb::kv_client::KvClient;
use wire::etcd::etcdserverpb::{
    Compare, PutRequest, RangeRequest, RangeResponse, RequestOp, ResponseHeader, TxnRequest,
    request_op, response_op,
};

/// How a request failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// There was no answer, or an error: nobody knows what became of the request.
    Unanswered(String),
    /// There was an answer that no store gives.
    Nonsense(String),
}

/// A client of one node. It connects with its first request, and again after every failure.
#[derive(Clone, Debug)]
pub struct Client {
    kv: KvClient<Channel>,
    patience: Duration,
}

impl Client {
    /// A client of the node that listens there; no request takes longer than `patience`. To be
    /// called within a Tokio runtime.
    pub fn new(node: SocketAddr, patience: Duration) -> Client {
        let endpoint = Endpoint::from_shared(format!("http://{node}"));
        let endpoint = endpoint.expect("An address makes a URI.").tcp_nodelay(true);
        Client { kv: KvClient::new(endpoint.connect_timeout(patience).connect_lazy()), patience }
    }

    /// Does what is asked, and tells the answer with the store's revision.
    ///
    /// # Errors
    /// There was no answer, or none of a store.
    pub async fn ask(&mut self, input: &RevisionsInput) -> Result<(RevisionsOutput, i64), Trouble> {
        let patience = self.patience;
        match tokio::time::timeout(patience, self.perform(input)).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::Unanswered(format!("no answer within {patience:?}"))),
        }
    }

    async fn perform(&mut self, input: &RevisionsInput) -> Result<(RevisionsOutput, i64), Trouble> {
        let key = Bytes::copy_from_slice(input.key.as_bytes());
        match input.ask {
            Ask::Get => {
                let reply = self.kv.range(get(key, 0)).await?.into_inner();
                Ok((RevisionsOutput::Found(found(&reply)?), revision(reply.header)?))
            }
            Ask::Put { value } => {
                let reply = self.kv.put(put(key, value)).await?.into_inner();
                let revision = revision(reply.header)?;
                Ok((RevisionsOutput::Written(revision), revision))
            }
            Ask::Swap { at, value } => {
                let compare = Compare {
                    result: CompareResult::Equal.into(),
                    target: CompareTarget::Mod.into(),
                    key: key.clone(),
                    target_union: Some(TargetUnion::ModRevision(at)),
                    ..Compare::default()
                };
                let txn = TxnRequest {
                    compare: vec![compare],
                    success: vec![operation(request_op::Request::RequestPut(put(
                        key.clone(),
                        value,
                    )))],
                    failure: vec![operation(request_op::Request::RequestRange(get(key, 0)))],
                };
                let reply = self.kv.txn(txn).await?.into_inner();
                let revision = revision(reply.header)?;
                let only = match &reply.responses[..] {
                    [only] => only.response.as_ref(),
                    _ => None,
                };
                match (reply.succeeded, only) {
                    (true, Some(response_op::Response::ResponsePut(_))) => {
                        Ok((RevisionsOutput::Written(revision), revision))
                    }
                    (false, Some(response_op::Response::ResponseRange(got))) => {
                        Ok((RevisionsOutput::Found(found(got)?), revision))
                    }
                    _ => Err(nonsense("a swap puts or gets, once", &reply.responses)),
                }
            }
        }
    }

    /// What stood at each of these keys at that revision of the store, read all at once.
    ///
    /// # Errors
    /// As of [`Client::ask`].
    pub async fn look_back(&mut self, at: &[(&str, i64)]) -> Result<Vec<Found>, Trouble> {
        let gets = at.iter().map(|(key, revision)| {
            let key = Bytes::copy_from_slice(key.as_bytes());
            operation(request_op::Request::RequestRange(get(key, *revision)))
        });
        let txn = TxnRequest { success: gets.collect(), ..TxnRequest::default() };
        let reply = tokio::time::timeout(self.patience, self.kv.txn(txn)).await;
        let late = |_| Trouble::Unanswered(format!("no answer within {:?}", self.patience));
        let responses = reply.map_err(late)??.into_inner().responses;
        if responses.len() != at.len() {
            return Err(nonsense("as many answers as there are reads", &responses.len()));
        }
        let got = responses.into_iter().map(|response| match response.response {
            Some(response_op::Response::ResponseRange(got)) => found(&got),
            other => Err(nonsense("a get only gets", &other)),
        });
        got.collect()
    }
}

impl From<Status> for Trouble {
    fn from(status: Status) -> Trouble {
        let words = format!("{:?}: {}", status.code(), status.message());
        match status.code() {
            // The only revisions that are asked for are those that the store itself had told.
            Code::OutOfRange => Trouble::Nonsense(words),
            _ => Trouble::Unanswered(words),
        }
    }
}

fn nonsense(rule: &str, answer: &impl std::fmt::Debug) -> Trouble {
    Trouble::Nonsense(format!("{rule}: {answer:?}"))
}

fn get(key: Bytes, revision: i64) -> RangeRequest {
    RangeRequest { key, revision, ..RangeRequest::default() }
}

fn put(key: Bytes, value: i64) -> PutRequest {
    PutRequest { key, value: value.to_string().into(), ..PutRequest::default() }
}

fn operation(request: request_op::Request) -> RequestOp {
    RequestOp { request: Some(request) }
}

fn revision(header: Option<ResponseHeader>) -> Result<i64, Trouble> {
    header
        .map(|header| header.revision)
        .ok_or_else(|| nonsense("every reply has a header", &header))
}

fn found(got: &RangeResponse) -> Result<Found, Trouble> {
    let Some(kv) = got.kvs.first() else { return Ok(None) };
    let value = std::str::from_utf8(&kv.value).ok().and_then(|value| value.parse().ok());
    let value = value.ok_or_else(|| nonsense("only numbers are written", &kv.value))?;
    Ok(Some((value, kv.mod_revision)))
}

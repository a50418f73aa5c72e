//! From replies to responses.

use machine::etcd::{
    DeleteRangeReply, KeyValue, OperationReply, PutReply, RangeReply, Reply, TxnReply,
};

use super::Error;
use super::{etcdserverpb as pb, mvccpb};

/// Who answers: the head of every response, but for the revision, which the reply knows.
///
/// The answers to the operations of a transaction have a head with nothing but the revision, as in
/// etcd.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// The cluster.
    pub cluster_id: u64,
    /// The node that answers.
    pub member_id: u64,
    /// The term in which it does.
    pub raft_term: u64,
}

impl Header {
    /// The head of a response as of a revision of the store; 0 for what has nothing to do with it.
    pub fn at(self, revision: i64) -> pb::ResponseHeader {
        let Self { cluster_id, member_id, raft_term } = self;
        pb::ResponseHeader { cluster_id, member_id, revision, raft_term }
    }

    /// The response to a range request.
    ///
    /// # Errors
    /// The refusal, if the reply is one.
    pub fn range(self, reply: Reply) -> Result<pb::RangeResponse, Error> {
        match reply {
            Reply::Range(reply) => Ok(range_of(self.at(reply.revision), reply)),
            other => Err(refusal(other)),
        }
    }

    /// The response to a put request.
    ///
    /// # Errors
    /// The refusal, if the reply is one.
    pub fn put(self, reply: Reply) -> Result<pb::PutResponse, Error> {
        match reply {
            Reply::Put(reply) => Ok(put_of(self.at(reply.revision), reply)),
            other => Err(refusal(other)),
        }
    }

    /// The response to a delete request.
    ///
    /// # Errors
    /// The refusal, if the reply is one.
    pub fn delete_range(self, reply: Reply) -> Result<pb::DeleteRangeResponse, Error> {
        match reply {
            Reply::DeleteRange(reply) => Ok(delete_of(self.at(reply.revision), reply)),
            other => Err(refusal(other)),
        }
    }

    /// The response to a transaction request.
    ///
    /// # Errors
    /// The refusal, if the reply is one.
    pub fn txn(self, reply: Reply) -> Result<pb::TxnResponse, Error> {
        match reply {
            Reply::Txn(reply) => Ok(txn_of(self.at(reply.revision), reply)),
            other => Err(refusal(other)),
        }
    }

    /// The response to a compaction request.
    ///
    /// # Errors
    /// The refusal, if the reply is one.
    pub fn compaction(self, reply: Reply) -> Result<pb::CompactionResponse, Error> {
        match reply {
            Reply::Compact(revision) => {
                Ok(pb::CompactionResponse { header: Some(self.at(revision)) })
            }
            other => Err(refusal(other)),
        }
    }
}

fn refusal(reply: Reply) -> Error {
    match reply {
        Reply::Refused(error) => error.into(),
        _ => Error::UnexpectedReply,
    }
}

fn range_of(header: pb::ResponseHeader, reply: RangeReply) -> pb::RangeResponse {
    let RangeReply { kvs, more, count, .. } = reply;
    pb::RangeResponse { header: Some(header), kvs: kvs_of(kvs), more, count }
}

fn put_of(header: pb::ResponseHeader, reply: PutReply) -> pb::PutResponse {
    pb::PutResponse { header: Some(header), prev_kv: reply.prev_kv.map(kv_of) }
}

fn delete_of(header: pb::ResponseHeader, reply: DeleteRangeReply) -> pb::DeleteRangeResponse {
    let DeleteRangeReply { deleted, prev_kvs, .. } = reply;
    pb::DeleteRangeResponse { header: Some(header), deleted, prev_kvs: kvs_of(prev_kvs) }
}

fn txn_of(header: pb::ResponseHeader, reply: TxnReply) -> pb::TxnResponse {
    let responses = reply.responses.into_iter().map(operation_of).collect();
    pb::TxnResponse { header: Some(header), succeeded: reply.succeeded, responses }
}

fn operation_of(reply: OperationReply) -> pb::ResponseOp {
    use pb::response_op::Response;
    let at = |revision| Header::default().at(revision);
    let response = match reply {
        OperationReply::Range(reply) => {
            Response::ResponseRange(range_of(at(reply.revision), reply))
        }
        OperationReply::Put(reply) => Response::ResponsePut(put_of(at(reply.revision), reply)),
        OperationReply::DeleteRange(reply) => {
            Response::ResponseDeleteRange(delete_of(at(reply.revision), reply))
        }
        OperationReply::Txn(reply) => Response::ResponseTxn(txn_of(at(reply.revision), reply)),
    };
    pb::ResponseOp { response: Some(response) }
}

fn kvs_of(kvs: Vec<KeyValue>) -> Vec<mvccpb::KeyValue> {
    kvs.into_iter().map(kv_of).collect()
}

fn kv_of(kv: KeyValue) -> mvccpb::KeyValue {
    let KeyValue { key, value, create_revision, mod_revision, version, lease } = kv;
    mvccpb::KeyValue { key, create_revision, mod_revision, version, value, lease }
}

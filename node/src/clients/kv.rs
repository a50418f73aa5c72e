//! etcd's KV service.

use tonic::{Request, Response, Status};
use wire::etcd::etcdserverpb::kv_server::Kv;
use wire::etcd::etcdserverpb::{
    CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse, PutRequest,
    PutResponse, RangeRequest, RangeResponse, TxnRequest, TxnResponse,
};
use wire::etcd::{Request as Parsed, compaction, delete_range, put, range, txn};

use super::Front;

#[tonic::async_trait]
impl Kv for Front {
    async fn range(
        &self,
        request: Request<RangeRequest>,
    ) -> Result<Response<RangeResponse>, Status> {
        let reply = self.query(range(request.into_inner())?).await?;
        Ok(Response::new(self.header().range(reply)?))
    }

    async fn put(&self, request: Request<PutRequest>) -> Result<Response<PutResponse>, Status> {
        let reply = self.update(put(request.into_inner())?).await?;
        Ok(Response::new(self.header().put(reply)?))
    }

    async fn delete_range(
        &self,
        request: Request<DeleteRangeRequest>,
    ) -> Result<Response<DeleteRangeResponse>, Status> {
        let reply = self.update(delete_range(request.into_inner())?).await?;
        Ok(Response::new(self.header().delete_range(reply)?))
    }

    async fn txn(&self, request: Request<TxnRequest>) -> Result<Response<TxnResponse>, Status> {
        let reply = match txn(request.into_inner())? {
            Parsed::Command(command) => self.update(command).await?,
            Parsed::Query(query) => self.query(query).await?,
        };
        Ok(Response::new(self.header().txn(reply)?))
    }

    async fn compact(
        &self,
        request: Request<CompactionRequest>,
    ) -> Result<Response<CompactionResponse>, Status> {
        let reply = self.update(compaction(request.into_inner())).await?;
        Ok(Response::new(self.header().compaction(reply)?))
    }
}

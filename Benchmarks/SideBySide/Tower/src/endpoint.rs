use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::client::HttpConnector;
use hyper::{Body, Client, Request, StatusCode, Uri};
use tower::Service;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One backend: a call is a GET whose status is 200 and whose body was read.
pub struct Endpoint {
    client: Client<HttpConnector>,
    uri: Uri,
}

impl Endpoint {
    pub fn new(client: Client<HttpConnector>, address: &str, path: &str) -> Result<Self, Failure> {
        Ok(Self { client, uri: format!("http://{address}{path}").parse()? })
    }
}

impl Service<()> for Endpoint {
    type Response = ();
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

    /// hyper's pool opens as many connections as there are calls.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: ()) -> Self::Future {
        let client = self.client.clone();
        let uri = self.uri.clone();
        Box::pin(async move {
            let response = client.request(Request::get(uri).body(Body::empty())?).await?;
            let status = response.status();
            hyper::body::to_bytes(response.into_body()).await?;
            if status == StatusCode::OK {
                Ok(())
            } else {
                Err(format!("status {status}").into())
            }
        })
    }
}

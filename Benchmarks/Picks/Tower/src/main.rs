//! What a pick costs in tower: P2C with peak EWMA over endpoints that answer at once, on one thread.
//!
//! `picks-tower` prints a row of nanoseconds for 3, 100, 1,000 and 10,000 endpoints: ready, call, and the end of the call,
//! which is when its load is measured. Medians of nine runs of 50 ms after two that do not count.

use std::future::{ready, Ready};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PeakEwma};
use tower::{Service, ServiceExt};

#[derive(Clone)]
struct Endpoint;

impl Service<()> for Endpoint {
    type Response = u64;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<u64, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: ()) -> Self::Future {
        ready(Ok(1))
    }
}

async fn nanoseconds(count: usize) -> f64 {
    let decay_ns = Duration::from_secs(10).as_nanos() as f64;
    let endpoints = (0..count)
        .map(|_| PeakEwma::new(Endpoint, Duration::from_millis(30), decay_ns, CompleteOnResponse::default()))
        .collect::<Vec<_>>();
    let mut balance = Balance::new(ServiceList::new::<()>(endpoints));
    let mut runs = Vec::new();
    let mut sum = 0;
    for run in 0..11 {
        let began = Instant::now();
        let mut calls = 0u32;
        let elapsed = loop {
            for _ in 0..64 {
                sum += balance.ready().await.expect("an endpoint").call(()).await.expect("an answer");
            }
            calls += 64;
            let elapsed = began.elapsed();
            if elapsed > Duration::from_millis(50) {
                break elapsed;
            }
        };
        if run >= 2 {
            runs.push(elapsed.as_nanos() as f64 / f64::from(calls));
        }
    }
    assert!(sum > 0);
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut row = Vec::new();
    for count in [3, 100, 1000, 10_000] {
        row.push(format!("{:.0}", nanoseconds(count).await));
    }
    println!("| tower, P2C with peak EWMA | {} |", row.join(" | "));
}

//! `sidebyside-tower HOST:PORT,... IN_FLIGHT SECONDS PATH`
//!
//! tower's P2C balancer with peak EWMA over hyper, in the same closed loop as the Swift clients, printing the same JSON.

mod endpoint;
mod measurement;
mod usage;

use std::time::{Duration, Instant};

use endpoint::{Endpoint, Failure};
use hyper::Client;
use measurement::Measurement;
use tower::balance::p2c::Balance;
use tower::buffer::Buffer;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PeakEwma};
use tower::{Service, ServiceExt};
use usage::ProcessUsage;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [addresses, in_flight, seconds, path] = &arguments[..] else {
        return Err("usage: sidebyside-tower HOST:PORT,... IN_FLIGHT SECONDS PATH".into());
    };
    let in_flight: usize = in_flight.parse()?;
    let seconds: f64 = seconds.parse()?;

    let client = Client::new();
    // Linkerd's figures: an endpoint that has not answered yet counts as one of 30 ms, and a peak decays in 10 s.
    let endpoints: Vec<_> = addresses
        .split(',')
        .map(|address| {
            let endpoint = Endpoint::new(client.clone(), address, path)?;
            let decay_ns = Duration::from_secs(10).as_nanos() as f64;
            Ok(PeakEwma::new(endpoint, Duration::from_millis(30), decay_ns, CompleteOnResponse::default()))
        })
        .collect::<Result<_, Failure>>()?;
    // A balancer cannot be cloned: `Buffer` is how tower shares one between tasks.
    let service = Buffer::new(Balance::new(ServiceList::new::<()>(endpoints)), in_flight);

    // Connections open and caches fill before the clock starts.
    closed_loop(&service, in_flight, Duration::from_secs_f64(seconds.min(0.5))).await?;

    let before = ProcessUsage::current();
    let began = Instant::now();
    let latencies = closed_loop(&service, in_flight, Duration::from_secs_f64(seconds)).await?;
    let elapsed = began.elapsed();
    let after = ProcessUsage::current();
    println!("{}", Measurement::new(latencies, elapsed, before, after));
    Ok(())
}

/// A constant number of calls under way for this long; every latency, in no order.
async fn closed_loop<S>(service: &S, in_flight: usize, duration: Duration) -> Result<Vec<Duration>, Failure>
where
    S: Service<(), Response = (), Error = Failure> + Clone + Send + 'static,
    S::Future: Send,
{
    let end = Instant::now() + duration;
    let workers: Vec<_> = (0..in_flight)
        .map(|_| tokio::spawn(work(service.clone(), end)))
        .collect();
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.append(&mut worker.await??);
    }
    Ok(latencies)
}

async fn work<S>(mut service: S, end: Instant) -> Result<Vec<Duration>, Failure>
where
    S: Service<(), Response = (), Error = Failure>,
{
    let mut latencies = Vec::with_capacity(1 << 14);
    let mut began = Instant::now();
    while began < end {
        service.ready().await?.call(()).await?;
        let ended = Instant::now();
        latencies.push(ended - began);
        began = ended;
    }
    Ok(latencies)
}

use std::fmt;
use std::time::Duration;

use crate::usage::ProcessUsage;

/// Prints itself as the JSON that the runner reads.
pub struct Measurement {
    rps: f64,
    p50_us: f64,
    p99_us: f64,
    cpu_us_per_request: f64,
    rss_mb: f64,
}

impl Measurement {
    pub fn new(mut latencies: Vec<Duration>, elapsed: Duration, before: ProcessUsage, after: ProcessUsage) -> Self {
        latencies.sort_unstable();
        let count = latencies.len() as f64;
        Self {
            rps: count / elapsed.as_secs_f64(),
            p50_us: percentile(&latencies, 0.5),
            p99_us: percentile(&latencies, 0.99),
            cpu_us_per_request: (after.cpu - before.cpu).as_secs_f64() * 1e6 / count,
            rss_mb: after.peak_resident_bytes as f64 / 1_048_576.0,
        }
    }
}

/// The value below which this share of a sorted list lies (nearest rank), in microseconds.
fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.max(1) - 1)
        .map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
}

impl fmt::Display for Measurement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            r#"{{"rps":{},"p50Us":{},"p99Us":{},"cpuUsPerRequest":{},"rssMb":{}}}"#,
            self.rps, self.p50_us, self.p99_us, self.cpu_us_per_request, self.rss_mb
        )
    }
}

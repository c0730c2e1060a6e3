use std::time::Duration;

/// What this process has used of the machine so far.
#[derive(Clone, Copy)]
pub struct ProcessUsage {
    /// Processor time, user and system.
    pub cpu: Duration,
    /// The largest resident set.
    pub peak_resident_bytes: u64,
}

impl ProcessUsage {
    pub fn current() -> Self {
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: `getrusage` writes the whole structure, and all zeros is a valid one if it fails.
        let usage = unsafe {
            libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
            usage.assume_init()
        };
        Self {
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            peak_resident_bytes: peak_resident_bytes(&usage),
        }
    }
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
}

/// On Linux `ru_maxrss` would include what the parent process used when it spawned this one.
fn peak_resident_bytes(usage: &libc::rusage) -> u64 {
    let of_status = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    match of_status {
        Some(kibibytes) => kibibytes * 1024,
        None => usage.ru_maxrss as u64,
    }
}

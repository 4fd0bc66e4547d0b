//! What is measured of a process, and how several runs become one figure.

use std::fs;
use std::path::Path;
use std::time::Instant;

/// Bytes of a mebibyte.
const MIB: f64 = 1_048_576.0;

/// Runs something; answers its result and the seconds it took.
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let result = run();
    (result, began.elapsed().as_secs_f64())
}

/// The most memory this process has had resident since the last [`forget_peak`], in MiB: `VmHWM`
/// of proc(5).
pub(crate) fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux with /proc");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    let kib: f64 = kib.and_then(|kib| kib.parse().ok()).expect("VmHWM in kB");
    kib / 1_024.0
}

/// Lets the peak begin anew at what is resident now: `clear_refs` of proc(5).
pub(crate) fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("a Linux with /proc");
}

/// What the files at or below a path take, in MiB.
pub(crate) fn disk_mib(path: &Path) -> f64 {
    disk_bytes(path) as f64 / MIB
}

fn disk_bytes(path: &Path) -> u64 {
    let of = fs::metadata(path).expect("a path that exists");
    if !of.is_dir() {
        return of.len();
    }
    let entries = fs::read_dir(path).expect("a readable directory");
    entries.map(|entry| disk_bytes(&entry.expect("a readable directory").path())).sum()
}

/// The figure in the middle; of an even number the upper one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    quantile(&mut figures, 0.5)
}

/// The figure below which the given share of them lies; sorts them.
pub(crate) fn quantile(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    let place = (figures.len() as f64 * share) as usize;
    figures[place.min(figures.len() - 1)]
}

//! What we promised: the checks of this workspace that the compiler does not make.

mod bench;
mod rust;
mod tidy;

use std::{env, path::Path, process::ExitCode};

const USAGE: &str = "\
Usage: cargo xtask <verb>

Verbs:
  bench [--full] [pricing|log|lanes|import|settle|pay|peer|pings|dispatch]…
          measure, and print the tables of docs/benchmarks.md; --full imports up to 30 million
          events instead of 3
  tidy    hold every file to STYLE.md and the layers of ARCHITECTURE.md; exit 1 on a finding
";

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("bench") => bench_workspace(),
        Some("tidy") => tidy_workspace(),
        Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn bench_workspace() -> ExitCode {
    let words: Vec<String> = env::args().skip(2).collect();
    match bench::run(&workspace_root(), &words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tidy_workspace() -> ExitCode {
    match tidy::check(&workspace_root()) {
        Ok(report) => {
            print!("{report}");
            if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("cargo xtask tidy: {error}");
            ExitCode::from(2)
        }
    }
}

fn workspace_root() -> std::path::PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

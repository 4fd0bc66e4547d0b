//! Makes a table of the files of the pages, for `api::web` to serve; empty where none are built.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Always there, so that building the page later is noticed; what is built is in `site`.
const DIST: &str = "../../web/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DIST}");
    let root = Path::new(DIST).join("site");
    let mut files = Vec::new();
    if root.join("index.html").exists() {
        collect(&root.canonicalize()?, &mut files)?;
    }
    files.sort();
    let mut table = String::from("static FILES: &[WebFile] = &[\n");
    for file in files.iter().filter(|file| file.extension().is_none_or(|ending| ending != "gz")) {
        table.push_str(&entry(&root.canonicalize()?, file));
    }
    table.push_str("];\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("web_files.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// One line of the table; where the build has packed a file, only the packed one is taken in.
fn entry(root: &Path, file: &Path) -> String {
    let packed = PathBuf::from(format!("{}.gz", file.display()));
    let is_packed = packed.exists();
    let content = if is_packed { &packed } else { file };
    let path = file.strip_prefix(root).unwrap_or(file);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let is_immutable = parts.first().is_some_and(|first| first == "assets");
    let mut line = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(
        line,
        "WebFile {{ path: {:?}, content_type: {:?}, is_immutable: {is_immutable}, \
         is_packed: {is_packed}, content: include_bytes!({:?}) }},",
        format!("/{}", parts.join("/")),
        content_type(file),
        content.display().to_string(),
    );
    line
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

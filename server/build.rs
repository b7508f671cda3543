//! Takes the widget's scripts into the server, for the hosted page, together with what they are compressed: `cargo xtask package`
//! makes them. Without them the server is built all the same, and its pages stay plain.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// What the server has of the package: for its own pages, and for pages with a script tag. They name each other by their names, so
/// they stay side by side.
const SCRIPTS: [&str; 4] = ["embed.js", "opening.js", "engine.js", "hub.js"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut table = String::from("[\n");
    let mut complete = true;
    for name in SCRIPTS {
        let source = Path::new("../pkg").join(name);
        println!("cargo::rerun-if-changed={}", source.display());
        let script = fs::read_to_string(source).unwrap_or_default();
        complete &= !script.is_empty();
        // Its map is in the package, not here.
        let script = script.split("\n//# sourceMappingURL=").next().unwrap_or_default().as_bytes();
        for (suffix, content) in [("", script), (".br", &brotli(script)), (".gz", &gzip(script))] {
            fs::write(Path::new(&out).join(format!("{name}{suffix}")), content)
                .expect("OUT_DIR can be written");
        }
        let include =
            |suffix: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}{suffix}\"))");
        let (content, brotli, gzip) = (include(""), include(".br"), include(".gz"));
        writeln!(
            table,
            "PackageScript {{ name: {name:?}, content: {content}, brotli: {brotli}, gzip: {gzip} }},"
        )
        .expect("a text can be written");
    }
    let table = if complete { table + "]" } else { "[]".into() };
    fs::write(Path::new(&out).join("scripts.rs"), table).expect("OUT_DIR can be written");
}

fn brotli(script: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let best = BrotliEncoderParams { quality: 11, lgwin: 18, size_hint: script.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*script, &mut compressed, &best).expect("memory can be read and written");
    compressed
}

fn gzip(script: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(script).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

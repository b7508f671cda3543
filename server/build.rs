//! Takes the widget's engine into the server, for the hosted page, together with what it is compressed: `cargo xtask package`
//! makes it. Without it the server is built all the same, and its pages stay plain.

use std::io::Write;
use std::path::Path;
use std::{env, fs};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

fn main() {
    let source = Path::new("../pkg/engine.js");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", source.display());
    let script = fs::read_to_string(source).unwrap_or_default();
    // Its map is in the package, not here.
    let script = script.split("\n//# sourceMappingURL=").next().unwrap_or_default().as_bytes();
    let (mut brotli, mut gzip) = (Vec::new(), Vec::new());
    if !script.is_empty() {
        let best =
            BrotliEncoderParams { quality: 11, lgwin: 18, size_hint: script.len(), ..Default::default() };
        brotli::BrotliCompress(&mut &*script, &mut brotli, &best).expect("memory can be read and written");
        let mut encoder = GzEncoder::new(&mut gzip, Compression::best());
        encoder.write_all(script).and_then(|()| encoder.try_finish()).expect("memory can be written");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for (name, content) in [("engine.js", script), ("engine.js.br", &brotli), ("engine.js.gz", &gzip)] {
        fs::write(Path::new(&out).join(name), content).expect("OUT_DIR can be written");
    }
}

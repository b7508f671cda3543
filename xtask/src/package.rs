//! `cargo xtask package`: the npm package, from Rust and TypeScript to pkg/.

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command::{self, Stream};
use crate::lto;
use crate::node;
use crate::setup;
use crate::stamp;
use crate::step::Step;
use crate::toolchain::TARGET;
use crate::wasm;
use crate::workspace;

/// Build the npm package into pkg/
///
/// The widget is compiled by wasm-pack with the profile `widget`, optimised by the pinned wasm-opt, deflated and, together
/// with its minified glue, put into one lazily loaded chunk beside the facade. Beside it comes the tarball, ready for
/// `npm publish`. Fails if link-time optimisation was off, or if
/// the finished scripts hold what a strict content security policy forbids.
#[derive(Args)]
pub struct Options {
    /// Build even if pkg/ is up to date
    #[arg(long)]
    force: bool,
    /// The repository the package is published from, such as `https://github.com/acme/farewell`: npm holds a provenance statement
    /// against it
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
}

/// The linker reserves 1 MiB for the stack by default. The shipped widget is content with 32 KiB, and starts with one page of
/// memory instead of seventeen; its tests, unoptimised, are not.
///
/// A panic traps at once instead of writing a message that nobody would read: together with the standard library built the
/// same way, this takes a fifth off the module. Both are unstable in rustc 1.95, hence RUSTC_BOOTSTRAP in [`wasm_pack`].
const LINKED: &str = "-Clink-arg=-zstack-size=32768 -Zunstable-options -Cpanic=immediate-abort";

/// The features of the module are named one by one, so that other tools can read the file. `-all` would switch on some that
/// browsers lack.
///
/// Bringing the code into its flat form and back, twice, finds what one run of `-Oz` does not: 0.2 kB as shipped.
const WASM_OPT: [&str; 20] = [
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--low-memory-unused",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-call-indirect-overlong",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

/// What breaks under a strict policy or in somebody's bundler, and may not be in a shipped script.
const FORBIDDEN: [&str; 4] = ["new Function", "eval(", "import.meta", "innerHTML"];

/// Runs the command.
pub fn main(options: &Options) -> Result<()> {
    setup::build()?;
    if options.force {
        fs::remove_file(Parts::new()?.stamp).ok();
    }
    build()?;
    tarball(options.repository.as_deref())?;
    for file in stamp::files(&workspace::pkg())? {
        let bytes = fs::metadata(&file).map_or(0, |metadata| metadata.len());
        println!("{bytes:>9}  {}", workspace::short(&file));
    }
    Ok(())
}

/// The package as it is published and installed.
fn tarball(repository: Option<&str>) -> Result<()> {
    let folder = workspace::target()?.join("package/tarball");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for old in stamp::files(&folder)? {
        fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
    }
    let mut pack = node::script(&workspace::root().join("xtask/tarball.mjs"));
    pack.arg("--pkg").arg(workspace::pkg()).arg("--out").arg(&folder);
    if let Some(repository) = repository {
        pack.arg("--repository").arg(repository);
    }
    command::run(&mut pack).context("the package could not be packed")
}

/// Makes sure that pkg/ is what the sources give. Does nothing, in milliseconds, if it is already.
pub fn build() -> Result<()> {
    let parts = Parts::new()?;
    let inputs = parts.inputs()?;
    if fs::read_to_string(&parts.stamp)
        .is_ok_and(|stamp| parts.current(inputs).is_ok_and(|current| stamp == current))
    {
        println!("==> pkg/ is up to date");
        return Ok(());
    }
    fs::remove_file(&parts.stamp).ok();
    fs::create_dir_all(&parts.folder).with_context(|| format!("cannot create {}", parts.folder.display()))?;

    let step = Step::begin("package: compiling the widget");
    compile(&parts)?;
    step.done();
    let step = Step::begin("package: optimising, deflating, bundling");
    optimise(&parts)?;
    deflate(&parts)?;
    assemble(&parts)?;
    check(&parts.staged)?;
    publish(&parts.staged)?;
    fs::write(&parts.stamp, parts.current(inputs)?)
        .with_context(|| format!("cannot write {}", parts.stamp.display()))?;
    step.done();
    Ok(())
}

/// What packaging leaves behind in the target directory, step by step.
pub struct Parts {
    folder: PathBuf,
    /// The module as rustc wrote it.
    compiled: PathBuf,
    /// A copy of it, made when it was proved to have been linked with LTO.
    proved: PathBuf,
    /// What wasm-bindgen made of it: the module and its glue.
    bindgen: PathBuf,
    /// The module as it is shipped.
    pub module: PathBuf,
    /// What became of the names of its imports and exports, as wasm-opt tells it.
    names: PathBuf,
    deflated: PathBuf,
    /// The glue alone, minified, for measurements.
    pub glue: PathBuf,
    staged: PathBuf,
    stamp: PathBuf,
}

impl Parts {
    /// Names the places; nothing is created.
    pub fn new() -> Result<Parts> {
        let target = workspace::target()?;
        let folder = target.join("package");
        Ok(Parts {
            compiled: target.join(TARGET).join("widget/farewell.wasm"),
            proved: folder.join("proved-lto.wasm"),
            bindgen: folder.join("bindgen"),
            module: folder.join("farewell.wasm"),
            names: folder.join("names.json"),
            deflated: folder.join("farewell.wasm.zlib"),
            glue: folder.join("glue.min.js"),
            staged: folder.join("pkg"),
            stamp: folder.join("stamp"),
            folder,
        })
    }

    /// A fingerprint of everything that packaging reads.
    fn inputs(&self) -> Result<u64> {
        let root = workspace::root();
        let places = [
            "Cargo.toml",
            "Cargo.lock",
            ".cargo",
            "src",
            "flow",
            "pkg-template",
            "xtask",
            "package-lock.json",
            "LICENSE-APACHE",
            "LICENSE-MIT",
        ];
        stamp::fingerprint(&places.map(|place| root.join(place)))
    }

    /// What the stamp of a package made from these inputs holds: inputs, compiler and the package itself.
    fn current(&self, inputs: u64) -> Result<String> {
        let compiler = command::read(Command::new("rustc").arg("-vV").current_dir(workspace::root()))?;
        Ok(format!("{inputs:016x} {:016x}\n{compiler}", stamp::fingerprint(&[workspace::pkg()])?))
    }
}

/// Rust to wasm and glue, by wasm-pack, with the proof of LTO.
fn compile(parts: &Parts) -> Result<()> {
    lto::only_cdylib()?;
    let said = wasm_pack(parts)?;
    if lto::judge(said, &parts.compiled, &parts.proved)? {
        return Ok(());
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["clean", "--quiet", "--profile=widget", "--package=farewell", "--target", TARGET]);
    command::run(cargo.current_dir(workspace::root()))?;
    let said = wasm_pack(parts)?;
    if !lto::judge(said, &parts.compiled, &parts.proved)? {
        bail!(
            "cargo does not show how it compiles the widget, so that nobody can say if link-time optimisation was on"
        );
    }
    Ok(())
}

fn wasm_pack(parts: &Parts) -> Result<Option<lto::Linked>> {
    let mut pack = wasm::pack()?;
    pack.args(["--log-level=warn", "build", "--target=web", "--mode=no-install", "--profile=widget"])
        .args(["--no-pack", "--no-opt", "--no-typescript", "--out-name=farewell", "--out-dir"])
        .arg(&parts.bindgen)
        .args([".", "-v", "--no-default-features", "-Zbuild-std=std,panic_abort", "-Zbuild-std-features="])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", LINKED)
        .env("CARGO_TERM_COLOR", "never");
    let mut said = None;
    command::run_watched(&mut pack, Stream::Error, |line| {
        said = lto::read_line(line).or(said);
        let first = line.split_whitespace().next().unwrap_or_default();
        if !["Running", "Fresh", "Dirty"].contains(&first) {
            eprintln!("{line}");
        }
    })
    .context("the widget could not be built")?;
    Ok(said)
}

/// The wasm of wasm-bindgen to the wasm that is shipped.
fn optimise(parts: &Parts) -> Result<()> {
    let mut opt = Command::new(node::module("binaryen/bin/wasm-opt"));
    opt.args(WASM_OPT).arg(parts.bindgen.join("farewell_bg.wasm")).arg("-o").arg(&parts.module);
    command::run(&mut opt).context("wasm-opt, of the npm package binaryen, could not optimise the widget")?;
    // The names that module and glue know each other by are long, and stand in both.
    let mut opt = Command::new(node::module("binaryen/bin/wasm-opt"));
    opt.args(WASM_OPT.iter().filter(|option| option.starts_with("--enable-")));
    opt.arg("--minify-imports-and-exports-and-modules");
    opt.arg(&parts.module).arg("-o").arg(&parts.module);
    let names =
        command::read(&mut opt).context("wasm-opt could not shorten the names of the widget's imports")?;
    fs::write(&parts.names, names).with_context(|| format!("cannot write {}", parts.names.display()))
}

/// The shipped module to what `DecompressionStream("deflate")` reads.
fn deflate(parts: &Parts) -> Result<()> {
    let module =
        fs::read(&parts.module).with_context(|| format!("cannot read {}", parts.module.display()))?;
    let mut deflated = Vec::new();
    let patient =
        zopfli::Options { iteration_count: NonZeroU64::new(300).context("not 0")?, ..Default::default() };
    zopfli::compress(patient, zopfli::Format::Zlib, module.as_slice(), &mut deflated)
        .context("cannot deflate the widget")?;
    fs::write(&parts.deflated, deflated).with_context(|| format!("cannot write {}", parts.deflated.display()))
}

/// Everything that is shipped, in a folder of its own.
fn assemble(parts: &Parts) -> Result<()> {
    let root = workspace::root();
    if parts.staged.exists() {
        fs::remove_dir_all(&parts.staged)
            .with_context(|| format!("cannot empty {}", parts.staged.display()))?;
    }
    fs::create_dir_all(&parts.staged).with_context(|| format!("cannot create {}", parts.staged.display()))?;
    let template = root.join("pkg-template");
    let copies = [
        parts.module.clone(),
        template.join("README.md"),
        template.join("index.d.ts"),
        template.join("headless.d.ts"),
        template.join("react.d.ts"),
        template.join("element.d.ts"),
        template.join("slim.d.ts"),
        root.join("LICENSE-APACHE"),
        root.join("LICENSE-MIT"),
    ];
    for from in &copies {
        let to = parts.staged.join(from.file_name().unwrap_or_default());
        fs::copy(from, to)
            .with_context(|| format!("cannot copy {} into the package", workspace::short(from)))?;
    }
    let mut bundle = node::script(&root.join("xtask/bundle.mjs"));
    bundle.arg("--template").arg(&template);
    bundle.arg("--glue").arg(parts.bindgen.join("farewell.js"));
    bundle.arg("--glue-alone").arg(&parts.glue);
    bundle.arg("--names").arg(&parts.names);
    bundle.arg("--wasm").arg(&parts.deflated);
    bundle.arg("--out").arg(&parts.staged);
    bundle.args(["--version", env!("CARGO_PKG_VERSION")]);
    command::run(&mut bundle).context("the scripts of the package could not be bundled")
}

/// Nothing forbidden in any script.
fn check(folder: &Path) -> Result<()> {
    for file in stamp::files(folder)? {
        if file.extension().is_none_or(|extension| extension != "js" && extension != "cjs") {
            continue;
        }
        let script = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        if let Some(found) = FORBIDDEN.iter().find(|word| script.contains(**word)) {
            bail!("{} holds `{found}`, {}", workspace::short(&file), why(found));
        }
    }
    Ok(())
}

fn why(found: &str) -> &'static str {
    match found {
        "import.meta" => {
            "which makes some bundlers emit the wasm twice and others fail: Cargo.toml needs `omit-default-module-path = true` \
             in [package.metadata.wasm-pack.profile.custom.wasm-bindgen], and our scripts must do without"
        }
        "innerHTML" => {
            "which the policy `require-trusted-types-for 'script'` forbids: build elements and text nodes"
        }
        _ => "which a content security policy without 'unsafe-eval' forbids",
    }
}

/// The staged folder becomes pkg/.
fn publish(staged: &Path) -> Result<()> {
    let pkg = workspace::pkg();
    fs::create_dir_all(&pkg).with_context(|| format!("cannot create {}", pkg.display()))?;
    for old in stamp::files(&pkg)? {
        fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
    }
    for file in stamp::files(staged)? {
        let to = pkg.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &to).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_with_a_forbidden_word_is_refused_and_the_word_is_named() {
        let folder = std::env::temp_dir().join(format!("xtask-package-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("notes.md"), "new Function is fine here").unwrap();
        fs::write(folder.join("index.js"), "export const ok = 1").unwrap();
        assert!(check(&folder).is_ok());
        fs::write(folder.join("engine.js"), "x.innerHTML = y").unwrap();
        let error = check(&folder).unwrap_err().to_string();
        fs::remove_dir_all(&folder).unwrap();
        assert!(error.contains("engine.js holds `innerHTML`"), "{error}");
    }
}

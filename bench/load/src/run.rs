//! The whole run: the stage is set, everything is started and measured in turn, and the stage is cleared.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::commits::Commits;
use crate::customers::Merchant;
use crate::load::{Kind, Visitor, load};
use crate::plan::Plan;
use crate::program::{Program, free_port};
use crate::report::Report;
use crate::soak::soak;
use crate::statistic::Sample;
use crate::way::{Acting, Creating, Opening, Reading, lock};

/// Asked of both programs to see whether they are there.
const HEALTH: &str = "/api/health";

/// Measures everything a plan wants, and says what it came to.
pub async fn run(plan: &Plan) -> Result<()> {
    let stage = Stage::set(plan)?;
    let mut report = Report { starts_ms: stage.starts().await?, ..Report::default() };
    let server = stage.server().await?;
    let bare = stage.bare().await?;
    let mut commits = None;
    for round in 0..=plan.rounds {
        // Round 0 is not counted: files are cold, and the commit loop has no sessions yet.
        if round > 0 {
            println!("==> round {round} of {}", plan.rounds);
        } else {
            println!("==> a round that is not counted");
        }
        let done = stage.round(&server, &bare, &mut commits).await?;
        if round > 0 {
            done.into_iter().zip(series(&mut report)).for_each(|(sample, series)| series.push(sample));
        }
    }
    report.remember(server.memory(), bare.memory());
    if let Some(minutes) = plan.soak {
        println!("==> {minutes} minutes of everything at once");
        report.soak = Some(soak(plan, &stage.merchant, &server, minutes).await?);
    }
    report.print(plan);
    report.write(plan)?;
    drop((server, bare, commits));
    fs::remove_dir_all(&plan.folder).with_context(|| format!("cannot remove {}", plan.folder.display()))
}

/// Where a round's samples belong, in its order.
fn series(report: &mut Report) -> [&mut Vec<Sample>; 6] {
    [
        &mut report.created,
        &mut report.bare_created,
        &mut report.first_read,
        &mut report.read_again,
        &mut report.acted,
        &mut report.bare_committed,
    ]
}

/// Databases, configuration and programs.
struct Stage<'p> {
    plan: &'p Plan,
    port: u16,
    merchant: Arc<Merchant>,
    /// How many sessions were asked for so far.
    asked: AtomicU64,
}

impl<'p> Stage<'p> {
    fn set(plan: &'p Plan) -> Result<Stage<'p>> {
        println!("==> a ledger of {} customers", plan.customers);
        if plan.folder.exists() {
            fs::remove_dir_all(&plan.folder)
                .with_context(|| format!("cannot remove {}", plan.folder.display()))?;
        }
        fs::create_dir_all(&plan.folder).with_context(|| format!("cannot make {}", plan.folder.display()))?;
        let port = free_port()?;
        let merchant = Merchant::settle(&plan.server, &plan.folder, port, plan.customers)?;
        let stage = Stage { plan, port, merchant: Arc::new(merchant), asked: AtomicU64::new(0) };
        // Nobody has the database open now, so the file is all there is.
        for copy in ["bare.sqlite", "commits.sqlite"] {
            fs::copy(&stage.merchant.database, plan.folder.join(copy))
                .with_context(|| format!("the database cannot be copied to {copy}"))?;
        }
        Ok(stage)
    }

    async fn server(&self) -> Result<Program> {
        Ok(self.start_server().await?.0)
    }

    async fn start_server(&self) -> Result<(Program, Duration)> {
        let mut command = Command::new(&self.plan.server);
        command.arg("serve").arg("--config").arg(&self.merchant.config);
        Program::start(command, self.port, HEALTH, &self.plan.folder.join("server.log")).await
    }

    async fn bare(&self) -> Result<Program> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe().context("cannot tell where this program is")?);
        command.arg("bare").arg("--database").arg(self.plan.folder.join("bare.sqlite"));
        command.arg("--port").arg(port.to_string());
        Ok(Program::start(command, port, HEALTH, &self.plan.folder.join("bare.log")).await?.0)
    }

    /// Starts the server again and again, in milliseconds.
    async fn starts(&self) -> Result<Vec<f64>> {
        println!("==> {} starts", self.plan.starts);
        let mut starts = Vec::new();
        for _ in 0..self.plan.starts {
            let (program, took) = self.start_server().await?;
            starts.push(took.as_secs_f64() * 1000.0);
            drop(program);
        }
        Ok(starts)
    }

    /// Server and bare program in turn, one kind of work after the other.
    async fn round(
        &self,
        server: &Program,
        bare: &Program,
        commits: &mut Option<Commits>,
    ) -> Result<[Sample; 6]> {
        let (created, ids) = self.creations(server).await?;
        let (bare_created, _) = self.creations(bare).await?;

        let opening = Arc::new(Opening { ids: Mutex::new(ids), opened: Mutex::default() });
        let first_read = self.measure(&opening, server, Kind::FirstRead).await?;
        // What was opened is used up by the actions, so there have to be enough.
        load(&opening, server.address, self.plan.connections, self.plan.measured()).await?;
        let opened = std::mem::take(&mut *lock(&opening.opened));
        let reading = Arc::new(Reading { ids: opened.clone(), asked: AtomicUsize::new(0) });
        let read_again = self.measure(&reading, server, Kind::Read).await?;
        let acting = Arc::new(Acting { ids: Mutex::new(opened) });
        let acted = self.measure(&acting, server, Kind::Action).await?;

        let bare_committed = self.commits(commits)?;
        Ok([created, bare_created, first_read, read_again, acted, bare_committed])
    }

    async fn creations(&self, program: &Program) -> Result<(Sample, Vec<String>)> {
        let asked = AtomicU64::new(self.asked.load(Ordering::Relaxed));
        let creating = Arc::new(Creating { merchant: self.merchant.clone(), asked, ids: Mutex::default() });
        let sample = self.measure(&creating, program, Kind::Creation).await?;
        self.asked.store(
            creating.asked.load(std::sync::atomic::Ordering::Relaxed),
            std::sync::atomic::Ordering::Relaxed,
        );
        let mut ids = std::mem::take(&mut *lock(&creating.ids));
        let made = ids.len();
        ids.sort_unstable();
        ids.dedup();
        ensure!(ids.len() == made, "a session id was given twice");
        Ok((sample, ids))
    }

    /// The commit loop, which begins with sessions that the server has stored by then.
    fn commits(&self, commits: &mut Option<Commits>) -> Result<Sample> {
        let fresh = match commits.take() {
            Some(commits) => commits,
            None => Commits::on(&self.plan.folder.join("commits.sqlite"), &self.merchant.database)?,
        };
        let commits = commits.insert(fresh);
        commits.run(self.plan.warming())?;
        commits.run(self.plan.measured())
    }

    /// Warms up, and measures.
    async fn measure<V: Visitor>(&self, visitor: &Arc<V>, program: &Program, kind: Kind) -> Result<Sample> {
        let connections = self.plan.connections;
        load(visitor, program.address, connections, self.plan.warming()).await?;
        let before = program.processor();
        let load = load(visitor, program.address, connections, self.plan.measured()).await?;
        let used = program.processor().zip(before).map(|(after, before)| after.saturating_sub(before));
        let sample = Sample::of(load.times(kind), load.took, used);
        println!(
            "    {:>8.0} a second  p50 {:>6.1} ms  p99 {:>6.1} ms  {}{}",
            sample.per_second,
            sample.p50_ms,
            sample.p99_ms,
            kind.title(),
            if program.address.port() == self.port { "" } else { ", bare" }
        );
        Ok(sample)
    }
}

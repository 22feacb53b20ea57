//! A program that is measured: started on its core, its processor time and memory read from `/proc`, ended by its id.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;

/// How long the kernel's tick is.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// A running program with those that it started.
pub(crate) struct Process {
    child: Child,

    pub(crate) id: u32,
}

/// Memory in MB.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Of its own.
    pub(crate) own: f64,
    /// Of files that it maps: the program itself, the index.
    pub(crate) mapped: f64,
}

impl Process {
    /// Starts `program` on `core`. What it says goes to a file.
    pub(crate) fn start(core: usize, program: &str, arguments: &[&str], says: &Path) -> anyhow::Result<Self> {
        let out = fs::File::create(says).with_context(|| format!("cannot write {}", says.display()))?;
        let core = core.to_string();
        let child = Command::new("taskset")
            .args(["-c", &core, program])
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(out.try_clone()?)
            .stdout(out)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let id = child.id();
        Ok(Self { child, id })
    }

    /// Whether it is still there.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// It and all that descend from it.
    fn family(&self) -> Vec<u32> {
        let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
            .filter_map(|id| Some((id, field(&stat(id)?, 1)?)))
            .collect();
        let mut all = vec![self.id];
        let mut at = 0;
        while let Some(parent) = all.get(at).copied() {
            all.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
            at += 1;
        }
        all
    }

    /// The processor time that it and its helpers have had.
    pub(crate) fn time(&self) -> Duration {
        let ticks = self.family().into_iter().filter_map(stat);
        let ticks: u32 = ticks.filter_map(|stat| Some(field(&stat, 11)? + field(&stat, 12)?)).sum();
        TICK * ticks
    }

    pub(crate) fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for id in self.family() {
            let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let read = |name: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(name));
                line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
            };
            memory.own += read("RssAnon:") + read("RssShmem:");
            memory.mapped += read("RssFile:");
        }
        memory
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let family = self.family();
        let signal = |name: &str, ids: &[u32]| {
            let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
            drop(Command::new("kill").arg(name).args(ids).stderr(Stdio::null()).status());
        };
        signal("-TERM", family.get(..1).unwrap_or_default());
        let began = Instant::now();
        while self.lives() && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let left: Vec<u32> = family.into_iter().filter(|id| Path::new(&format!("/proc/{id}")).exists()).collect();
        if !left.is_empty() {
            signal("-KILL", &left);
        }
        drop(self.child.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.lives() {
            self.stop();
        }
    }
}

/// The fields of `/proc/ID/stat` after the name, which may have spaces.
fn stat(id: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.trim().to_owned())
}

fn field(stat: &str, nth: usize) -> Option<u32> {
    stat.split_whitespace().nth(nth)?.parse().ok()
}

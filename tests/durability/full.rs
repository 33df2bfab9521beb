//! A disk that is full, and has room again.

use crate::common_stores::http::{Answer, Ask, Connection};
use crate::common_stores::journal::{Journal, replays, verifies};
use crate::common_stores::ledger::Ledger;
use crate::common_stores::process::Assize;
use crate::common_stores::random::{Random, seed};
use crate::common_stores::{requests, until};
use crate::fold;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const CALLERS: usize = 8;
/// Refusals that each caller must see before room is made again.
const REFUSALS: usize = 3;

/// A file system in memory; unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where it may not be made.
    fn mount() -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs"]);
        let output = mount.arg(disk.path()).output().unwrap();
        if output.status.success() {
            return Some(disk);
        }
        // Past what keeps the words of tests that succeed.
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let _ = writeln!(
            std::io::stderr(),
            "\n*** NOT TESTED: a full disk. It takes the right to mount one (run as root): {words}"
        );
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Takes all of the room that is left but for some bytes.
    fn fill(&self, left: usize) {
        let mut file = std::fs::File::create(self.filler()).unwrap();
        let chunk = [7; 4096];
        let mut written = 0;
        while file.write_all(&chunk).is_ok() {
            written += chunk.len() as u64;
        }
        file.set_len(written - left as u64).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also where a process still holds a file.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn full_disk_refuses_clearly_and_recovers_by_itself() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let url = format!("sqlite:{}", disk.path().join("a.db").display());
    let mut random = Random::new(seed("full disk"));
    let mut server = Assize::start(&url);
    let ledger = Ledger::default();
    let sessions: Vec<_> = (0..CALLERS).map(|_| open(&server, &ledger)).collect();
    // With room for some writes more, and for none at all.
    for left in [0, 4096, 300_000] {
        disk.fill(left);
        work_until_refused(&server, &ledger, &sessions, &mut random);
        reads_go_on(&server, &sessions);
        disk.make_room();
        goes_on(&server, &ledger, &sessions, &mut random);
        server.is_running();
        let journal = Journal::export(&url);
        journal.holds(&ledger);
        verifies(&url, &journal);
    }
    // Killed while it is full, it starts again once there is room.
    disk.fill(0);
    work_until_refused(&server, &ledger, &sessions, &mut random);
    server.kill();
    disk.make_room();
    server.restart();
    goes_on(&server, &ledger, &sessions, &mut random);
    let journal = Journal::export(&url);
    journal.holds(&ledger);
    verifies(&url, &journal);
    replays(&url, &journal);
    fold::compare(&server, &journal);
}

#[test]
fn journal_on_a_full_disk_can_be_read_and_served() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let url = format!("sqlite:{}", disk.path().join("a.db").display());
    let mut random = Random::new(seed("journal on a full disk"));
    let mut server = Assize::start(&url);
    let ledger = Ledger::default();
    let sessions: Vec<_> = (0..CALLERS).map(|_| open(&server, &ledger)).collect();
    disk.fill(0);
    work_until_refused(&server, &ledger, &sessions, &mut random);
    // Beside the server.
    let journal = Journal::export(&url);
    journal.holds(&ledger);
    verifies(&url, &journal);
    // And by a new one.
    server.kill();
    server.restart();
    reads_go_on(&server, &sessions);
    disk.make_room();
    goes_on(&server, &ledger, &sessions, &mut random);
}

fn open(server: &Assize, ledger: &Ledger) -> String {
    let mut connection = Connection::open(&server.address).unwrap();
    let answer = ledger.ask(&mut connection, &requests::open_cycle());
    let answer = answer.unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.header("location").unwrap().to_owned()
}

fn choose(session: &str, random: &mut Random) -> Ask {
    match random.below(8) {
        0 => requests::open_cycle(),
        1..4 => requests::evaluate(random),
        4 => Ask::post(format!("{session}/reset"), ""),
        _ => requests::wisdom(session, random),
    }
}

/// Every answer is an acknowledgement or says that there is no room.
fn judge(answer: &Answer) -> bool {
    if answer.is_success() {
        return false;
    }
    answer.is_problem(507, "store-full");
    true
}

fn work_until_refused(server: &Assize, ledger: &Ledger, sessions: &[String], random: &mut Random) {
    let refused = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (number, session) in sessions.iter().enumerate() {
            let (refused, mut random) = (&refused, random.fork(number as u64));
            scope.spawn(move || {
                let mut connection = Connection::open(&server.address).unwrap();
                let mut own = 0;
                // Until all callers met it: what is small may still find a place where another one did not.
                while own < REFUSALS || refused.load(Ordering::SeqCst) < CALLERS * REFUSALS {
                    let ask = choose(session, &mut random);
                    let answer = ledger.ask(&mut connection, &ask).unwrap();
                    if judge(&answer) {
                        own += 1;
                        refused.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
}

/// What needs no room is answered.
fn reads_go_on(server: &Assize, sessions: &[String]) {
    for session in sessions {
        for suffix in ["", "/audit"] {
            let answer = server.ask(&Ask::get(format!("{session}{suffix}")));
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    for path in ["/health", "/ready", "/metrics"] {
        assert_eq!(server.ask(&Ask::get(path)).status, 200, "{path}");
    }
}

/// Without a restart, and soon for good.
fn goes_on(server: &Assize, ledger: &Ledger, sessions: &[String], random: &mut Random) {
    let mut connection = Connection::open(&server.address).unwrap();
    until("there is room again", || {
        let ask = requests::evaluate(random);
        !judge(&ledger.ask(&mut connection, &ask).unwrap())
    });
    for session in sessions {
        for ask in [
            requests::evaluate(random),
            requests::wisdom(session, random),
            requests::open_cycle(),
        ] {
            let answer = ledger.ask(&mut connection, &ask).unwrap();
            assert!(answer.is_success(), "{ask:?} {answer:?}");
        }
    }
}

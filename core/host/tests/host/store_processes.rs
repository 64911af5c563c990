//! Readers see whole files while two processes save and are killed: this program starts itself, with a role in its environment.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::common::{Folder, half_written};
use crate::store::{key, lock};
use hub_auth_core::Secret;
use hub_auth_host::{FileStore, TokenStore};

const ROLE: &str = "HUB_AUTH_STORE_ROLE";
const FOLDER: &str = "HUB_AUTH_STORE_FOLDER";

/// Starts this program in another role. The process says a line when it is ready, and begins on one.
fn start(role: &str, folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["store_processes::the_other_process", "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("ready")), "the child has ended");
    child
}

fn go(child: &mut Child) {
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
}

#[test]
fn the_other_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let store = FileStore::new(PathBuf::from(std::env::var_os(FOLDER).unwrap()));
    println!("ready");
    std::io::stdin().read_exact(&mut [0]).unwrap();
    match &*role {
        "save for ever" => {
            for round in 0.. {
                let _lock = lock(&store);
                is_whole(&store);
                store.save(&key("alice"), &Secret::from(payload(round)), None).unwrap();
            }
        }
        other => panic!("{other}"),
    }
}

fn payload(round: usize) -> String {
    format!("{round}:{}", "abcdefg".repeat(round * 97 % 3000))
}

fn is_whole(store: &FileStore) -> bool {
    let Some(sealed) = store.load(&key("alice")).expect("whole or absent") else { return false };
    let round = sealed.expose().split(':').next().unwrap().parse().unwrap();
    assert!(sealed.expose() == payload(round), "round {round} is damaged");
    true
}

#[test]
fn the_file_is_whole_and_the_lock_is_free_whenever_a_process_is_killed() {
    let folder = Folder::new();
    let store = FileStore::new(&*folder);
    let mut moment = 1_u64;
    // A hundred times, and more where the disk is so slow that nothing was saved.
    for round in (0..).take_while(|round| *round < 100 || !is_whole(&store)) {
        let mut children = [start("save for ever", &folder), start("save for ever", &folder)];
        children.iter_mut().for_each(go);
        for mut child in children {
            // Any number will do; this one is the same in each run.
            moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Readers take no lock.
            for _ in 0..(moment >> 58) << (round / 100) {
                is_whole(&store);
            }
            child.kill().unwrap();
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            child.wait().unwrap();
            assert!(said.is_empty(), "{said}");
            is_whole(&store);
        }
        assert!(store.try_lock(&key("alice")).unwrap().is_some(), "nobody is left to hold it");
    }
    eprintln!("{} half-written files were left behind", half_written(&folder));
    store.forget(&key("alice")).unwrap();
    assert_eq!(half_written(&folder), 0);
}

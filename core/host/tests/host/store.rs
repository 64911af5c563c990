//! The stores in memory and in files: a saved value is found, whole, by its owner only.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use crate::common::{Folder, half_written, names};
use hub_auth_blocking::Client;
use hub_auth_core::{Account, Code, Credential, Hub, Policy, Secret};
use hub_auth_host::{FileStore, MemoryStore, Options, Refusal, StoreError, StoreKey, StoreLock, TokenStore};
use hub_auth_testkit::{Loopback, SimHub, demo};

fn account(user: &str) -> Account {
    Account::new(user, Credential::password("pass-canary")).unwrap()
}

pub(crate) fn key(user: &str) -> StoreKey {
    StoreKey::new(&Hub::docker(Policy::new(1)), &account(user))
}

pub(crate) fn text(found: Result<Option<Secret>, StoreError>) -> Option<String> {
    found.unwrap().map(|sealed| sealed.expose().to_owned())
}

pub(crate) fn refusal<T>(found: Result<T, StoreError>) -> Refusal {
    match found {
        Err(StoreError::Refused { why, .. }) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("taken"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// Waits for alice's lock.
pub(crate) fn lock(store: &dyn TokenStore) -> StoreLock {
    loop {
        if let Some(lock) = store.try_lock(&key("alice")).unwrap() {
            return lock;
        }
        std::thread::yield_now();
    }
}

pub(crate) fn keeps_what_is_saved(store: &dyn TokenStore) {
    let (alice, bob) = (key("alice"), key("bob"));
    assert_eq!(text(store.load(&alice)), None);
    store.forget(&alice).unwrap();
    for sealed in ["one", "two\nlines\n\0ä", &"x".repeat(100_000)] {
        store.save(&alice, &Secret::from(sealed), None).unwrap();
        assert_eq!(text(store.load(&alice)).as_deref(), Some(sealed));
        assert_eq!(text(store.load(&bob)), None);
    }
    store.forget(&alice).unwrap();
    assert_eq!(text(store.load(&alice)), None);
}

pub(crate) fn locks_for_one(store: &dyn TokenStore) {
    let (alice, bob) = (key("alice"), key("bob"));
    let lock = store.try_lock(&alice).unwrap().unwrap();
    assert!(store.try_lock(&alice).unwrap().is_none(), "one has it");
    assert!(store.try_lock(&bob).unwrap().is_some(), "another key has another lock");
    store.save(&alice, &Secret::from("x"), None).unwrap();
    store.forget(&alice).unwrap();
    drop(lock);
    assert!(store.try_lock(&alice).unwrap().is_some(), "given back");
    std::thread::scope(|scope| {
        let lock = store.try_lock(&alice).unwrap().unwrap();
        scope.spawn(|| drop(self::lock(store)));
        drop(lock);
    });
}

#[test]
fn both_stores_keep_and_lock() {
    let folder = Folder::new();
    let file = FileStore::new(folder.join("a/b"));
    let memory = MemoryStore::new();
    for store in [&file as &dyn TokenStore, &memory, &memory.clone()] {
        keeps_what_is_saved(store);
        locks_for_one(store);
    }
}

#[test]
fn only_the_owner_can_read() {
    let folder = Folder::new();
    let store = FileStore::new(folder.join("made/here"));
    store.save(&key("alice"), &Secret::from("x"), None).unwrap();
    drop(store.try_lock(&key("alice")).unwrap());
    for made in ["made", "made/here"] {
        assert_eq!(mode(&folder.join(made)), 0o700, "{made}");
    }
    let stem = key("alice").file_stem();
    assert_eq!(names(store.folder()), [format!("{stem}.lock"), format!("{stem}.token")]);
    for name in names(store.folder()) {
        assert_eq!(mode(&store.folder().join(&name)), 0o600, "{name}");
    }
}

#[test]
fn the_file_holds_the_token_and_no_other_secret() {
    let folder = Folder::new();
    let store = FileStore::new(&*folder);
    let server = Arc::new(Loopback::start(SimHub::demo()).unwrap());
    let alice = || Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap();
    let client = Client::new(Options::new().base(server.url()).no_proxy()).unwrap();
    let (codes, typed) = (Arc::clone(&server), Arc::new(OnceLock::new()));
    let asked = Arc::clone(&typed);
    let session = hub_auth_blocking::Session::new(client.clone(), alice()).store(store.clone());
    let session = session.ask(move |_| Code::new(asked.get_or_init(|| codes.code(demo::USER).unwrap())).ok());
    let token = session.token(Duration::ZERO).unwrap().token().expose().to_owned();

    let key = StoreKey::new(client.hub(), &alice());
    let kept = fs::read_to_string(folder.join(key.file_stem()).with_extension("token")).unwrap();
    assert_eq!(kept.matches(&token).count(), 1);
    let rest = kept.replace(&token, "");
    assert!(!rest.contains(demo::PASSWORD) && !rest.contains(typed.get().unwrap()), "{rest}");
    let next = hub_auth_blocking::Session::new(client, alice()).store(store);
    assert_eq!(next.token(Duration::ZERO).unwrap().token().expose(), token);
}

/// Makes a store with one file in it, and returns the path of that file.
fn kept(folder: &Path) -> (FileStore, PathBuf) {
    let store = FileStore::new(folder);
    store.save(&key("alice"), &Secret::from("the token"), None).unwrap();
    let path = folder.join(key("alice").file_stem()).with_extension("token");
    assert_eq!(text(store.load(&key("alice"))).as_deref(), Some("the token"));
    (store, path)
}

#[test]
fn a_torn_file_is_reported_and_replaced() {
    let folder = Folder::new();
    let (store, path) = kept(&folder);
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(refusal(store.load(&key("alice"))), Refusal::Torn, "{length}");
    }
    for torn in [[&whole[..], b"x"].concat(), [&whole[..whole.len() - 2], b"\xff\xff"].concat()] {
        fs::write(&path, torn).unwrap();
        assert_eq!(refusal(store.load(&key("alice"))), Refusal::Torn);
    }
    kept(&folder);
}

#[test]
fn a_foreign_file_is_reported_and_replaced() {
    let folder = Folder::new();
    let (store, path) = kept(&folder);
    let whole = fs::read_to_string(&path).unwrap();
    for foreign in
        ["{}".into(), "\0".repeat(200), whole.replacen(" 1 ", " 2 ", 1), whole.replacen("alice", "mallory", 1)]
    {
        fs::write(&path, &foreign).unwrap();
        assert_eq!(refusal(store.load(&key("alice"))), Refusal::Foreign, "{foreign}");
    }
    fs::write(&path, "x".repeat(1024 * 1024 + 1)).unwrap();
    assert_eq!(refusal(store.load(&key("alice"))), Refusal::TooLarge);
    kept(&folder);
}

#[test]
fn a_planted_file_is_not_followed() {
    let folder = Folder::new();
    let (store, path) = kept(&folder);
    let elsewhere = folder.join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert_eq!(refusal(store.load(&key("alice"))), Refusal::Link);
    store.save(&key("alice"), &Secret::from("new"), None).unwrap();
    assert!(fs::read_to_string(&elsewhere).unwrap().ends_with("the token"), "nothing was written through the link");
    assert_eq!(text(store.load(&key("alice"))).as_deref(), Some("new"));

    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    assert_eq!(refusal(store.load(&key("alice"))), Refusal::Exposed);
    kept(&folder);
    if chown(&path, Some(1), None).is_ok() {
        assert_eq!(refusal(store.load(&key("alice"))), Refusal::OtherOwner);
        kept(&folder);
    } else {
        eprintln!("SKIPPED: only root can give a file away");
    }

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(refusal(store.load(&key("alice"))), Refusal::NotAFile);
    let error = store.save(&key("alice"), &Secret::from("x"), None).unwrap_err();
    assert!(error.to_string().starts_with("cannot replace "), "{error:?}");
    assert_eq!(half_written(&folder), 0, "nothing is left of it");
    fs::remove_dir(&path).unwrap();

    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(refusal(store.load(&key("alice"))), Refusal::NotAFile, "and a pipe does not block");
    kept(&folder);
}

#[test]
fn a_planted_lock_is_not_followed() {
    let folder = Folder::new();
    let (store, path) = kept(&folder);
    let (victim, stem) = (folder.join("victim"), path.with_extension(""));
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, stem.with_extension("lock")).unwrap();
    kept(&folder);
    assert_eq!(refusal(store.try_lock(&key("alice"))), Refusal::Link);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn a_folder_of_others_is_not_used() {
    let folder = Folder::new();
    let path = folder.join("open");
    let all = |store: &FileStore, why| {
        assert_eq!(refusal(store.load(&key("alice"))), why);
        assert_eq!(refusal(store.save(&key("alice"), &Secret::from("x"), None)), why);
        assert_eq!(refusal(store.forget(&key("alice"))), why);
        assert_eq!(refusal(store.try_lock(&key("alice"))), why);
    };
    let (store, _) = kept(&path);
    fs::set_permissions(&path, Permissions::from_mode(0o720)).unwrap();
    all(&store, Refusal::Exposed);
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    kept(&path);
    if chown(&path, Some(1), None).is_ok() {
        all(&store, Refusal::OtherOwner);
        chown(&path, Some(0), None).unwrap();
    }
    let link = folder.join("link");
    symlink(&path, &link).unwrap();
    kept(&link);
    fs::write(folder.join("file"), "").unwrap();
    all(&FileStore::new(folder.join("file")), Refusal::NotAFolder);
}

#[test]
fn a_half_written_file_of_a_killed_save_is_removed() {
    let folder = Folder::new();
    let (store, path) = kept(&folder);
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let left = [format!("{stem}.old.new"), format!("{stem}.young.new"), "hub-auth-bob-0.old.new".into()];
    let [old, young, foreign] = left.map(|name| folder.join(name));
    for path in [&old, &young, &foreign] {
        fs::write(path, "half a token").unwrap();
    }
    let file = fs::File::options().write(true).open(&old).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(61)).unwrap();
    kept(&folder);
    assert!(!old.exists() && young.exists(), "a young one may be a save of another process");
    store.forget(&key("alice")).unwrap();
    assert!(!path.exists() && !young.exists() && foreign.exists(), "forgetting leaves no token of this account");
}

#[test]
fn accounts_do_not_wait_for_each_other() {
    let folder = Folder::new();
    let store = FileStore::new(&*folder);
    let keys: Vec<_> = (0..64).map(|number| key(&format!("user{number}"))).collect();
    let save = |key: &StoreKey| {
        let _lock = store.try_lock(key).unwrap().expect("nobody else has this account's lock");
        store.save(key, &Secret::from("x".repeat(3000)), None).unwrap();
    };
    let start = Instant::now();
    keys.iter().for_each(save);
    let one_by_one = start.elapsed();
    let start = Instant::now();
    std::thread::scope(|scope| keys.iter().for_each(|key| drop(scope.spawn(|| save(key)))));
    eprintln!("64 accounts: one after the other {one_by_one:?}, side by side {:?}", start.elapsed());
    assert_eq!(store.keys().unwrap().len(), 64);
}

#[test]
fn the_cache_folder_follows_the_environment() {
    let store = |cache: &'static str, home: &'static str| {
        let store = FileStore::user_cache_from(|name| match name {
            "XDG_CACHE_HOME" => Some(cache.into()),
            "HOME" => Some(home.into()),
            _ => None,
        });
        store.map(|store| store.folder().to_str().unwrap().to_owned())
    };
    assert_eq!(store("/x", "/h").as_deref(), Some("/x/hub-auth"));
    assert_eq!(store("", "/h").as_deref(), Some("/h/.cache/hub-auth"));
    assert_eq!(store("relative", "/h").as_deref(), Some("/h/.cache/hub-auth"), "as the XDG rules say");
    assert_eq!(store("", ""), None);
}

#[test]
fn errors_name_the_path_and_nothing_else() {
    let folder = Folder::new();
    let (store, path) = kept(&folder);
    fs::write(&path, "canary").unwrap();
    let error = store.load(&key("alice")).unwrap_err();
    assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
    assert!(!format!("{error} {error:?} {store:?} {:?}", MemoryStore::new()).contains("canary"));
    assert_eq!(StoreError::other("full").to_string(), "cannot use the store");
}

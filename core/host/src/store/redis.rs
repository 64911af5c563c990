//! Keeps sessions in Redis, for processes on many machines.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hub_auth_core::{BoxError, Secret, UnixTime};
use redis::{Client, Cmd, Connection, FromRedisValue, RedisResult, TlsCertificates, cmd};
use zeroize::Zeroizing;

use super::{MAX_VALUE, Refusal, StoreError, StoreKey, StoreLock, TokenStore};
use crate::options::seed;

/// The time that one call may take, name look-up and connecting included.
const CALL: Duration = Duration::from_millis(500);
/// The time after which a thread with a late call ends.
const SOCKET: Duration = CALL.saturating_mul(2);
/// The time after which the lock of a process that is gone ends.
const LEASE: Duration = Duration::from_secs(5);
/// The time that a value without a known end is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

// A command may arrive twice, so locking a second time succeeds for the same owner.
const LOCK: &str = "if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) \
                    or redis.call('get', KEYS[1]) == ARGV[1] then return 1 else return 0 end";
const PROLONG: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";
const RELEASE: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

/// Keeps sealed sessions in Redis, Valkey, or another server of that protocol. Clones share a connection.
///
/// | key | value | expires |
/// |---|---|---|
/// | `hub-auth:session:` and the [`StoreKey`] | the sealed session; the token in it is the only secret | with the session |
/// | `hub-auth:lock:` and the [`StoreKey`] | a random number, which names the holder | 5 s after the holder is gone |
///
/// A program that reads the database can use the token. Allow the Redis user these keys only, use `rediss://`, and wrap the store
/// in [`Encrypted`](super::Encrypted) if others have access.
///
/// Each call takes at most half a second, even if the server hangs. A thread prolongs a lock while it is held. If the server
/// loses the lock, for example by a restart, another process may log in as well.
///
/// For `rediss://`, the crate `redis` uses rustls's process-wide provider of cryptography. If the program has installed
/// none, the first call installs that of this crate.
///
/// ```
/// use hub_auth_host::RedisStore;
///
/// let store = RedisStore::new("redis://fleet:s3cret@redis.example.org:6379/0")?;
/// assert_eq!(format!("{store:?}"), "RedisStore(redis.example.org:6379)");
/// # Ok::<(), hub_auth_host::StoreError>(())
/// ```
#[derive(Clone)]
pub struct RedisStore {
    client: Client,
    idle: Arc<Mutex<Option<Connection>>>,
}

impl RedisStore {
    /// Returns a store at `url`: `redis://` or `rediss://` (TLS), then `USER:PASSWORD@` if needed, the host, `:PORT`
    /// (default 6379) and `/NUMBER` of the database. Connects to nothing yet.
    pub fn new(url: &str) -> Result<RedisStore, StoreError> {
        RedisStore::of(Client::open(url))
    }

    /// Logs in to Redis with `user` (`None` is Redis's default user) and `password` instead of those in the URL.
    pub fn login(self, user: Option<&str>, password: &Secret) -> Result<RedisStore, StoreError> {
        let info = self.client.get_connection_info().clone();
        let mut login = info.redis_settings().clone().set_password(password.expose());
        if let Some(user) = user {
            login = login.set_username(user);
        }
        RedisStore::of(Client::open(info.set_redis_settings(login)))
    }

    /// Trusts these root certificates, in PEM, instead of the system's. Fails if the URL is not `rediss://`.
    pub fn ca_pem(self, pem: impl Into<Vec<u8>>) -> Result<RedisStore, StoreError> {
        let info = self.client.get_connection_info().clone();
        let roots = TlsCertificates { client_tls: None, root_cert: Some(pem.into()) };
        RedisStore::of(Client::build_with_tls(info, roots))
    }

    /// Returns the store of a client. The error does not show the URL, which may hold a password.
    fn of(client: RedisResult<Client>) -> Result<RedisStore, StoreError> {
        let client = client.map_err(|error| StoreError::broken("use this Redis URL", error))?;
        Ok(RedisStore { client, idle: Arc::default() })
    }

    fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Sends a command, which may arrive twice.
    ///
    /// A thread does the work, since nothing else bounds the look-up of a name. Its sockets have deadlines, so it ends too.
    fn call<T: FromRedisValue + Send + 'static>(&self, command: Cmd) -> Result<T, StoreError> {
        let (sender, answer) = mpsc::channel();
        let store = self.clone();
        let started = thread::Builder::new().spawn(move || drop(sender.send(store.query(&command))));
        let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer within half a second").into();
        let result = match started {
            Ok(_) => answer.recv_timeout(CALL).unwrap_or_else(|_| Err(late())),
            Err(error) => Err(error.into()),
        };
        result.map_err(|error: BoxError| StoreError::broken(format!("use Redis at {}", self.address()), error))
    }

    /// Sends a command on the idle connection, or on a new one if the server has closed that.
    fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, BoxError> {
        let idle = self.idle().take();
        let reused = idle.map(|connection| self.query_on(connection, command));
        match reused {
            Some(Err(error)) if error.is_connection_dropped() => {}
            Some(result) => return Ok(result?),
            None => {}
        }
        crate::trust::install_default_provider();
        let connection = self.client.get_connection_with_timeout(SOCKET)?;
        connection.set_read_timeout(Some(SOCKET))?;
        connection.set_write_timeout(Some(SOCKET))?;
        Ok(self.query_on(connection, command)?)
    }

    fn query_on<T: FromRedisValue>(&self, mut connection: Connection, command: &Cmd) -> RedisResult<T> {
        let answer = command.query(&mut connection)?;
        *self.idle() = Some(connection);
        Ok(answer)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Option<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn value_name(key: &StoreKey) -> String {
    format!("hub-auth:session:{key}")
}

impl TokenStore for RedisStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        let name = value_name(key);
        let mut get = cmd("GETRANGE");
        get.arg(&name).arg(0).arg(MAX_VALUE);
        let value = Zeroizing::new(self.call::<Vec<u8>>(get)?);
        let refused = |why| StoreError::Refused { place: format!("\"{name}\" in Redis at {}", self.address()), why };
        match std::str::from_utf8(&value) {
            // Redis returns the same for no value and an empty one.
            Ok("") => Ok(None),
            _ if value.len() as u64 > MAX_VALUE => Err(refused(Refusal::TooLarge)),
            Ok(text) => Ok(Some(Secret::from(text))),
            Err(_) => Err(refused(Refusal::Foreign)),
        }
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError> {
        let left = good_until.map_or(KEPT, |end| end.since(crate::now()));
        if left.is_zero() {
            return self.forget(key);
        }
        let mut set = cmd("SET");
        set.arg(value_name(key)).arg(sealed.expose()).arg("PX").arg(millis(left));
        self.call(set)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        let mut del = cmd("DEL");
        del.arg(value_name(key));
        self.call(del)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        let lease = Lease {
            store: self.clone(),
            name: format!("hub-auth:lock:{key}"),
            holder: format!("{:016x}{:016x}", seed(), seed()),
        };
        if !lease.run(LOCK)? {
            return Ok(None);
        }
        Held::new(lease).map(|held| Some(StoreLock::new(held)))
    }
}

fn millis(time: Duration) -> u64 {
    // Redis refuses an expiry beyond its 63-bit clock. Ten years are enough for any token.
    let longest = Duration::from_secs(10 * 365 * 24 * 3600);
    u64::try_from(time.min(longest).as_millis()).unwrap_or(u64::MAX).max(1)
}

/// A lock in Redis, with the number that names its holder.
#[derive(Clone)]
struct Lease {
    store: RedisStore,
    name: String,
    holder: String,
}

impl Lease {
    /// Runs one of the scripts and returns whether this holder has, or had, the lock.
    fn run(&self, script: &str) -> Result<bool, StoreError> {
        let mut eval = cmd("EVAL");
        eval.arg(script).arg(1).arg(&self.name).arg(&self.holder).arg(millis(LEASE));
        self.store.call(eval)
    }
}

/// Prolongs a lease until it is dropped, and then releases it.
struct Held {
    lease: Lease,
    keeper: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Held {
    fn new(lease: Lease) -> Result<Held, StoreError> {
        let mut held = Held { lease, keeper: None };
        let (stop, stopped) = mpsc::channel();
        let lease = held.lease.clone();
        let keeper = thread::Builder::new().spawn(move || {
            while stopped.recv_timeout(LEASE / 3) == Err(mpsc::RecvTimeoutError::Timeout) {
                if let Ok(false) = lease.run(PROLONG) {
                    return;
                }
            }
        });
        let keeper = keeper.map_err(|error| StoreError::broken("start the thread that prolongs a lock", error))?;
        held.keeper = Some((stop, keeper));
        Ok(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((stop, keeper)) = self.keeper.take() {
            drop(stop);
            drop(keeper.join());
        }
        // If this fails, the lease expires.
        drop(self.lease.run(RELEASE));
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisStore({})", self.address())
    }
}

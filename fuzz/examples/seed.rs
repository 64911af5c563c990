//! Writes the seeds into the corpora, the same bytes each time: `cargo run --example seed` in `fuzz/`.

fn main() -> std::io::Result<()> {
    for (target, name, bytes) in hub_auth_fuzz::seeds::all() {
        std::fs::create_dir_all(hub_auth_fuzz::corpus(target))?;
        std::fs::write(hub_auth_fuzz::corpus(target).join(name), bytes)?;
    }
    Ok(())
}

//! Behind nginx, which terminates TLS by OpenSSL.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use hub_auth_core::{Delivery, FailureKind};
use hub_auth_host::Options;
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::{Loopback, SimHub};

use super::{Running, connect, folder, free_port};
use crate::adapters::{ADAPTERS, trust};

/// Logs in by TLS 1.2 and 1.3, and not with a root that did not issue nginx's certificate.
pub(super) fn smoke_test(program: &Path) {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let hub = Loopback::start(SimHub::demo()).unwrap();
    for version in ["TLSv1.2", "TLSv1.3"] {
        let (folder, port) = (folder(version), free_port());
        let path = folder.display();
        fs::write(folder.join("tls.pem"), authority.issue(&["localhost"]).unwrap().pem()).unwrap();
        let temporary =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {path}/{kind};"));
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; error_log stderr; events {{}}
             http {{ access_log off; {}
             server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {path}/tls.pem; ssl_certificate_key {path}/tls.pem;
             ssl_protocols {version}; location / {{ proxy_pass http://{}; proxy_http_version 1.1; }} }} }}",
            temporary.concat(),
            hub.address()
        );
        fs::write(folder.join("nginx.conf"), config).unwrap();
        let mut command = Command::new(program);
        command.arg("-c").arg(folder.join("nginx.conf")).arg("-p").arg(&folder).args(["-e", "stderr"]);
        let _nginx = Running { child: command.stderr(Stdio::null()).spawn().unwrap(), folder };
        drop(connect(port));
        let options = Options::new().base(format!("https://localhost:{port}").parse().unwrap()).no_proxy();
        for adapter in ADAPTERS {
            let before = hub.requests().len();
            adapter.log_in(options.clone().trust(trust(&authority)), &hub).unwrap();
            let failure = adapter.log_in(options.clone().trust(trust(&stranger)), &hub).unwrap_err();
            assert_eq!(failure.kind(), FailureKind::Transport);
            assert_eq!(failure.transport().unwrap().1, Delivery::NotSent);
            assert_eq!(hub.requests().len(), before + 2, "{adapter:?}, {version}");
        }
    }
}

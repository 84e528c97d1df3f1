//! The check that a connection to another machine verifies the server.

use std::net::IpAddr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// A server on another machine, and a mode of TLS that does not verify it. Nothing was sent to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the store does not connect to {host:?} with `sslmode={mode}`, which verifies less than certificate and name of the \
     server; write `sslmode=verify-full` into the URL, and `sslrootcert=<file>` if the certificate is not from a public \
     authority"
)]
pub struct UnverifiedServer {
    host: String,
    mode: &'static str,
}

/// Refuses a server on another machine that would not be verified.
pub(crate) fn check(server: &PgConnectOptions) -> Result<(), UnverifiedServer> {
    let mode = match server.get_ssl_mode() {
        PgSslMode::VerifyFull => return Ok(()),
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::Require => "require",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Allow => "allow",
        PgSslMode::Disable => "disable",
    };
    let host = server.get_host();
    match server.get_socket().is_some() || is_local(host) {
        true => Ok(()),
        false => Err(UnverifiedServer { host: host.to_owned(), mode }),
    }
}

/// Whether a host is this machine: a directory of a socket, `localhost`, or a loopback address.
fn is_local(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::{MigrateError, OpenError, PostgresOptions};

    fn options(url: &str) -> PostgresOptions {
        PostgresOptions::new(url).expect(url).require_verified_tls()
    }

    /// Nothing is sent: no host of these names exists, and the error would be another one.
    #[tokio::test]
    async fn a_server_on_another_machine_that_is_not_verified_is_refused() {
        for host in ["db.invalid", "192.0.2.1", "[2001:db8::1]", "localhost.invalid", "127.0.0.1.invalid"] {
            for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
                let url = format!("postgres://bank:hunter2@{host}/bank?sslmode={mode}");
                let error = options(&url).connect().await.expect_err(&url);
                assert!(matches!(error, OpenError::Unverified(_)), "{url}: {error:?}");
                let text = error.to_string();
                assert!(text.contains(&format!("sslmode={mode}")) && text.contains("verify-full"), "{text}");
                let error = options(&url).migrate().await.expect_err(&url);
                assert!(matches!(error, MigrateError::Unverified(_)), "{url}: {error:?}");
            }
            let url = format!("postgres://bank@{host}/bank");
            let error = options(&url).connect().await.expect_err("the default is `prefer`");
            assert!(error.to_string().contains("`sslmode=prefer`"), "{error}");
        }
    }

    #[test]
    fn a_verified_or_local_server_is_not_refused() {
        for url in [
            "postgres://bank@db.invalid/bank?sslmode=verify-full",
            "postgres://bank@localhost/bank",
            "postgres://bank@127.0.0.1/bank?sslmode=disable",
            "postgres://bank@127.1.2.3/bank",
            "postgres://bank@[::1]/bank",
            "postgres:///bank?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/bank",
        ] {
            assert_eq!(options(url).check_tls(), Ok(()), "{url}");
        }
    }

    #[test]
    fn without_the_option_nothing_is_refused() {
        let options = PostgresOptions::new("postgres://bank@db.invalid/bank?sslmode=disable").expect("a URL");
        assert_eq!(options.check_tls(), Ok(()));
    }
}

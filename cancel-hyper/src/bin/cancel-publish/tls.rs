//! The client: the platform's roots and those of `--ca-file`, and the proxy of the environment.

use std::path::Path;
use std::sync::Arc;

use cancel_core::Endpoint;
use cancel_hyper::Client;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::problem::Problem;
use crate::regular_file;

/// The longest file of certificates that is read, in bytes. It has room for those of a whole platform.
const LONGEST_FILE: u64 = 1 << 20;

pub(crate) fn client(endpoint: &Endpoint, ca_file: Option<&Path>) -> Result<Client, Problem> {
    let mut roots = RootCertStore::empty();
    // Without TLS a machine needs no roots.
    if endpoint.to_string().starts_with("https:") {
        add_platform(&mut roots, ca_file.is_some())?;
    }
    if let Some(path) = ca_file {
        add_file(&mut roots, path)?;
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Problem::invalid(format_args!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::with_tls(tls))
}

/// Some platforms have roots that cannot be read. That is an error only where none can, and there are no others.
fn add_platform(roots: &mut RootCertStore, has_others: bool) -> Result<(), Problem> {
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if !roots.is_empty() || has_others {
        return Ok(());
    }
    let why = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
    Err(Problem::invalid(format_args!(
        "no trusted certificates: {why}. Install the package ca-certificates, set SSL_CERT_FILE, or give --ca-file"
    )))
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), Problem> {
    let refused = |why: &dyn std::fmt::Display| Problem::invalid(format_args!("--ca-file {}: {why}", path.display()));
    let bytes = regular_file::read(path, LONGEST_FILE).map_err(|error| refused(&error))?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(refused(&"it is longer than 1 MiB"));
    }
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| refused(&error))?;
        roots.add(certificate).map_err(|error| refused(&error))?;
    }
    if roots.len() == before { Err(refused(&"there is no certificate in it")) } else { Ok(()) }
}

//! Who vouches for a receiver's certificate: the public authorities, and those that the district adds, such as a government's own.

use std::sync::Arc;

use kernel::{Error, FieldError, Result};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde::{Deserialize, Serialize};

use super::model::Fault;
use crate::{declare, settings::Held};

/// The most certificates that a district adds.
const MOST: usize = 20;

declare! {
    /// Root certificates that are trusted beside the public ones.
    ROOTS: Roots = "webhooks.roots";
}

/// Root certificates of authorities that the public lists do not know. They vouch for receivers of webhooks and for nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roots {
    /// One certificate after the other, as PEM; empty trusts the public authorities alone.
    pub pem: String,
}

impl Roots {
    /// The certificates, each of them one that can vouch.
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let refused = |code| Error::invalid("value.pem", code);
        if self.pem.trim().is_empty() {
            return Ok(vec![]);
        }
        if self.pem.contains("PRIVATE KEY") {
            return Err(refused("private-key"));
        }
        let found: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(self.pem.as_bytes()).collect::<Result<_, _>>().map_err(|_| refused("not-pem"))?;
        if found.is_empty() {
            return Err(refused("not-pem"));
        }
        if found.len() > MOST {
            return Err(Error::Invalid(vec![FieldError::new("value.pem", "too-many").with("limit", MOST)]));
        }
        for (n, certificate) in found.iter().enumerate() {
            if RootCertStore::empty().add(certificate.clone()).is_err() {
                return Err(Error::Invalid(vec![FieldError::new("value.pem", "not-a-certificate").with("n", n + 1)]));
            }
        }
        Ok(found)
    }

    /// What a connection to a receiver trusts.
    pub fn client(&self) -> Result<Arc<ClientConfig>, Fault> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in self.certificates().map_err(|_| Fault::Tls)? {
            roots.add(certificate).map_err(|_| Fault::Tls)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|_| Fault::Tls)?;
        Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }
}

impl Held for Roots {
    fn check(&self) -> Result<()> {
        self.certificates().map(|_| ())
    }
}

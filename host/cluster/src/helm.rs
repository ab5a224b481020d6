//! Reading what Helm has recorded of its releases: a Secret for each, with everything in one compressed text. Owns its form;
//! must not know what is done with a release.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::request::{Request, RequestError, encode};
use crate::session::Session;

/// A Secret holds 1 MB; what it unpacks to is bounded.
const LARGEST: u64 = 64 << 20;

/// A release as Helm has recorded it.
#[derive(Debug, Clone, PartialEq)]
pub struct HelmRelease {
    /// Its name.
    pub name: String,
    /// Where it was installed.
    pub namespace: String,
    /// Which of its revisions is there.
    pub revision: u64,
    /// The chart's name.
    pub chart: String,
    /// The chart's version.
    pub chart_version: String,
    /// The values that were given, over those of the chart.
    pub values: Value,
    /// What was applied: YAML documents.
    pub manifest: String,
}

/// Why releases cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HelmError {
    /// The server was not asked, or says no.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A record that is none.
    #[error("Secret {namespace}/{name} is not the record of a Helm release: {why}")]
    Damaged {
        /// Where.
        namespace: String,
        /// Which.
        name: String,
        /// What is wrong.
        why: String,
    },
}

/// The releases of a name that are deployed, in one namespace or in all.
pub(crate) async fn releases(
    session: &Session<'_>,
    name: &str,
    namespace: Option<&str>,
) -> Result<Vec<HelmRelease>, HelmError> {
    let path = match namespace {
        Some(namespace) => format!("/api/v1/namespaces/{}/secrets", encode(namespace)),
        None => "/api/v1/secrets".to_owned(),
    };
    let request = Request::get(path).query(
        "labelSelector",
        format!("owner=helm,status=deployed,name={name}"),
    );
    let answer = session.send(request).await?;
    let secrets = answer.body["items"].as_array().cloned().unwrap_or_default();
    secrets.iter().map(read).collect()
}

fn read(secret: &Value) -> Result<HelmRelease, HelmError> {
    let damaged = |why: String| HelmError::Damaged {
        namespace: text(secret, "/metadata/namespace"),
        name: text(secret, "/metadata/name"),
        why,
    };
    let release = unpacked(secret).map_err(damaged)?;
    let of = |pointer: &str| match text(&release, pointer) {
        empty if empty.is_empty() => Err(damaged(format!("it has no {}", &pointer[1..]))),
        text => Ok(text),
    };
    Ok(HelmRelease {
        name: of("/name")?,
        namespace: of("/namespace")?,
        revision: release["version"].as_u64().unwrap_or_default(),
        chart: of("/chart/metadata/name")?,
        chart_version: of("/chart/metadata/version")?,
        values: release["config"].clone(),
        manifest: of("/manifest")?,
    })
}

/// Encoded twice: once by Helm, once as every Secret is.
fn unpacked(secret: &Value) -> Result<Value, String> {
    let once = |bytes: &[u8]| {
        STANDARD
            .decode(bytes)
            .map_err(|error| format!("it is not base64: {error}"))
    };
    let packed = once(&once(text(secret, "/data/release").as_bytes())?)?;
    let mut json = Vec::new();
    // Helm 2 and the first of 3 did not compress.
    if packed.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(&packed[..])
            .take(LARGEST + 1)
            .read_to_end(&mut json)
            .map_err(|error| format!("it is damaged: {error}"))?;
    } else {
        json = packed;
    }
    if json.len() as u64 > LARGEST {
        return Err(format!("it unpacks to more than {LARGEST} bytes"));
    }
    serde_json::from_slice(&json).map_err(|error| format!("it is not JSON: {error}"))
}

fn text(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::json;

    use super::*;

    fn secret(packed: &[u8]) -> Value {
        json!({
            "metadata": {"name": "sh.helm.release.v1.a.v2", "namespace": "n"},
            "data": {"release": STANDARD.encode(STANDARD.encode(packed))},
        })
    }

    #[test]
    fn a_record_is_unpacked() {
        let release = json!({
            "name": "a", "namespace": "n", "version": 2, "config": {"x": 1}, "manifest": "kind: X\n",
            "chart": {"metadata": {"name": "c", "version": "1.0.0"}},
        });
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(release.to_string().as_bytes()).unwrap();
        let read = read(&secret(&gzip.finish().unwrap())).unwrap();
        assert_eq!((read.name.as_str(), read.revision), ("a", 2));
        assert_eq!(
            (read.chart.as_str(), read.chart_version.as_str()),
            ("c", "1.0.0")
        );
        assert_eq!(read.values, json!({"x": 1}));
    }

    #[test]
    fn what_is_no_record_is_told() {
        for (packed, why) in [
            (&b"{"[..], "it is not JSON"),
            (b"{}", "it has no name"),
            (b"\x1f\x8bno", "it is damaged"),
        ] {
            let told = read(&secret(packed)).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
    }
}

//! Texts of any size in Secrets, which hold 1 MiB: compressed, and cut into as many as it needs. The first says how many and
//! is written last, so that a text is there whole or not at all. Must not know what the texts say.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::Method;
use serde_json::{Value, json};

use super::{Installation, StateError, secrets, state_error};
use crate::request::Request;
use crate::session::Session;

/// Bytes in one Secret: the limit is 1 MiB for all keys together.
const CHUNK: usize = 900 * 1024;
/// What inflates to more is not one of ours.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// The key of the data.
const DATA: &str = "revision";
/// The key of how many there are, in the first.
const CHUNKS: &str = "chunks";

/// Where a text is kept.
pub(super) struct Place<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) installation: &'a Installation,
    /// Of the first Secret; the others have a number behind it.
    pub(super) name: String,
}

impl Place<'_> {
    fn secret(&self, chunk: usize) -> String {
        match chunk {
            0 => self.name.clone(),
            chunk => format!("{}.{chunk}", self.name),
        }
    }

    fn path(&self, chunk: usize) -> String {
        format!(
            "{}/{}",
            secrets(&self.installation.state_namespace),
            self.secret(chunk)
        )
    }

    /// Writes a text, over an earlier one.
    pub(super) async fn write(
        &self,
        field_manager: &str,
        labels: &Value,
        text: &[u8],
    ) -> Result<(), StateError> {
        let packed = pack(text);
        let chunks: Vec<&[u8]> = packed.chunks(CHUNK).collect();
        for (index, chunk) in chunks.iter().enumerate().rev() {
            let mut manifest = json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": self.secret(index),
                    "namespace": self.installation.state_namespace,
                    "labels": labels,
                },
                "type": "meshhost.dev/revision",
                "data": { DATA: STANDARD.encode(chunk) },
            });
            if index == 0 {
                manifest["data"][CHUNKS] = json!(STANDARD.encode(chunks.len().to_string()));
            }
            // Force: the record is ours alone, and a killed run may have left one of this name.
            let request = Request::new(Method::PATCH, self.path(index))
                .query("fieldManager", field_manager)
                .query("force", "true")
                .body("application/apply-patch+yaml", manifest);
            self.session
                .send(request)
                .await
                .map_err(|error| state_error(self.installation, "patch", error))?;
        }
        Ok(())
    }

    /// Reads a text; `None` when it is not there.
    pub(super) async fn read(
        &self,
        damaged: impl Fn(String) -> StateError,
    ) -> Result<Option<Vec<u8>>, StateError> {
        let mut packed = Vec::new();
        let mut chunks = 1;
        let mut index = 0;
        while index < chunks {
            let live = match self.session.send(Request::get(self.path(index))).await {
                Ok(answer) => answer.body,
                Err(error) if error.is_not_found() && index == 0 => return Ok(None),
                Err(error) if error.is_not_found() => {
                    return Err(damaged(format!("part {index} of {chunks} is missing")));
                }
                Err(error) => return Err(state_error(self.installation, "get", error)),
            };
            let data = |key: &str| -> Option<Vec<u8>> {
                let text = live.pointer("/data")?.get(key)?.as_str()?;
                STANDARD.decode(text).ok()
            };
            if index == 0 {
                chunks = data(CHUNKS)
                    .and_then(|text| String::from_utf8(text).ok()?.parse().ok())
                    .ok_or_else(|| damaged("it does not say of how many parts it is".into()))?;
            }
            packed.extend(data(DATA).ok_or_else(|| damaged("a part is empty".into()))?);
            index += 1;
        }
        unpack(&packed).map(Some).map_err(damaged)
    }
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory takes all bytes");
    encoder.finish().expect("memory takes all bytes")
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    GzDecoder::new(packed)
        .take(LARGEST)
        .read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_survives_packing() {
        let text = b"{\"number\": 3}".repeat(1000);
        let packed = pack(&text);
        assert!(packed.len() < text.len() / 10);
        assert_eq!(unpack(&packed), Ok(text));
        assert!(unpack(&packed[..packed.len() - 9]).is_err(), "cut");
        assert!(unpack(b"nonsense").is_err());
    }
}

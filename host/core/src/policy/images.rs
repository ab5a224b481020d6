//! Images of pods. Owns what a reference means when parts of it are left out (distribution/reference); must not know where
//! images are allowed to come from.

use serde_json::Value;

use crate::needs::pods;
use crate::object::Object;
use crate::path::Path;

/// The images of an object's containers.
pub(super) fn of(object: &Object) -> Vec<(Path, &str)> {
    let mut images = Vec::new();
    for pod in pods(object) {
        for (path, container) in pod.containers() {
            if let Some(image) = container.get("image").and_then(Value::as_str) {
                images.push((path.key("image"), image));
            }
        }
    }
    images
}

/// Whether an image is in one of the registries, or of the folders in them: `docker.io/istio` is the folder, not
/// `docker.io/istio-fake`.
pub(super) fn is_from(image: &str, allowed: &[String]) -> bool {
    let image = whole(image);
    allowed.iter().any(|allowed| {
        let allowed = allowed.trim_end_matches('/');
        image
            .strip_prefix(allowed)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '@']))
    })
}

/// Whether an image is named by digest.
pub(super) fn has_digest(image: &str) -> bool {
    image
        .rsplit_once("@sha256:")
        .is_some_and(|(_, hex)| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// With the registry, and with the folder that official images are in.
fn whole(image: &str) -> String {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => image.to_owned(),
        Some(_) => format!("docker.io/{image}"),
        None => format!("docker.io/library/{image}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_completed() {
        for (image, allowed, is) in [
            ("nginx", "docker.io", true),
            ("nginx:1.2", "docker.io/library/nginx", true),
            ("istio/pilot:1.4.2", "docker.io/istio", true),
            ("docker.io/istio-fake/pilot", "docker.io/istio", false),
            ("docker.io.evil.org/istio/pilot", "docker.io", false),
            ("gcr.io/x@sha256:0", "gcr.io/", true),
            ("localhost:5000/x", "localhost:5000", true),
            ("localhost:5000/x", "localhost", true),
            ("registry.example.org/a/b", "registry.example.org/a", true),
            ("registry.example.org/ab", "registry.example.org/a", false),
            ("", "docker.io", true),
        ] {
            assert_eq!(
                is_from(image, &[allowed.to_owned()]),
                is,
                "{image} {allowed}"
            );
        }
    }

    #[test]
    fn a_digest_is_whole() {
        let hex = "0a".repeat(32);
        assert!(has_digest(&format!("a@sha256:{hex}")));
        assert!(has_digest(&format!("a:1.0@sha256:{hex}")));
        for image in [
            "a",
            "a:sha256",
            "a@sha256:0a",
            &format!("a@sha256:{}", "zz".repeat(32)),
        ] {
            assert!(!has_digest(image), "{image}");
        }
    }
}

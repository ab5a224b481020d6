//! Where Istio 1.4's manifests put objects in another place than they live in. Owns when these places are printed; must not
//! know which objects they are.

use meshhost_piece::{Facts, Value, written};

/// The newest release of Kubernetes that Istio 1.4 was made for, as 1.NN.
const NEWEST: u32 = 16;

/// Lets `render` print the namespace that istioctl 1.4 writes, as `wrote` tells it of an object (empty: none at all).
///
/// Only for the releases that Istio 1.4 was made for, whose manifests are compared with istioctl's: whoever gives today's to
/// kubectl wants objects where they belong.
pub fn print(objects: &mut [Value], facts: &Facts, wrote: impl Fn(&str, &str) -> Option<String>) {
    if facts.kubernetes.minor > NEWEST {
        return;
    }
    for object in objects {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
        if let Some(namespace) = wrote(&kind, &name) {
            written::print_namespace(object, &namespace);
        }
    }
}
